import { byteSize } from '@ghostc/ir';
import type { CProgram, CTensor } from './c-program.ts';
import { cType } from './c-type.ts';

/** A pointer that the run function is given. */
export interface RunParameter {
  readonly name: string;
  /** C type of what it points to. */
  readonly type: string;
  /** Is it an input, which is only read? */
  readonly input: boolean;
  /** The address is a multiple of this. */
  readonly align: number;
}

/** What it points to as C, `const float`. */
export function pointedType({ input, type }: RunParameter): string {
  return input ? `const ${type}` : type;
}

/** Parameters of the run function, in order. */
export function runParameters(program: Pick<CProgram, 'inputs' | 'outputs' | 'form'>): RunParameter[] {
  const { inputs, outputs, form } = program;
  return [
    { name: 'arena', type: 'void', input: false, align: 16 },
    ...(form === 'external' ? [{ name: 'weights', type: 'const void', input: false, align: 16 }] : []),
    ...(form === 'fetch' ? [{ name: 'weights', type: 'void', input: false, align: 16 }] : []),
    ...bufferParameters('in', inputs),
    ...bufferParameters('out', outputs),
  ];
}

/** The inputs or outputs that have separate buffers. */
export function bufferParameters(kind: 'in' | 'out', tensors: readonly CTensor[]): RunParameter[] {
  const buffers = tensors.filter(isBuffer);
  return buffers.map(({ dtype }, i) => ({
    name: parameterName(kind, i, buffers.length),
    type: cType(dtype),
    input: kind === 'in',
    align: byteSize(dtype),
  }));
}

/** The name of one of them: `in`, or `in_0`, `in_1`, ... */
export function parameterName(kind: 'in' | 'out', index: number, count: number): string {
  return count === 1 ? kind : `${kind}_${index}`;
}

/** True of an input or output that is a parameter of the run function. */
export function isBuffer({ offset }: CTensor): boolean {
  return offset === undefined;
}
