import type { OperatorSpec, TensorSpec } from './encode-model.ts';

type Code = OperatorSpec['code'];

/** Versions by the data type that an operator computes on, if they are not 1. */
interface Versions {
  readonly INT8?: number;
  readonly INT16?: number;
}

const twoThree: Versions = { INT8: 2, INT16: 3 };
const two: Versions = { INT8: 2 };

/** The version that first took integers of a type. */
const byType: Readonly<Partial<Record<Code, Versions>>> = {
  ADD: twoThree,
  ARG_MAX: two,
  ARG_MIN: two,
  AVERAGE_POOL_2D: twoThree,
  CAST: { INT8: 3 },
  CONCATENATION: twoThree,
  CONV_2D: { INT8: 3, INT16: 4 },
  DEPTHWISE_CONV_2D: { INT8: 3, INT16: 5 },
  DEPTH_TO_SPACE: two,
  DEQUANTIZE: twoThree,
  EQUAL: two,
  EXP: two,
  FULLY_CONNECTED: { INT8: 4, INT16: 7 },
  GATHER: { INT8: 2, INT16: 4 },
  GELU: two,
  LEAKY_RELU: { INT16: 2 },
  LESS: two,
  LESS_EQUAL: two,
  LOGISTIC: twoThree,
  MAXIMUM: { INT8: 2, INT16: 4 },
  MAX_POOL_2D: twoThree,
  MEAN: twoThree,
  MINIMUM: { INT8: 2, INT16: 4 },
  MIRROR_PAD: twoThree,
  MUL: { INT8: 2, INT16: 4 },
  PAD: twoThree,
  PADV2: twoThree,
  QUANTIZE: { INT16: 2 },
  RELU: twoThree,
  RELU6: twoThree,
  RESIZE_BILINEAR: { INT8: 2, INT16: 4 },
  RESIZE_NEAREST_NEIGHBOR: { INT8: 2, INT16: 4 },
  SLICE: { INT8: 2, INT16: 4 },
  SOFTMAX: twoThree,
  SPACE_TO_DEPTH: two,
  STRIDED_SLICE: two,
  SUB: { INT8: 2, INT16: 5 },
  TANH: twoThree,
  TRANSPOSE: { INT8: 2, INT16: 5 },
};

/** The version that first took tensors of more than four axes. */
const beyondFourAxes: Readonly<Partial<Record<Code, number>>> = {
  DIV: 2,
  MAXIMUM: 3,
  MINIMUM: 3,
  PAD: 4,
  PADV2: 4,
  SLICE: 5,
  STRIDED_SLICE: 4,
  SUB: 3,
  TRANSPOSE: 4,
};

/** The version of an operator that first did what it is asked for here: readers refuse what is newer than they are. */
export function operatorVersion(operator: OperatorSpec, tensors: readonly TensorSpec[]): number {
  const { code, inputs, options } = operator;
  const all = [...inputs, ...operator.outputs].flatMap((at) => tensors[at] ?? []);
  const type = (['INT16', 'INT8'] as const).find((wanted) => all.some((tensor) => tensor.type === wanted));
  const typed = (type && byType[code]?.[type]) ?? first[code] ?? 1;
  const wide = all.some(({ shape }) => shape.length > 4) ? (beyondFourAxes[code] ?? 1) : 1;
  const deep = code === 'TRANSPOSE' && all.some(({ shape }) => shape.length > 5) ? 6 : 1;
  const bias = code === 'TRANSPOSE_CONV' && inputs.length > 3 ? 3 : 1;
  return Math.max(typed, wide, deep, bias, grouped(operator, tensors), options?.version ?? 1);
}

/** The first version of an operator that readers support, if it is not 1. */
const first: Readonly<Partial<Record<Code, number>>> = { BROADCAST_TO: 2 };

/** A convolution whose filter reads a part of the channels. */
function grouped(
  { code, inputs: [x = -1, filter = -1] }: OperatorSpec,
  tensors: readonly TensorSpec[],
): number {
  const [channels, perGroup] = [x, filter].map((at) => tensors[at]?.shape[3]);
  return code === 'CONV_2D' && channels !== perGroup ? 6 : 1;
}
