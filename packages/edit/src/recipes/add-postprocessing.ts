import { CompileError, type Dim, f32, type Graph, i64, type Tensor, type Value } from '@ghostc/ir';
import { type Editor, edit, type ValueRef } from '../editor.ts';

/** What replaces an output of the model. */
export type Postprocessing =
  | { readonly kind: 'softmax' | 'argmax'; readonly output?: string; readonly axis?: number }
  /** Two outputs, `values` and `indices`, the largest first. */
  | { readonly kind: 'top-k'; readonly output?: string; readonly axis?: number; readonly k: number }
  | ({ readonly kind: 'boxes'; readonly output?: string } & BoxCoding)
  | ({ readonly kind: 'nms'; readonly output?: string } & Suppression);

/**
 * Boxes [..., 4] of centre and size become corners (x1, y1, x2, y2). With anchors [n,4] of centre and size,
 * the boxes are relative to them, as in SSD (Liu et al., 2016): centre + v0 x size of the anchor, size of the
 * anchor x exp(v1 x).
 */
export interface BoxCoding {
  readonly anchors?: Tensor;
  /** v0 and v1; 1 and 1 if absent. */
  readonly variances?: readonly [centre: number, size: number];
}

/** ONNX NonMaxSuppression: boxes [N,B,4] and scores [N,C,B] become rows of [sample, class, box]. */
export interface Suppression {
  /** The output that has the scores. */
  readonly scores: string;
  /** Maximum per class and sample; all if absent. */
  readonly most?: number;
  /** Boxes that overlap a better one by more (intersection over union) are removed; 0.5 if absent. */
  readonly overlap?: number;
  /** Boxes with a lower score are removed; 0 if absent. */
  readonly least?: number;
  /** How boxes are represented; `corners` if absent. */
  readonly boxes?: 'corners' | 'centres';
}

/**
 * Appends post-processing to `output`, or the only one, so that the model returns classes or boxes instead of
 * raw numbers.
 */
export function addPostprocessing(graph: Graph, ...steps: readonly Postprocessing[]): Graph {
  return edit(graph, (e) => {
    for (const step of steps) postprocess(e, step);
  });
}

/** `addPostprocessing` on a graph that is being edited. */
export function postprocess(e: Editor, step: Postprocessing): void {
  const name = step.output ?? onlyOutput(e);
  const x = e.outputValue(name);
  e.replaceOutput(name, followed(e, { name, x, step }));
}

interface Followed {
  readonly name: string;
  readonly x: Value;
  readonly step: Postprocessing;
}

/** The outputs that replace `x`, by name. */
function followed(e: Editor, { name, x, step }: Followed): Record<string, Value> {
  switch (step.kind) {
    case 'softmax':
      return { [name]: e.ops.softmax({ x, axis: step.axis ?? -1 }) };
    case 'argmax':
      return { [name]: e.ops.arg_max({ x, axis: step.axis ?? -1, keepdims: false }) };
    case 'top-k': {
      const attrs = { k: step.k, axis: step.axis ?? -1 };
      const [values = x, indices = x] = e.addAll({ op: 'top_k', inputs: [x], attrs });
      return { values, indices };
    }
    case 'boxes':
      return { [name]: corners(e, x, step) };
    case 'nms':
      return { [name]: suppressed(e, x, step) };
  }
}

function onlyOutput({ graph }: Editor): string {
  const [first, second] = graph.outputs;
  if (first && !second) return first.name;
  const names = graph.outputs.map((one) => one.name).join(', ');
  throw new CompileError('edit/postprocess', `expected the name of one of the outputs ${names}`);
}

function corners(e: Editor, boxes: Value, { anchors, variances: [v0, v1] = [1, 1] }: BoxCoding): Value {
  const { shape } = boxes.type;
  if (shape.at(-1) !== 4)
    throw new CompileError('edit/postprocess', `expected boxes [..., 4], found [${shape.join(',')}]`);
  const part = (of: ValueRef, from: number): Value =>
    e.ops.slice({ x: of, axes: [shape.length - 1], starts: [from], ends: [from + 2] });
  const scalar = (value: number): Tensor => f32([1], [value]);
  let [centre, size] = [part(boxes, 0), part(boxes, 2)];
  if (anchors) {
    const given = e.constant('anchors', anchors);
    const anchorPart = (from: number): Value =>
      e.ops.slice({ x: given, axes: [anchors.shape.length - 1], starts: [from], ends: [from + 2] });
    const moved = e.ops.mul({ a: e.ops.mul({ a: centre, b: scalar(v0) }), b: anchorPart(2) });
    centre = e.ops.add({ a: moved, b: anchorPart(0) });
    size = e.ops.mul({ a: e.ops.exp({ x: e.ops.mul({ a: size, b: scalar(v1) }) }), b: anchorPart(2) });
  }
  const half = e.ops.mul({ a: size, b: scalar(0.5) });
  const xs = [e.ops.sub({ a: centre, b: half }), e.ops.add({ a: centre, b: half })];
  return e.ops.concat({ xs, axis: shape.length - 1 });
}

const INT = 2;

function suppressed(e: Editor, boxes: Value, options: Suppression): Value {
  const { most = Number.MAX_SAFE_INTEGER, overlap = 0.5, least = 0, boxes: form = 'corners' } = options;
  const scores = e.outputValue(options.scores);
  const attribute = form === 'centres' ? [{ name: 'center_point_box', type: INT, i: '1' }] : [];
  const rows: Dim[] = ['detections', 3];
  return e.add({
    op: 'onnx_node',
    inputs: [boxes, scores, i64([most]), f32([1], [overlap]), f32([1], [least])],
    attrs: {
      op_type: 'NonMaxSuppression',
      opset: 11,
      proto: JSON.stringify({
        opType: 'NonMaxSuppression',
        input: ['1', '1', '1', '1', '1'],
        attribute,
      }),
      types: [JSON.stringify({ dtype: 'i64', shape: rows })],
      reason: 'the number of detections is known at run time only',
    },
  });
}
