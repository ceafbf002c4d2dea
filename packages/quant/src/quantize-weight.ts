import { type QuantParams, type Tensor, toNumbers } from '@ghostc/ir';
import { float32Scale } from './quant-range.ts';

/** Bias integers stay below this, so that a sum of products cannot overflow int32. */
const LARGEST_BIAS = 2 ** 30;

/** Resolution of a bias whose channel has no weights. */
const LONE_BIAS = 2 ** 20;

export interface QuantizedWeight {
  /** int8, symmetric, one scale per slice of axis 0. */
  readonly weight: Tensor;
  /** int32 (int64 for 16-bit activations) of scale x_scale * w_scale[m]. */
  readonly bias: Tensor | null;
}

/** A weight and bias that replace those of a layer. */
export interface ChosenWeight {
  /** Output channels first: multiples of `scale`. */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** Per output channel. */
  readonly scale: readonly number[];
}

export interface WeightSource {
  /** Output channels first. */
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** Per output channel; 0 if all its weights are 0. */
  readonly scale: readonly number[];
  /** Scale of the input. */
  readonly xScale: number;
  readonly biasType: 'i32' | 'i64';
}

/** Weights per output channel, symmetric, w = scale * q with q in [-127, 127]; bias in units of the products' scale. */
export function quantizeWeight({
  weight,
  bias,
  xScale,
  biasType,
  scale: chosen,
}: WeightSource): QuantizedWeight {
  const biases = bias && toNumbers(bias);
  const scale = chosen.map((s, m) => channelScale(s, Math.abs(Number(biases?.[m] ?? 0)) / xScale));
  return {
    weight: quantizeSlices(weight, scale),
    bias: biases && quantizeBias(biases, { scale, xScale, biasType }),
  };
}

/** A scale for which the channel's bias, given in units of x's scale, fits its integers. */
function channelScale(scale: number, bias: number): number {
  if (scale === 0) return float32Scale(bias / LONE_BIAS);
  return Math.max(scale, float32Scale(bias / LARGEST_BIAS, 0));
}

function quantizeSlices(weight: Tensor, scale: readonly number[]): Tensor {
  const numbers = toNumbers(weight);
  const slice = numbers.length / scale.length;
  const data = new Int8Array(numbers.length);
  scale.forEach((unit, m) => {
    for (let i = m * slice; i < (m + 1) * slice; i++)
      data[i] = Math.min(127, Math.max(-127, Math.round((numbers[i] ?? 0) / (unit || 1))));
  });
  const quant: QuantParams = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  return { dtype: 'i8', shape: weight.shape, data, quant };
}

function quantizeBias(
  biases: ArrayLike<number>,
  { scale, xScale, biasType }: { scale: readonly number[]; xScale: number; biasType: 'i32' | 'i64' },
): Tensor {
  const levels = scale.map((s, m) => Math.round((biases[m] ?? 0) / (xScale * s)));
  return {
    dtype: biasType,
    shape: [levels.length],
    data: biasType === 'i32' ? Int32Array.from(levels) : BigInt64Array.from(levels, BigInt),
    quant: { scale: scale.map((s) => xScale * s), zeroPoint: levels.map(() => 0), axis: 0 },
  };
}
