import { type DType, dataOf, fromNumbers, itemAt, type Node, type Tensor } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  centredWeight,
  clampRange,
  dividesByCount,
  integerRange,
  lookup,
  poolMultiplier,
  qlinearAveragePool,
  quantizeMultiplier,
  type Requantized,
  requantizeLinear,
  roundHalfAway,
  scaleBy,
  withDefaults,
} from '@ghostc/ops';
import { operatorOptions } from '@ghostc/tflite';
import { clampOperators } from './activations.ts';
import { biasQuant } from './bias-quant.ts';
import { quantizedMatmul } from './floats.ts';
import { padded, paddingOf, windowOf } from './padding.ts';
import {
  type Code,
  type Placed,
  type PlacedType,
  placedType,
  refuse,
  type TfliteGraph,
} from './tflite-graph.ts';
import type { Layer, Row } from './windows.ts';

const { NONE, RELU, RELU6, RELU_N1_TO_1 } = operatorOptions;

/** The attributes of an op that requantises. */
function requantizedOf(node: Node): Requantized {
  return withDefaults(lookup(node.op).attrs, node.attrs) as unknown as Requantized;
}

const ranges = [
  [RELU, 0, Number.POSITIVE_INFINITY],
  [RELU6, 0, 6],
  [RELU_N1_TO_1, -1, 1],
] as const;

/** A real bound in the integers of a quantisation, as TFLite's kernels compute it. */
function level({ y_scale, y_zero_point, y_dtype }: Requantized, real: number): number {
  const [low, high] = integerRange(y_dtype);
  if (!Number.isFinite(real)) return high;
  return Math.min(
    high,
    Math.max(low, y_zero_point + roundHalfAway(Math.fround(real / Math.fround(y_scale)))),
  );
}

/** The clamp of a requantised output: what TFLite fuses, and what is appended if TFLite cannot fuse it. */
export function integerFusion(node: Node): { fused: number; after: Layer['after'] } {
  const attrs = requantizedOf(node);
  const [low, high] = integerRange(attrs.y_dtype);
  const [from, to] = clampRange(attrs);
  const same: Layer['after'] = (_, y) => y;
  if (from === low && to === high) return { fused: NONE, after: same };
  const fused = ranges.find(([, lo, hi]) => level(attrs, lo) === from && level(attrs, hi) === to)?.[0];
  if (fused !== undefined) return { fused, after: same };
  return { fused: NONE, after: (writer, y) => limited(writer, y, [from, to]) };
}

/** y clamped to integers in the same quantisation. */
function limited(writer: TfliteGraph, y: Placed, [from, to]: readonly [number, number]): Placed {
  const [low, high] = integerRange(y.dtype);
  const bound = (value: number): Placed =>
    writer.constant({ ...fromNumbers(y.dtype, [], [value]), quant: y.quant }, 'bound');
  const raised = from === low ? y : writer.operator('MAXIMUM', [y, bound(from)], y);
  return to === high ? raised : writer.operator('MINIMUM', [raised, bound(to)], y);
}

/** y after an operator that fuses no activation. */
export function clampedAfter(writer: TfliteGraph, node: Node, y: Placed): Placed {
  const { fused, after } = integerFusion(node);
  const operator = clampOperators[fused];
  return after(writer, operator ? writer.operator(operator, [y], y) : y);
}

/** A layer with weights: the bias is int32 (int64 of 16 bits) in units of sx sw. */
export function integerLayer(node: Node): Layer {
  const [x, weight] = node.inputs;
  const plain = x?.type.dtype !== 'u8' && weight?.type.quant?.zeroPoint.every((zero) => zero === 0);
  return {
    ...integerFusion(node),
    bias: (writer) => integerBias(writer, node),
    ...(!plain && { weight: (tensor) => writtenWeight(tensor, x?.type.dtype) }),
  };
}

/** TFLite has zero points of weights in uint8 models only, whose weights are uint8 with one scale. */
function writtenWeight(weight: Tensor, dtype: DType | undefined): Tensor {
  const { shape, quant } = weight;
  if (!quant) return refuse('integer weights without a scale');
  if (dtype === 'u8') {
    if (quant.axis !== undefined) return refuse('weights with scales by channel beside uint8');
    const data = Uint8Array.from(dataOf(weight, 'i8'), (w) => w + 128);
    return { dtype: 'u8', shape, data, quant: { ...quant, zeroPoint: quant.zeroPoint.map((z) => z + 128) } };
  }
  const data = centredWeight(weight);
  if (data instanceof Int16Array)
    return refuse('weights with a zero point, which 8 bits do not hold without it,');
  return { dtype: 'i8', shape, data, quant: { ...quant, zeroPoint: quant.zeroPoint.map(() => 0) } };
}

function integerBias(writer: TfliteGraph, node: Node): Placed | undefined {
  const [x, weight, bias] = node.inputs;
  if (!bias) return undefined;
  const { constant } = bias;
  if (!constant || !x || !weight) return refuse('a bias that is not constant');
  const quant = biasQuant(x, weight);
  return writer.constant(
    { dtype: constant.dtype, shape: constant.shape, data: constant.data, quant },
    bias.name,
  );
}

const pairs = {
  ADD: operatorOptions.add,
  SUB: operatorOptions.sub,
  MUL: operatorOptions.mul,
} as const;

/** ADD, SUB, MUL with their own scales; 16-bit sums have any scale. */
export const integerPair =
  (code: keyof typeof pairs): Row =>
  (writer, node) => {
    const { fused, after } = integerFusion(node);
    const inputs = node.inputs.map((input) => writer.value(input));
    const options = pairs[code](fused, node.output.type.dtype === 'i16' ? 'any' : 'power of two');
    const type = placedType(node.output.type);
    return after(writer, writer.operator(code, inputs, type, { options, name: node.output.name }));
  };

/** PRELU: x and slope. */
export const integerPrelu: Row = (writer, node) => {
  const inputs = node.inputs.map((input) => writer.value(input));
  const type = placedType(node.output.type);
  return clampedAfter(writer, node, writer.operator('PRELU', inputs, type, { name: node.output.name }));
};

/** BATCH_MATMUL of integers. */
export const integerMatmul: Row = (writer, node) => clampedAfter(writer, node, quantizedMatmul(writer, node));

/** An operator of one input that computes by the scales of its tensors. */
export const integerUnary =
  (code: Code): Row =>
  (writer, node) =>
    writer.operator(code, [writer.value(node.inputs[0])], placedType(node.output.type), {
      name: node.output.name,
    });

/** QUANTIZE of integers: the clamp is a ReLU in the same scale, or MINIMUM and MAXIMUM. */
export const requantize: Row = (writer, node) => {
  const x = writer.value(node.inputs[0]);
  const type = placedType(node.output.type);
  const { y_dtype } = attrsOf(requantizeLinear, node);
  const same = x.dtype === y_dtype && sameQuant(x, type);
  const y = same ? x : writer.operator('QUANTIZE', [x], type, { name: node.output.name });
  return clampedAfter(writer, node, y);
};

function sameQuant(a: PlacedType, b: PlacedType): boolean {
  const [p, q] = [a.quant, b.quant];
  return (
    Math.fround(p?.scale[0] ?? 0) === Math.fround(q?.scale[0] ?? 0) && p?.zeroPoint[0] === q?.zeroPoint[0]
  );
}

/** MEAN over height and width. */
export const integerMean: Row = (writer, node) => {
  const inputs = [writer.value(node.inputs[0]), writer.ints([1, 2])];
  const options = operatorOptions.reducer('keep');
  const y = writer.operator('MEAN', inputs, placedType(node.output.type), {
    options,
    name: node.output.name,
  });
  return clampedAfter(writer, node, y);
};

/**
 * AVERAGE_POOL_2D if input and output share their quantisation and padding does not count; otherwise a
 * depthwise convolution with one weight value, searched among those that round every sum as the pool does.
 */
export const integerAveragePool: Row = (writer, node) => {
  const attrs = attrsOf(qlinearAveragePool, node);
  const { kernel_shape: kernel, dilations } = attrs;
  if (dilations.some((step) => step !== 1)) refuse('a dilated pool');
  const input = itemAt(node.inputs, 0);
  const x = writer.value(input);
  const window = windowOf(node, kernel);
  const padding = paddingOf(window, x, placedType(node.output.type).shape);
  const pads = [...window.before, ...window.after].some((count) => count > 0);
  if (input && padding !== undefined && dividesByCount(input.type, attrs)) {
    const { fused, after } = integerFusion(node);
    const options = operatorOptions.pool(padding, window.strides, kernel, fused);
    return after(
      writer,
      writer.operator('AVERAGE_POOL_2D', [x], placedType(node.output.type), {
        options,
        name: node.output.name,
      }),
    );
  }
  if (pads && !attrs.count_include_pad)
    return refuse(`an average without its padding [${attrs.pads.join(',')}] in another scale`);
  return meanByWeights(writer, node, pads ? padded(writer, x, window) : x);
};

function meanByWeights(writer: TfliteGraph, node: Node, x: Placed): Placed {
  const attrs = attrsOf(qlinearAveragePool, node);
  const taps = attrs.kernel_shape.reduce((product, size) => product * size, 1);
  const input = itemAt(node.inputs, 0);
  if (!input) return refuse('a pool without input');
  const wanted = poolMultiplier(input.type, taps, attrs);
  const [sx, sy] = [affineOf(input.type, 'x').scale, Math.fround(attrs.y_scale)];
  const found = exactWeight({ wanted, limit: 255 * taps, factor: sx / sy, real: 1 / taps });
  if (!found) return refuse(`an average of ${taps} elements from the scale ${sx} to ${sy}`);
  const channels = x.shape[3] ?? 1;
  const [height = 1, width = 1] = attrs.kernel_shape;
  const filter = writer.constant({
    dtype: 'i8',
    shape: [1, height, width, channels],
    data: new Int8Array(taps * channels).fill(found.weight),
    quant: {
      scale: new Array<number>(channels).fill(found.scale),
      zeroPoint: new Array<number>(channels).fill(0),
      axis: 3,
    },
  });
  const { fused, after } = integerFusion(node);
  const options = operatorOptions.depthwise(operatorOptions.VALID, 1, { act: fused, strides: attrs.strides });
  const bias = writer.constant(zeroBias(channels, sx * found.scale));
  const y = writer.operator('DEPTHWISE_CONV_2D', [x, filter, bias], placedType(node.output.type), {
    options,
    name: node.output.name,
  });
  return after(writer, y);
}

/** A layer without one gets it when it is read. */
function zeroBias(channels: number, scale: number): Tensor {
  const quant = {
    scale: new Array<number>(channels).fill(scale),
    zeroPoint: new Array<number>(channels).fill(0),
    axis: 0,
  };
  return { dtype: 'i32', shape: [channels], data: new Int32Array(channels), quant };
}

interface Scaling {
  readonly wanted: ReturnType<typeof quantizeMultiplier>;
  /** The largest |sum|. */
  readonly limit: number;
  /** sx / sy. */
  readonly factor: number;
  /** The weight as a real number. */
  readonly real: number;
}

/** An int8 weight w with a scale, near `real` together, with which every sum s is rounded as by the multiplier wanted: M' w s as M s. */
function exactWeight({
  wanted,
  limit,
  factor,
  real,
}: Scaling): { weight: number; scale: number } | undefined {
  for (let weight = 127; weight > 0; weight--) {
    const scale = Math.fround(real / weight);
    const fixed = quantizeMultiplier(factor * scale);
    let exact = true;
    for (let s = -limit; s <= limit && exact; s++)
      exact = scaleBy(s * weight, fixed, 'double') === scaleBy(s, wanted, 'double');
    if (exact) return { weight, scale };
  }
  return undefined;
}
