import { type Attrs, CompileError, fromNumbers, type Tensor, type Value } from '@ghostc/ir';
import { toReference } from 'flatbuffers/js/flexbuffers.js';
import type { OperatorReader } from '../operator-reader.ts';
import { scalar } from './elementwise.ts';

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
  const graph = new Emitter(node);
  const boxes = decodedBoxes(graph, options, anchors);
  const { scores, classes } = bestClasses(graph, options, anchors);
  const count = Math.min(most, anchors);
  const taken = takeBoxes(graph, boxes, { scores, count, overlap: options.number('nms_iou_threshold') });

  const found = graph.emit('less', [graph.constant(GONE), taken.scores]);
  const corners = graph.emit('concat', [boxes.lower, boxes.upper], { axis: 0 });
  const picked = graph.emit('transpose', [graph.emit('gather', [corners, taken.at], { axis: 1 })], {
    perm: [1, 0],
  });
  const shown = (value: Value, shape: readonly number[], mask = found): Value => {
    const kept = graph.reshape(graph.emit('where', [mask, value, graph.constant(0)]), [1, count, ...shape]);
    const pads = [0, 0, ...shape.map(() => 0), 0, most - count, ...shape.map(() => 0)];
    return most > count ? graph.emit('pad', [kept], { pads }) : kept;
  };
  const number = graph.emit('reduce_sum', [graph.emit('cast', [found], { to: 'f32' })], {
    axes: [0],
    keepdims: true,
  });
  const outputs = [
    shown(picked, [4], graph.reshape(found, [count, 1])),
    shown(graph.emit('gather', [classes, taken.at], { axis: 0 }), []),
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
function decodedBoxes(graph: Emitter, options: DetectionOptions, anchors: number): Boxes {
  const { node } = graph;
  const columns = (value: Value): Value => graph.emit('transpose', [value], { perm: [1, 0] });
  const pair = (value: Value, start: number): Value =>
    graph.emit('slice', [value], { axes: [0], starts: [start], ends: [start + 2] });
  const width = node.inputTensor(0).shape[2] ?? 0;
  const encodings = columns(graph.reshape(node.input(0, 'plain'), [anchors, width]));
  const priors = columns(node.input(2, 'plain'));
  const scaled = (start: number, ...names: readonly string[]): Value => {
    const scales = fromNumbers(
      'f32',
      [2, 1],
      names.map((name) => options.number(name)),
    );
    return graph.emit('div', [pair(encodings, start), graph.tensor(scales)]);
  };
  const size = pair(priors, 2);
  const moved = graph.emit('mul', [scaled(0, 'y_scale', 'x_scale'), size]);
  const centre = graph.emit('add', [moved, pair(priors, 0)]);
  const grown = graph.emit('mul', [graph.emit('exp', [scaled(2, 'h_scale', 'w_scale')]), size]);
  const half = graph.emit('mul', [grown, graph.constant(0.5)]);
  return { lower: graph.emit('sub', [centre, half]), upper: graph.emit('add', [centre, half]) };
}

/** The class of the highest score of each box, the background left out, and that score where it reaches the threshold. */
function bestClasses(
  graph: Emitter,
  options: DetectionOptions,
  anchors: number,
): { scores: Value; classes: Value } {
  const { node } = graph;
  const columns = node.inputTensor(1).shape[2] ?? 0;
  const known = options.number('num_classes');
  if (!(known >= 1 && known <= columns))
    throw new CompileError('tflite/options', `expected 1 to ${columns} classes, found ${known}`);
  const all = graph.reshape(node.input(1, 'plain'), [anchors, columns]);
  const range = { axes: [1], starts: [columns - known], ends: [columns] };
  const foreground = graph.emit('slice', [all], range);
  const classes = graph.emit('arg_max', [foreground], { axis: 1, keepdims: false });
  const scores = graph.emit('reduce_max', [foreground], { axes: [1], keepdims: false });
  const low = graph.emit('less', [
    scores,
    graph.constant(Math.max(GONE, options.number('nms_score_threshold'))),
  ]);
  return {
    scores: graph.emit('where', [low, graph.constant(GONE), scores]),
    classes: graph.emit('cast', [classes], { to: 'f32' }),
  };
}

/** Places [count] and scores [count] of the boxes that are taken; GONE where none is left. */
function takeBoxes(
  graph: Emitter,
  { lower, upper }: Boxes,
  { scores, count, overlap }: { scores: Value; count: number; overlap: number },
): { at: Value; scores: Value } {
  const [anchors = 0] = scores.type.shape.map(Number);
  const product = (x: Value): Value => graph.emit('reduce_prod', [x], { axes: [0], keepdims: false });
  const places = graph.tensor(
    fromNumbers(
      'i64',
      [anchors],
      Array.from({ length: anchors }, (_, i) => i),
    ),
  );
  const areas = product(graph.emit('sub', [upper, lower]));
  const [gone, limit] = [graph.constant(GONE), graph.constant(overlap)];
  const taken: { at: Value; score: Value }[] = [];
  let left = scores;
  while (taken.length < count) {
    const at = graph.emit('arg_max', [left], { axis: 0, keepdims: true });
    taken.push({ at, score: graph.emit('reduce_max', [left], { axes: [0], keepdims: true }) });
    if (taken.length === count) break;
    const picked = (of: Value, axis: number): Value => graph.emit('gather', [of, at], { axis });
    const low = graph.emit('maximum', [lower, picked(lower, 1)]);
    const high = graph.emit('minimum', [upper, picked(upper, 1)]);
    const common = product(graph.emit('relu', [graph.emit('sub', [high, low])]));
    const union = graph.emit('sub', [graph.emit('add', [areas, picked(areas, 0)]), common]);
    const over = graph.emit('less', [graph.emit('mul', [union, limit]), common]);
    const dropped = graph.emit('logical_or', [over, graph.emit('equal', [places, at])]);
    left = graph.emit('where', [dropped, gone, left]);
  }
  const joined = (parts: readonly Value[]): Value => graph.emit('concat', parts, { axis: 0 });
  return { at: joined(taken.map(({ at }) => at)), scores: joined(taken.map(({ score }) => score)) };
}

class Emitter {
  readonly node: OperatorReader;

  constructor(node: OperatorReader) {
    this.node = node;
  }

  emit(op: string, inputs: readonly Value[], attrs: Attrs = {}): Value {
    return this.node.emit(op, inputs, attrs);
  }

  reshape(value: Value, shape: readonly number[]): Value {
    return this.emit('reshape', [value], { shape });
  }

  constant(value: number): Value {
    return scalar(this.node, value);
  }

  tensor(tensor: Tensor): Value {
    return this.node.table.graph.addConstant('constant', tensor);
  }
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
