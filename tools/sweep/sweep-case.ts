import { type DType, fromNumbers, mulberry32, numElements, type Tensor } from '@ghostc/ir';
import { dataTypeOf, encodeModel, fromTensor } from '@ghostc/onnx';

export type Attribute = number | string | readonly number[];

/** A node of one op, with its first input given at run time and the others constant; an absent one is null. */
export interface SweepNode {
  readonly op: string;
  readonly opset: number;
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
  readonly x: { readonly dtype: DType; readonly shape: readonly number[] };
  readonly constants: readonly (Tensor | null)[];
}

export interface SweepCase {
  /** The attributes that make it. */
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

export function sweepCase(name: string, node: SweepNode): SweepCase {
  return { name, model: oneNodeModel(node), inputs: new Map([['x', seededTensor(node.x, 1)]]) };
}

/** Uniform in [-1, 1), integers over their range of bytes. */
export function seededTensor(
  { dtype, shape }: { readonly dtype: DType; readonly shape: readonly number[] },
  seed: number,
): Tensor {
  const next = mulberry32(seed);
  const scale = { u8: (v: number) => Math.floor(v * 256), i8: (v: number) => Math.floor(v * 256) - 128 };
  const element = scale[dtype as 'u8'] ?? (dtype === 'i32' ? scale.i8 : (v: number) => 2 * v - 1);
  return fromNumbers(
    dtype,
    shape,
    Float64Array.from({ length: numElements(shape) }, () => element(next())),
  );
}

function oneNodeModel({ op, opset, attributes, x, constants }: SweepNode): Uint8Array {
  const initializer = constants.flatMap((tensor, i) => (tensor ? [fromTensor(tensor, `c${i}`)] : []));
  const input = ['x', ...constants.map((tensor, i) => (tensor ? `c${i}` : ''))];
  const attribute = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, ...attributeOf(value) }],
  );
  return encodeModel({
    ir_version: 8,
    opset_import: [{ domain: '', version: opset }],
    graph: {
      name: 'sweep',
      node: [{ op_type: op, input, output: ['y'], attribute }],
      initializer,
      input: [valueInfo('x', x.dtype, x.shape)],
      output: [valueInfo('y', x.dtype)],
    },
  });
}

function attributeOf(value: Attribute): object {
  if (typeof value === 'string') return { type: 3, s: new TextEncoder().encode(value) };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { type: 2, i: value } : { type: 1, f: value };
  return { type: 7, ints: [...value] };
}

function valueInfo(name: string, dtype: DType, shape?: readonly number[]): object {
  const dims = shape && { shape: { dim: shape.map((dim_value) => ({ dim_value })) } };
  return { name, type: { tensor_type: { elem_type: dataTypeOf(dtype), ...dims } } };
}
