import { CompileError, type Node, type Tensor, type Value } from '@ghostc/ir';
import { affineOf, centredWeight, integerRange } from '@ghostc/ops';
import { input } from '../operands.ts';

/** The constant data of a layer on integers. */
export interface LayerData {
  /** Less its zero points; in 16 bits where 8 do not hold that. */
  readonly weight: Int8Array | Int16Array;
  /** [M]; zeros if the layer has none. */
  readonly bias: Int32Array | BigInt64Array;
  readonly channels: number;
  /** Accumulators of 64 bits: 16-bit activations. */
  readonly wide: boolean;
}

/**
 * Weight and bias of a layer. Throws `backend-c/weight` for one that is no constant, and `backend-c/accumulator` where a
 * sum could leave its accumulator: |bias| + sum |w| max|x - zx| must stay below 2^31 (2^47 for 16-bit activations).
 */
export function layerData(node: Node): LayerData {
  const weight = centredWeight(constant(node, 1));
  const wide = input(node, 0).type.dtype === 'i16';
  const channels = Number(input(node, 1).type.shape[0]);
  const bias = node.inputs[2]
    ? constant(node, 2).data
    : wide
      ? new BigInt64Array(channels)
      : new Int32Array(channels);
  const data = { weight, bias: bias as LayerData['bias'], channels, wide };
  checkSums(node, data);
  return data;
}

function constant(node: Node, index: number): Tensor {
  const value = input(node, index);
  if (value.constant) return value.constant;
  throw new CompileError(
    'backend-c/weight',
    `input ${index} of ${node.op} expects a constant, found %${value.name} computed at run time`,
    { node: node.origin[0], op: node.op },
  );
}

function checkSums(node: Node, data: LayerData): void {
  const limit = data.wide ? 2 ** 47 : 2 ** 31;
  const { zeroPoint } = affineOf(input(node, 0).type, 'x');
  const most = largest(input(node, 0), zeroPoint);
  const worst = magnitudes(data).reduce(
    (max, sum, m) => Math.max(max, sum * most + Math.abs(Number(data.bias[m]))),
    0,
  );
  if (worst < limit) return;
  throw new CompileError(
    'backend-c/accumulator',
    `sums of ${node.op} reach ${worst}, expected less than ${limit}`,
    { node: node.origin[0], op: node.op },
  );
}

/** Largest |x - z|. */
function largest({ type }: Value, zero: number): number {
  const [low, high] = integerRange(type.dtype);
  return Math.max(zero - low, high - zero);
}

/** C type of the weights. */
export const weightType = ({ weight }: Pick<LayerData, 'weight'>): string =>
  weight instanceof Int8Array ? 'int8_t' : 'int16_t';

/** Sum of |w| of each channel. */
function magnitudes({ weight, channels }: LayerData): number[] {
  return sumsByChannel(weight, channels, Math.abs);
}

function sumsByChannel(weight: LayerData['weight'], channels: number, of: (w: number) => number): number[] {
  const inner = weight.length / channels;
  return Array.from({ length: channels }, (_, m) => {
    let sum = 0;
    for (let k = m * inner; k < (m + 1) * inner; k++) sum += of(weight[k] ?? 0);
    return sum;
  });
}

/** Sums over raw x: what they start with, and the largest magnitude that they can end with, by output channel. */
export interface RawAccumulators {
  /** bias[m] - zx sum_k w[m][k]. */
  readonly bias: Int32Array;
  readonly bound: readonly number[];
}

/** Null where a sum over raw x could leave int32. */
export function rawAccumulators(node: Node, data: LayerData): RawAccumulators | null {
  const { zeroPoint } = affineOf(input(node, 0).type, 'x');
  const sums = sumsByChannel(data.weight, data.channels, (w) => w);
  const folded = sums.map((sum, m) => Number(data.bias[m]) - zeroPoint * sum);
  const most = largest(input(node, 0), 0);
  const bound = magnitudes(data).map((sum, m) => sum * most + Math.abs(folded[m] ?? 0));
  return bound.every((sum) => sum < 2 ** 31) ? { bias: Int32Array.from(folded), bound } : null;
}

/** The bias of sums over raw x; null where they could leave int32. */
export function foldedBias(node: Node, data: LayerData): LayerData['bias'] | null {
  const { zeroPoint } = affineOf(input(node, 0).type, 'x');
  if (zeroPoint === 0 || data.wide) return data.bias;
  return rawAccumulators(node, data)?.bias ?? null;
}
