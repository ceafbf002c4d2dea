import { entryOf, fromNumbers, isFloat, numElements, type Tensor, toNumbers } from '@ghostc/ir';
import type { OrtProcess } from '../../conformance/peers/ort-process.ts';
import { type Attrs, text } from './attributes.ts';
import { type DraftNode, type ModelDraft, modelBytes } from './model-draft.ts';

/** Elements of one value for which ONNX Runtime differs deliberately (1), and the right value if known. */
export interface OwnAnswer {
  readonly mask: Uint8Array;
  readonly right?: ArrayLike<number>;
}

/** Ops through which ONNX Runtime lets NaN pass or not by where it stands in a vector; what says where one is met. */
const orderOfNan: Readonly<Record<string, string>> = {
  GlobalMaxPool: 'GlobalMaxPool',
  MaxPool: 'MaxPool',
  ReduceLogSumExp: 'ReduceMax',
  ReduceMax: 'ReduceMax',
  ReduceMin: 'ReduceMax',
  ScatterElements: 'ScatterElements',
  ScatterND: 'ScatterND',
};

/**
 * Where the outputs of a node are ONNX Runtime's own:
 *  - NaN through a maximum, a minimum or a log-sum-exp: its vector code keeps it or drops it by its position. As in PyTorch it
 *    wins everywhere. Where a window meets one, the same op over "is NaN" tells.
 *  - a window of only -infinity: MaxPool and GlobalMaxPool start with the lowest finite number, and stay there.
 *  - MeanVarianceNormalization of elements that are nearly equal: ONNX's function adds 1e-9 to their deviation, it does not.
 *  - the mean of LayerNormalization beside an infinity: infinite, or NaN where a vector added 0 times infinity.
 *  - a zero that PRelu of float64 and float16 makes of a negative number has the sign of 0 + 0.
 *  - linear Resize beside an infinity: it multiplies neighbours by 0, also on axes that are not resized.
 */
export async function ownAnswers(
  draft: ModelDraft,
  node: DraftNode,
  ort: OrtProcess,
): Promise<ReadonlyMap<string, OwnAnswer>> {
  const x = draft.tensor(node.inputs[0] ?? '');
  if (!x || !isFloat(x.dtype)) return new Map();
  if (comparesNan(node)) return extremes(draft, node, await whereNanIsMet(draft, node, { x, ort }));
  const [name = ''] = node.outputs;
  if (node.op === 'MeanVarianceNormalization') return new Map([[name, narrowGroups(node, x)]]);
  if (node.op === 'PRelu' && x.dtype !== 'f32') return zerosOfNegatives(draft, { name, x });
  if (toNumbers(x).every(Number.isFinite)) return new Map();
  const at = /^(Resize|Upsample)$/.test(node.op) ? name : /LayerNorm/.test(node.op) && node.outputs[1];
  if (!at) return new Map();
  const y = toNumbers(entryOf(draft.computed, at));
  return new Map([[at, { mask: Uint8Array.from(y, (v) => (Number.isNaN(v) ? 1 : 0)) }]]);
}

function zerosOfNegatives(
  draft: ModelDraft,
  { name, x }: { name: string; x: Tensor },
): ReadonlyMap<string, OwnAnswer> {
  const y = entryOf(draft.computed, name);
  if (numElements(x.shape) !== numElements(y.shape)) return new Map();
  const [from, to] = [toNumbers(x), toNumbers(y)];
  const mask = Uint8Array.from(to, (v, i) => (v === 0 && Number(from[i]) < 0 ? 1 : 0));
  return new Map([[name, { mask }]]);
}

function comparesNan({ op, attrs }: DraftNode): boolean {
  return op in orderOfNan && (!op.startsWith('Scatter') || /^(max|min)$/.test(reductionOf(attrs)));
}

function reductionOf({ reduction }: Attrs): string {
  return reduction ? new TextDecoder().decode(reduction.s as Uint8Array) : 'none';
}

interface Asked {
  readonly x: Tensor;
  readonly ort: OrtProcess;
}

/** Where an element of the output meets NaN: the same op, as a maximum, over "is NaN". */
async function whereNanIsMet(
  draft: ModelDraft,
  { op, domain, inputs, attrs }: DraftNode,
  { x, ort }: Asked,
): Promise<Uint8Array | undefined> {
  const given = inputs.flatMap((name) => (name ? [[name, draft.tensor(name) as Tensor] as const] : []));
  const marked = new Map(given.map(([name, one]) => [name, one.dtype === x.dtype ? nanMarks(one) : one]));
  if (!given.some(([, one]) => one.dtype === x.dtype && toNumbers(one).some(Number.isNaN))) return undefined;
  const asked = {
    op: orderOfNan[op] ?? '',
    domain,
    inputs,
    outputs: ['y'],
    attrs: op.startsWith('Scatter') ? { ...attrs, reduction: text('max') } : attrs,
  };
  const parts = {
    opset: draft.opset,
    nodes: [asked],
    inputs: new Map(),
    initializers: marked,
    outputs: ['y'],
  };
  const reply = await ort.run({ model: modelBytes(parts), inputs: [[]] });
  if ('error' in reply) throw new Error(`${asked.op} over NaN marks: ${reply.error}`);
  return Uint8Array.from(toNumbers(reply.outputs[0]?.[0] as Tensor), (v) => (v > 0 ? 1 : 0));
}

function nanMarks({ dtype, shape, data }: Tensor): Tensor {
  const marks = Array.from(toNumbers({ dtype, shape, data }), (v) => (Number.isNaN(v) ? 1 : 0));
  return fromNumbers(dtype, shape, marks);
}

/** What floats start with in ONNX Runtime's maximum of a window: nothing that is drawn is as low. */
const LOWEST: Readonly<Record<string, number>> = { f16: -65504, f32: -(2 - 2 ** -23) * 2 ** 127 };

/** NaN where one is met, -infinity where a pool met nothing else; the indices of such elements are free. */
function extremes(
  draft: ModelDraft,
  { op, outputs }: DraftNode,
  nan: Uint8Array | undefined,
): ReadonlyMap<string, OwnAnswer> {
  const y = entryOf(draft.computed, outputs[0] ?? '');
  // with indices its kernel is another, which has -infinity, but ours may be written without
  const low = op.endsWith('MaxPool') ? [LOWEST[y.dtype], -Infinity] : [];
  const mask = Uint8Array.from(toNumbers(y), (v, i) => (nan?.[i] || low.includes(v) ? 1 : 0));
  if (!mask.includes(1)) return new Map();
  const right = Float64Array.from(mask, (_, i) => (nan?.[i] ? Number.NaN : -Infinity));
  return new Map(outputs.map((name, i) => [name, i === 0 ? { mask, right } : { mask }]));
}

/** A deviation below which 1e-9 is more than a rounding of it. */
const NARROW = 1e-3;

/** Groups along the axes whose deviation is small, and the elements of ONNX's function there. */
function narrowGroups({ attrs }: DraftNode, x: Tensor): OwnAnswer {
  const rank = x.shape.length;
  const axes = (attrs.axes as { ints: number[] } | undefined)?.ints ?? [0, 2, 3];
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const groupOf = (at: number): string =>
    x.shape
      .map((dim, axis) =>
        reduced.has(axis) ? 0 : Math.floor(at / numElements(x.shape.slice(axis + 1))) % dim,
      )
      .join();
  const data = Array.from(toNumbers(x), Number);
  const members = new Map<string, number[]>();
  for (const at of data.keys()) {
    const group = groupOf(at);
    members.set(group, [...(members.get(group) ?? []), at]);
  }
  const mask = new Uint8Array(data.length);
  const right = new Float64Array(data.length);
  const meanOf = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;
  for (const group of members.values()) {
    const mean = meanOf(group.map((at) => data[at] ?? 0));
    const deviation = Math.sqrt(meanOf(group.map((at) => ((data[at] ?? 0) - mean) ** 2)));
    if (!(deviation < NARROW)) continue;
    for (const at of group) {
      mask[at] = 1;
      right[at] = ((data[at] ?? 0) - mean) / (deviation + 1e-9);
    }
  }
  return { mask, right };
}

/** The tensor with the right values where ONNX Runtime differs deliberately. */
export function corrected(tensor: Tensor, { mask, right }: OwnAnswer): Tensor {
  if (right === undefined) return tensor;
  const values = Array.from(toNumbers(tensor), (v, i) => (mask[i] ? (right[i] ?? 0) : v));
  return fromNumbers(tensor.dtype, tensor.shape, values);
}

/** `got` with the elements of `want` where the answer is free. */
export function freed(want: Tensor, got: Tensor | undefined, own: OwnAnswer | undefined): Tensor | undefined {
  if (!got || !own || numElements(got.shape) !== own.mask.length) return got;
  const data = got.data.slice();
  own.mask.forEach((free, i) => {
    if (free) data[i] = want.data[i] as never;
  });
  return { ...got, data };
}

/** Beyond these float16 overflows; ONNX Runtime keeps float32 between nodes that it has no float16 kernel for. */
const HALF_LIMIT = 6e4;

/**
 * Values that no other node reads, because ONNX Runtime and ghostc differ there: deliberate differences,
 * float16 that overflows, and sums of quantised ops of com.microsoft, which may be a step apart, and whose
 * readers would multiply the step.
 */
export function isClosed({ domain, op }: DraftNode, tensor: Tensor, own: OwnAnswer | undefined): boolean {
  if (own?.mask.includes(1)) return true;
  if (domain === 'com.microsoft' && op.startsWith('QLinear')) return true;
  return tensor.dtype === 'f16' && toNumbers(tensor).some((v) => Math.abs(v) > HALF_LIMIT);
}
