import { randomTensor, type TensorType, toBytes } from '@ghostc/ir';
import type { ModelSpec, OperatorOptions, OperatorSpec, TensorSpec } from '../encode-model.ts';
import { bilinear, nearest } from '../operator-options.ts';

/** A small model around one or a few operators. */
export interface OperatorCase {
  readonly name: string;
  readonly spec: ModelSpec;
  /** How many steps integers may be from TFLite's; none if absent. */
  readonly steps?: number;
}

/** One operator: its activations first, then its constants, then its outputs. */
export interface Single {
  readonly name: string;
  readonly code: OperatorSpec['code'];
  readonly options?: OperatorOptions;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export function single({ name, code, options, inputs, outputs }: Single): OperatorCase {
  const tensors = [...inputs, ...outputs];
  const places = (list: readonly TensorSpec[]): number[] => list.map((tensor) => tensors.indexOf(tensor));
  const operator = { code, inputs: places(inputs), outputs: places(outputs), ...(options && { options }) };
  return {
    name,
    spec: {
      tensors,
      operators: [operator],
      inputs: places(inputs.filter(({ data }) => !data)),
      outputs: places(outputs),
    },
  };
}

/** Name, operator, inputs, output, options. */
type Row = readonly [
  name: string,
  code: OperatorSpec['code'],
  inputs: readonly TensorSpec[],
  output: TensorSpec,
  options?: OperatorOptions,
];

/** Cases of one operator with one output. */
export function rows(list: readonly Row[]): OperatorCase[] {
  return list.map(([name, code, inputs, output, options]) =>
    single({ name, code, inputs, outputs: [output], ...(options && { options }) }),
  );
}

let serial = 0;
const named = (): string => `t${serial++}`;

export const float = (...shape: number[]): TensorSpec => ({ name: named(), shape, type: 'FLOAT32' });

export function floatConstant(seed: number, ...shape: number[]): TensorSpec {
  return { ...float(...shape), data: toBytes(randomTensor({ dtype: 'f32', shape }, seed).data) };
}

export function integers(values: readonly number[], ...shape: number[]): TensorSpec {
  const dims = shape.length ? shape : [values.length];
  return { name: named(), shape: dims, type: 'INT32', data: toBytes(Int32Array.from(values)) };
}

/** Per-tensor quantised activation. */
export const int8 = (shape: readonly number[], scale: number, zeroPoint: number): TensorSpec => ({
  name: named(),
  shape,
  type: 'INT8',
  scale: [Math.fround(scale)],
  zeroPoint: [zeroPoint],
});

export const uint8 = (shape: readonly number[], scale: number, zeroPoint: number): TensorSpec => ({
  ...int8(shape, scale, zeroPoint),
  type: 'UINT8',
});

/** 16-bit activations, whose zero point is 0. */
export const int16 = (shape: readonly number[], scale: number): TensorSpec => ({
  ...int8(shape, scale, 0),
  type: 'INT16',
});

/** Symmetric int8 weights, one scale a slice along `axis`. */
export function int8Weights(seed: number, shape: readonly number[], axis: number): TensorSpec {
  const channels = shape[axis] ?? 1;
  const scale = Array.from({ length: channels }, (_, m) => Math.fround(0.004 + 0.0007 * m));
  const data = toBytes(randomTensor({ dtype: 'i8', shape }, seed).data);
  return { name: named(), shape, type: 'INT8', data, scale, zeroPoint: scale.map(() => 0), axis };
}

/** uint8 weights with one scale and a zero point away from the middle. */
export function uint8Weights(seed: number, shape: readonly number[], zeroPoint = 151): TensorSpec {
  const data = toBytes(randomTensor({ dtype: 'u8', shape }, seed).data);
  return { name: named(), shape, type: 'UINT8', data, scale: [Math.fround(0.0061)], zeroPoint: [zeroPoint] };
}

/** int32 bias with scale x_scale * w_scale[m]. */
export function int32Bias(seed: number, xScale: number, weights: TensorSpec, channels?: number): TensorSpec {
  const scale = (weights.scale ?? []).map((s) => Math.fround(Math.fround(xScale) * s));
  const shape = [channels ?? weights.shape[weights.axis ?? 0] ?? 1];
  const type: TensorType = { dtype: 'i32', shape };
  const data = toBytes(randomTensor(type, seed).data);
  return { name: named(), shape, type: 'INT32', data, scale, zeroPoint: scale.map(() => 0) };
}

/** Bilinear and nearest, for each way that coordinates are taken. */
export function resizeCases(
  nameOf: (kind: string, coordinates: string) => string,
  { size, x, y }: { size: readonly number[]; x: () => TensorSpec; y: () => TensorSpec },
): OperatorCase[] {
  const kinds = [
    ['bilinear', 'RESIZE_BILINEAR', bilinear],
    ['nearest', 'RESIZE_NEAREST_NEIGHBOR', nearest],
  ] as const;
  const coordinates = ['asymmetric', 'align', 'half-pixel'] as const;
  return coordinates.flatMap((name) =>
    kinds.map(([kind, code, options]) =>
      single({
        name: nameOf(kind, name),
        code,
        options: options(name),
        inputs: [x(), integers(size)],
        outputs: [y()],
      }),
    ),
  );
}
