import { CompileError, fromNumbers, type Tensor, type Value } from '@ghostc/ir';
import { toReference } from 'flatbuffers/js/flexbuffers.js';
import type { OperatorReader } from '../operator-reader.ts';
import { reshaped, scalar } from './elementwise.ts';

/** Each detection is a step of its own in the graph. */
const MOST_DETECTIONS = 512;
const MOST_ANCHORS = 2 ** 20;
/** The score of a box that is taken, or overlaps one that is. */
const GONE = -3.4e38;

/**
 * TFLite_Detection_PostProcess, with which SSD models end: box encodings [1,A,4+], scores [1,A,classes], anchors [A,4] of centre and
 * size to boxes [1,N,4] of (ymin, xmin, ymax, xmax), classes [1,N], scores [1,N] and how many [1]. Step by step the box of the
 * highest score is taken, and what overlaps it is dropped. What follows the last box is zero; TFLite leaves it undefined.
 */
export function readDetectionPostProcess(node: OperatorReader): void {
  const options = new DetectionOptions(node);
  const most = options.number('max_detections');
  if (!Number.isInteger(most) || most < 1 || most > MOST_DETECTIONS)
    throw unsupported(`max_detections from 1 to ${MOST_DETECTIONS}, found ${most}`);
  if (options.number('max_classes_per_detection') !== 1) throw unsupported('one class for each box');
  if (options.flag('use_regular_nms') && options.number('num_classes') !== 1)
    throw unsupported('one list of boxes for all classes (use_regular_nms is set)');
  const [, anchors = 0] = node.inputTensor(0).shape;
  if (anchors > MOST_ANCHORS) throw unsupported(`at most ${MOST_ANCHORS} anchors, found ${anchors}`);
  const boxes = decodedBoxes(node, options, anchors);
  const { scores, classes } = bestClasses(node, options, anchors);
  const count = Math.min(most, anchors);
  const taken = takeBoxes(node, boxes, { scores, count, overlap: options.number('nms_iou_threshold') });

  const found = node.emit('less', [scalar(node, GONE), taken.scores]);
  const corners = node.emit('concat', [boxes.lower, boxes.upper], { axis: 0 });
  const picked = node.table.permuted(node.emit('gather', [corners, taken.at], { axis: 1 }), [1, 0]);
  const shown = (value: Value, shape: readonly number[], mask = found): Value => {
    const kept = reshaped(node, node.emit('where', [mask, value, scalar(node, 0)]), [1, count, ...shape]);
    const pads = [0, 0, ...shape.map(() => 0), 0, most - count, ...shape.map(() => 0)];
    return most > count ? node.emit('pad', [kept], { pads }) : kept;
  };
  const number = node.emit('reduce_sum', [node.emit('cast', [found], { to: 'f32' })], {
    axes: [0],
    keepdims: true,
  });
  const outputs = [
    shown(picked, [4], reshaped(node, found, [count, 1])),
    shown(node.emit('gather', [classes, taken.at], { axis: 0 }), []),
    shown(taken.scores, []),
    number,
  ];
  for (const [k, value] of outputs.entries()) {
    const index = node.operator.outputs[k];
    if (index === undefined) continue;
    node.table.resize(index, value.type.shape.map(Number)); // files leave these shapes open
    node.setOutput(value, 'plain', k);
  }
}

interface Boxes {
  /** The upper left corners, [2,A]: y, x. */
  readonly lower: Value;
  /** The lower right ones. */
  readonly upper: Value;
}

/** Anchors moved and scaled by the encodings: centre + encoding / scale * size, size * exp(encoding / scale). */
function decodedBoxes(node: OperatorReader, options: DetectionOptions, anchors: number): Boxes {
  const columns = (value: Value): Value => node.table.permuted(value, [1, 0]);
  const pair = (value: Value, start: number): Value =>
    node.emit('slice', [value], { axes: [0], starts: [start], ends: [start + 2] });
  const width = node.inputTensor(0).shape[2] ?? 0;
  const encodings = columns(reshaped(node, node.input(0, 'plain'), [anchors, width]));
  const priors = columns(node.input(2, 'plain'));
  const scaled = (start: number, ...names: readonly string[]): Value => {
    const scales = fromNumbers(
      'f32',
      [2, 1],
      names.map((name) => options.number(name)),
    );
    return node.emit('div', [pair(encodings, start), constant(node, scales)]);
  };
  const size = pair(priors, 2);
  const moved = node.emit('mul', [scaled(0, 'y_scale', 'x_scale'), size]);
  const centre = node.emit('add', [moved, pair(priors, 0)]);
  const grown = node.emit('mul', [node.emit('exp', [scaled(2, 'h_scale', 'w_scale')]), size]);
  const half = node.emit('mul', [grown, scalar(node, 0.5)]);
  return { lower: node.emit('sub', [centre, half]), upper: node.emit('add', [centre, half]) };
}

/** The class of the highest score of each box, the background left out, and that score where it reaches the threshold. */
function bestClasses(
  node: OperatorReader,
  options: DetectionOptions,
  anchors: number,
): { scores: Value; classes: Value } {
  const columns = node.inputTensor(1).shape[2] ?? 0;
  const known = options.number('num_classes');
  if (!(known >= 1 && known <= columns))
    throw new CompileError('tflite/options', `expected 1 to ${columns} classes, found ${known}`);
  const all = reshaped(node, node.input(1, 'plain'), [anchors, columns]);
  const range = { axes: [1], starts: [columns - known], ends: [columns] };
  const foreground = node.emit('slice', [all], range);
  const classes = node.emit('arg_max', [foreground], { axis: 1, keepdims: false });
  const scores = node.emit('reduce_max', [foreground], { axes: [1], keepdims: false });
  const low = node.emit('less', [
    scores,
    scalar(node, Math.max(GONE, options.number('nms_score_threshold'))),
  ]);
  return {
    scores: node.emit('where', [low, scalar(node, GONE), scores]),
    classes: node.emit('cast', [classes], { to: 'f32' }),
  };
}

/** Places [count] and scores [count] of the boxes that are taken; GONE where none is left. */
function takeBoxes(
  node: OperatorReader,
  { lower, upper }: Boxes,
  { scores, count, overlap }: { scores: Value; count: number; overlap: number },
): { at: Value; scores: Value } {
  const [anchors = 0] = scores.type.shape.map(Number);
  const product = (x: Value): Value => node.emit('reduce_prod', [x], { axes: [0], keepdims: false });
  const places = constant(
    node,
    fromNumbers(
      'i64',
      [anchors],
      Array.from({ length: anchors }, (_, i) => i),
    ),
  );
  const areas = product(node.emit('sub', [upper, lower]));
  const [gone, limit] = [scalar(node, GONE), scalar(node, overlap)];
  const taken: { at: Value; score: Value }[] = [];
  let left = scores;
  while (taken.length < count) {
    const at = node.emit('arg_max', [left], { axis: 0, keepdims: true });
    taken.push({ at, score: node.emit('reduce_max', [left], { axes: [0], keepdims: true }) });
    if (taken.length === count) break;
    const picked = (of: Value, axis: number): Value => node.emit('gather', [of, at], { axis });
    const low = node.emit('maximum', [lower, picked(lower, 1)]);
    const high = node.emit('minimum', [upper, picked(upper, 1)]);
    const common = product(node.emit('relu', [node.emit('sub', [high, low])]));
    const union = node.emit('sub', [node.emit('add', [areas, picked(areas, 0)]), common]);
    const over = node.emit('less', [node.emit('mul', [union, limit]), common]);
    const dropped = node.emit('logical_or', [over, node.emit('equal', [places, at])]);
    left = node.emit('where', [dropped, gone, left]);
  }
  const joined = (parts: readonly Value[]): Value => node.emit('concat', parts, { axis: 0 });
  return { at: joined(taken.map(({ at }) => at)), scores: joined(taken.map(({ score }) => score)) };
}

function constant(node: OperatorReader, tensor: Tensor): Value {
  return node.table.graph.addConstant('constant', tensor);
}

/** The options, a FlexBuffer; one key is read at a time, since the whole may be nested without end. */
class DetectionOptions {
  readonly #bytes: ArrayBuffer;

  constructor(node: OperatorReader) {
    this.#bytes = Uint8Array.from(node.operator.table.customOptionsArray() ?? []).buffer;
  }

  number(name: string): number {
    const found = this.#get(name);
    if (found !== undefined && !Number.isNaN(Number(found))) return Number(found);
    throw new CompileError('tflite/options', `expected the number ${name}, found ${found ?? 'none'}`);
  }

  flag(name: string): boolean {
    return this.#get(name) === true;
  }

  #get(name: string): number | bigint | boolean | undefined {
    try {
      const found = toReference(this.#bytes).get(name as unknown as number); // the types know vectors only
      return (found.isBool() ? found.boolValue() : found.numericValue()) ?? undefined;
    } catch {
      return undefined; // the library throws for a key that is not there, as for damage
    }
  }
}

function unsupported(expected: string): CompileError {
  return new CompileError('tflite/unsupported', `TFLite_Detection_PostProcess expects ${expected}`);
}
