import {
  allocate,
  CompileError,
  type Dim,
  dataOf,
  itemAt,
  type Shape,
  staticShape,
  type Tensor,
  type TensorData,
  type TensorType,
  toNumbers,
} from '@ghostc/ir';
import { type Convolution, convolutionSums } from '../window/convolve.ts';
import { image } from '../window/window.ts';
import {
  activationData,
  affineOf,
  limiter,
  outputAffine,
  quantizedTensor,
  type Requantized,
  requantizedType,
} from './quantized-type.ts';
import { type FixedMultiplier, quantizeMultiplier, type Scaler, scaler, scaleWide } from './requantize.ts';

interface LayerTypes {
  readonly x: TensorType;
  readonly weight: TensorType;
  readonly bias?: TensorType | undefined;
}

type ZeroPoints = 'zero' | 'any';

interface LayerRules {
  readonly multipliers?: typeof weightMultipliers;
  /** Allowed zero points of weights; with 16-bit activations only 0. */
  readonly zeros?: ZeroPoints;
}

/** The output of a layer with weights, [N,M,...]; throws `quant/weight`, `quant/bias`, and what `multipliers` throws. */
export function layerType(
  shape: Shape,
  { x, weight, bias }: LayerTypes,
  attrs: Requantized,
  { multipliers = weightMultipliers, zeros = 'any' }: LayerRules = {},
): TensorType {
  checkWeight(weight, shape[1], x.dtype === 'i16' ? 'zero' : zeros);
  checkQuantizedBias(bias, x, shape[1]);
  multipliers(x, weight, attrs);
  return requantizedType(shape, attrs);
}

/** Throws `quant/weight` unless weights are i8, quantised per tensor or along axis 0. */
function checkWeight(weight: TensorType, channels: Dim | undefined, zeros: ZeroPoints): void {
  const { dtype, quant } = weight;
  const perTensor = quant?.axis === undefined && quant?.scale.length === 1;
  const perChannel = quant?.axis === 0 && quant.scale.length === channels;
  const most = zeros === 'zero' ? 0 : 128;
  const inside = quant?.zeroPoint.every((z) => z >= -most && z <= Math.min(most, 127));
  if (dtype === 'i8' && (perTensor || perChannel) && inside) return;
  throw new CompileError(
    'quant/weight',
    `weight expects i8 with ${zeros === 'zero' ? 'zero points 0' : 'zero points of i8'} and one scale or ${channels} along axis 0, found ${dtype} ${quant ? `with ${quant.scale.length} scales and zero point ${quant.zeroPoint[0]}` : 'without quantisation'}`,
  );
}

/** Weights minus their zero points: in 8 bits if all fit, otherwise in 16. */
export function centredWeight(weight: Tensor): Int8Array | Int16Array {
  const data = dataOf(weight, 'i8');
  const { zeroPoint = [0], axis } = weight.quant ?? {};
  if (zeroPoint.every((z) => z === 0)) return data;
  const each = axis === undefined ? data.length : data.length / zeroPoint.length;
  const centred = Int16Array.from(data, (w, i) => w - (zeroPoint[Math.floor(i / each)] ?? 0));
  return centred.every((w) => w >= -128 && w <= 127) ? Int8Array.from(centred) : centred;
}

/** Throws `quant/bias` unless the bias is [M] of int32, or of int64 for 16-bit activations. */
function checkQuantizedBias(bias: TensorType | undefined, x: TensorType, channels: Dim | undefined): void {
  const dtype = x.dtype === 'i16' ? 'i64' : 'i32';
  if (!bias || (bias.dtype === dtype && bias.shape.length === 1 && bias.shape[0] === channels)) return;
  throw new CompileError(
    'quant/bias',
    `bias expects ${dtype}[${channels}], found ${bias.dtype}[${bias.shape.join(',')}]`,
  );
}

/**
 * M = sx sw / sy for each output channel (one for all if the weight is quantised per tensor), in double
 * precision from float32 scales. For u8, whose weights have one scale, sx sw is in float32, as in TFLite.
 * Throws `quant/scale`, `quant/multiplier`.
 */
export function weightMultipliers(
  x: TensorType,
  weight: TensorType,
  attrs: Requantized,
): readonly FixedMultiplier[] {
  const { scale } = affineOf(x, 'x');
  const { scale: out } = outputAffine(attrs);
  const single = x.dtype === 'u8' && attrs.rounding === 'double';
  return (weight.quant?.scale ?? []).map((w) => {
    const product = scale * Math.fround(w);
    return quantizeMultiplier((single ? Math.fround(product) : product) / out);
  });
}

/** x - zero point, in 16 or 32 bits, so that padding is 0. */
export function centred(x: Tensor): Int16Array | Int32Array {
  const { zeroPoint } = affineOf(x, 'x');
  const data = activationData(x);
  if (zeroPoint === 0 && data instanceof Int16Array) return data;
  const out = new Int16Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = (data[i] ?? 0) - zeroPoint;
  return out;
}

/** The scaling of accumulators: 64-bit arithmetic for 16-bit activations, as TFLite's int16x8. */
export function accumulatorScale(x: TensorType, attrs: Requantized): (fixed: FixedMultiplier) => Scaler {
  if (x.dtype === 'i16') return (fixed) => (accumulator) => scaleWide(accumulator, fixed);
  return (fixed) => scaler(fixed, attrs.rounding);
}

export interface QuantizedOperands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}

/** y[n,m,..] = clamp(M[m] (bias[m] + sum (x - zx) (w[m] - zw)) + zy). The sums are exact integers. */
export function convolveQuantized(
  { x, weight, bias }: QuantizedOperands,
  conv: Omit<Convolution, 'activation' | 'activation_params'> & Requantized,
  type: TensorType,
): Tensor {
  const shape = image(type.shape);
  const sums = convolutionSums(
    {
      source: { data: centred(x), shape: image(x.shape) },
      kernel: { data: centredWeight(weight), shape: image(weight.shape) },
      biases: bias && toNumbers(bias),
    },
    conv,
    shape,
  );
  const data = requantizeChannels(sums, {
    multipliers: weightMultipliers(x, weight, conv),
    plane: shape[2] * shape[3],
    channels: shape[1],
    scale: accumulatorScale(x, conv),
    attrs: conv,
  });
  return quantizedTensor(type, staticShape(type.shape), data);
}

interface Channels {
  readonly multipliers: readonly FixedMultiplier[];
  readonly plane: number;
  readonly channels: number;
  readonly scale: ReturnType<typeof accumulatorScale>;
  readonly attrs: Requantized;
}

/** Accumulators [N,M,plane] to output elements. */
export function requantizeChannels(
  sums: Float64Array,
  { multipliers, plane, channels, scale, attrs }: Channels,
): TensorData {
  const data = allocate(attrs.y_dtype, sums.length);
  const limit = limiter(attrs);
  for (let first = 0; first < sums.length; first += plane) {
    const scaled = scale(multipliers[(first / plane) % channels] ?? itemAt(multipliers, 0));
    for (let i = first; i < first + plane; i++) data[i] = limit(scaled(sums[i] ?? 0));
  }
  return data;
}
