import { fromNumbers, isFloat, numElements, type Tensor, toNumbers } from '@ghostc/ir';
import type { OrtProcess } from '../../conformance/peers/ort-process.ts';
import { type DraftNode, type ModelDraft, modelBytes } from './model-draft.ts';

/** Elements of one value where ONNX Runtime has an answer of its own (1), and what is right there if one can say. */
export interface OwnAnswer {
  readonly mask: Uint8Array;
  readonly right?: number;
}

/** Ops through which ONNX Runtime lets NaN pass or not by where it stands in a vector; what says where one is met. */
const orderOfNan: Readonly<Record<string, string>> = {
  GlobalMaxPool: 'GlobalMaxPool',
  MaxPool: 'MaxPool',
  ReduceLogSumExp: 'ReduceMax',
  ReduceMax: 'ReduceMax',
  ReduceMin: 'ReduceMax',
};

/**
 * Where the outputs of a node are ONNX Runtime's own:
 *  - NaN through a maximum, a minimum or a log-sum-exp: its vector code keeps it or drops it by its position. As in PyTorch it
 *    wins everywhere. Where a window meets one, the same op over "is NaN" tells.
 *  - MeanVarianceNormalization of equal elements: it divides 0 by 0. ONNX's function adds 1e-9 and gives 0.
 *  - linear Resize beside an infinity: it multiplies neighbours by 0, also on axes that are not resized.
 */
export async function ownAnswers(
  draft: ModelDraft,
  node: DraftNode,
  ort: OrtProcess,
): Promise<ReadonlyMap<string, OwnAnswer>> {
  const x = draft.tensor(node.inputs[0] ?? '');
  if (!x || !isFloat(x.dtype)) return new Map();
  if (orderOfNan[node.op]) return await whereNanIsMet(draft, node, { x, ort });
  const [name = ''] = node.outputs;
  if (node.op === 'MeanVarianceNormalization')
    return new Map([[name, { mask: equalGroups(node, x), right: 0 }]]);
  if (!/^(Resize|Upsample)$/.test(node.op) || toNumbers(x).every(Number.isFinite)) return new Map();
  const y = toNumbers(draft.computed.get(name) as Tensor);
  return new Map([[name, { mask: Uint8Array.from(y, (v) => (Number.isNaN(v) ? 1 : 0)) }]]);
}

interface Asked {
  readonly x: Tensor;
  readonly ort: OrtProcess;
}

async function whereNanIsMet(
  draft: ModelDraft,
  { op, domain, inputs, outputs, attrs }: DraftNode,
  { x, ort }: Asked,
): Promise<ReadonlyMap<string, OwnAnswer>> {
  const marks = Array.from(toNumbers(x), (v) => (Number.isNaN(v) ? 1 : 0));
  if (!marks.includes(1)) return new Map();
  const asked = {
    op: orderOfNan[op] as string,
    domain,
    inputs: ['x', ...inputs.slice(1)],
    outputs: ['y'],
    attrs,
  };
  const rest = [...draft.initializers].filter(([name]) => inputs.slice(1).includes(name));
  const model = modelBytes({
    opset: draft.opset,
    nodes: [asked],
    inputs: new Map([['x', fromNumbers(x.dtype, x.shape, marks)]]),
    initializers: new Map(rest),
    outputs: ['y'],
  });
  const reply = await ort.run({ model, inputs: [[['x', fromNumbers(x.dtype, x.shape, marks)]]] });
  if ('error' in reply) throw new Error(`${asked.op} over NaN marks: ${reply.error}`);
  const mask = Uint8Array.from(toNumbers(reply.outputs[0]?.[0] as Tensor), (v) => (v > 0 ? 1 : 0));
  return new Map(outputs.map((name, i) => [name, i === 0 ? { mask, right: Number.NaN } : { mask }]));
}

/** Elements of groups along the axes of which all are the same finite number. */
function equalGroups({ attrs }: DraftNode, x: Tensor): Uint8Array {
  const rank = x.shape.length;
  const axes = (attrs.axes as { ints: number[] } | undefined)?.ints ?? [0, 2, 3];
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const groupOf = (at: number): string =>
    x.shape
      .map((dim, axis) =>
        reduced.has(axis) ? 0 : Math.floor(at / numElements(x.shape.slice(axis + 1))) % dim,
      )
      .join();
  const data = Array.from(toNumbers(x));
  const groups = new Map<string, Set<number>>();
  data.forEach((v, at) => groups.set(groupOf(at), (groups.get(groupOf(at)) ?? new Set()).add(v)));
  return Uint8Array.from(data, (v, at) =>
    groups.get(groupOf(at))?.size === 1 && Number.isFinite(v) ? 1 : 0,
  );
}

/** The tensor with what is right where ONNX Runtime has its own answer. */
export function corrected(tensor: Tensor, { mask, right }: OwnAnswer): Tensor {
  if (right === undefined) return tensor;
  const values = Array.from(toNumbers(tensor), (v, i) => (mask[i] ? right : v));
  return fromNumbers(tensor.dtype, tensor.shape, values);
}

/** `got` with the elements of `want` where the answer is free. */
export function freed(want: Tensor, got: Tensor | undefined, own: OwnAnswer | undefined): Tensor | undefined {
  if (!got || !own || numElements(got.shape) !== own.mask.length) return got;
  const data = got.data.slice() as Tensor['data'];
  own.mask.forEach((free, i) => {
    if (free) data[i] = want.data[i] as never;
  });
  return { ...got, data };
}

/** Beyond these float16 overflows; ONNX Runtime keeps float32 between nodes that it has no float16 kernel for. */
const HALF_LIMIT = 6e4;

/**
 * Values that no other node reads: what stands there is not the same number for ONNX Runtime and us. Own answers, float16
 * that overflows, and sums of quantised ops of com.microsoft, which may be a step apart: what reads them multiplies the step.
 */
export function isClosed({ domain, op }: DraftNode, tensor: Tensor, own: OwnAnswer | undefined): boolean {
  if (own?.mask.includes(1)) return true;
  if (domain === 'com.microsoft' && op.startsWith('QLinear')) return true;
  return tensor.dtype === 'f16' && toNumbers(tensor).some((v) => Math.abs(v) > HALF_LIMIT);
}
