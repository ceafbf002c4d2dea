import { CompileError, formatType, isFloat, type TensorType, type Trait } from '@ghostc/ir';
import type { OpFacts } from './op-facts.ts';

type Facts = Pick<OpFacts, 'computed' | 'onIntegers'> & {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly traits: readonly Trait[];
};

/** Inputs that choose elements, with their own types. */
const choosing: ReadonlySet<string> = new Set(['indices', 'condition']);

/** Ops whose inference checks the operand types itself. */
const ownTypes: ReadonlySet<OpFacts['computed']> = new Set(['quantized', 'mcu']);

/**
 * Throws `op/dtype` for operand types that no runtime supports: two different types, integers for a float op,
 * or a non-tensor type if the node is not kept from the source.
 */
export function checkOperandTypes(op: Facts, types: readonly (TensorType | null)[]): void {
  if (op.computed === 'kept') return;
  const opaque = types.find((type) => type?.opaque !== undefined);
  if (opaque) refuse(op, types.indexOf(opaque), `a tensor of numbers, found ${formatType(opaque)}`);
  if (ownTypes.has(op.computed) || op.onIntegers === 'moved') return;
  const [first] = types;
  types.forEach((type, i) => {
    if (!type || choosing.has(slotOf(op, i))) return;
    if (op.onIntegers === 'none' && !isFloat(type.dtype)) refuse(op, i, `floats, found ${type.dtype}`);
    if (op.traits.includes('elementwise') && type.dtype === 'bool') refuse(op, i, 'numbers, found bool');
    if (first && type.dtype !== first.dtype)
      refuse(op, i, `${first.dtype} as ${slotOf(op, 0)} has, found ${type.dtype}`);
  });
}

function slotOf({ inputs }: Facts, index: number): string {
  return (inputs[Math.min(index, inputs.length - 1)] ?? '').replace(/\W/g, '');
}

function refuse(op: Facts, index: number, expected: string): never {
  throw new CompileError('op/dtype', `${op.name} expects ${slotOf(op, index)} of ${expected}`);
}
