import { fromNumbers, isFloat, numElements, type Tensor } from '@ghostc/ir';
import { decodeModel } from './codec.ts';
import { dimsOf, hasDims, sizeOf } from './input-dims.ts';
import type { GraphProto, ValueInfoProto } from './onnx-types.ts';
import { dtypeOf } from './tensor-proto.ts';

/**
 * What `bind` sets in a model: sizes of its dimensions, and values of its scalar inputs, which become
 * constants.
 */
export interface Bound {
  readonly sizes: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, Tensor>;
}

/** A name that both a dimension and an input have is the dimension's. */
export function boundBy(
  inputs: readonly ValueInfoProto[],
  bind: ReadonlyMap<string, number> = new Map(),
): Bound {
  const dimensions = new Set(
    inputs.filter(hasDims).flatMap((input) => dimsOf(input).map(({ dim_param }) => dim_param)),
  );
  const values = new Map<string, Tensor>();
  for (const input of inputs) {
    const value = bind.get(input.name ?? '');
    if (value !== undefined && !dimensions.has(input.name) && isScalar(input))
      values.set(input.name ?? '', scalarOf(input, value));
  }
  return { sizes: new Map([...bind].filter(([name]) => !values.has(name))), values };
}

/** One integer or truth value: a rate, a switch. */
function isScalar(input: ValueInfoProto): boolean {
  const dtype = dtypeOf(input.type?.tensor_type?.elem_type);
  return !isFloat(dtype) && dimsOf(input).every((dim) => sizeOf(dim) === 1);
}

function scalarOf(input: ValueInfoProto, value: number): Tensor {
  const shape = dimsOf(input).map(() => 1);
  return fromNumbers(
    dtypeOf(input.type?.tensor_type?.elem_type),
    shape,
    new Array<number>(numElements(shape)).fill(value),
  );
}

/** The inputs that `bind` sets, as ONNX Runtime needs them. */
export function boundInputs(
  bytes: Uint8Array,
  bind: ReadonlyMap<string, number>,
): ReadonlyMap<string, Tensor> {
  return boundBy((decodeModel(bytes).graph as GraphProto).input ?? [], bind).values;
}
