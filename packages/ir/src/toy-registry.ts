import { CompileError } from './compile-error.ts';
import { addDim } from './dim.ts';
import type { Attrs } from './node.ts';
import type { AttrSpec, OpRegistry, OpSchema } from './op-schema.ts';
import type { TensorType } from './tensor-type.ts';

const flag: AttrSpec = { expects: 'bool', accepts: (value) => typeof value === 'boolean', default: false };

/** A small language for the tests of this package. */
export const toyRegistry: OpRegistry = new Map(
  [
    op('relu', ['x'], {}, ([x]) => [x]),
    op('add', ['x', 'y'], {}, ([x]) => [x]),
    op('scale', ['x', 'factor?', 'bias?'], { by: number(1), steps: numbers([1, 1]), mode: text('up') }, grow),
    op('concat', ['xs...'], { axis: integer() }, ([x]) => [x]),
    op('pair', ['x'], { flag }, ([x]) => [x, x]),
  ].map((schema) => [schema.name, schema]),
);

type Infer = (inputs: readonly TensorType[], attrs: Attrs) => (TensorType | undefined)[];

function op(name: string, inputs: string[], attrs: Record<string, AttrSpec>, infer: Infer): OpSchema {
  return {
    name,
    inputs,
    attrs,
    traits: new Set(),
    inferTypes: (types, given) =>
      infer(
        types.filter((type) => type !== null),
        given,
      ).filter((type) => type !== undefined),
  };
}

function integer(): AttrSpec<number> {
  return { expects: 'int', accepts: (value): value is number => Number.isInteger(value) };
}

/** Adds `by` to the last dimension, which must not become negative. */
function grow([x]: readonly TensorType[], { by = 1 }: Attrs): TensorType[] {
  const last = x?.shape.at(-1) ?? 0;
  const wide = addDim(last, Number(by));
  if (typeof wide === 'number' && wide < 0)
    throw new CompileError('scale/infer', `by expects at least -${last}, found ${by}`);
  return [{ ...(x as TensorType), shape: [...(x?.shape.slice(0, -1) ?? []), wide] }];
}

function number(fallback: number): AttrSpec {
  return { expects: 'float', accepts: (value) => typeof value === 'number', default: fallback };
}

function numbers(fallback: readonly number[]): AttrSpec {
  return { expects: 'ints', accepts: (value) => Array.isArray(value), default: fallback };
}

function text(fallback: string): AttrSpec {
  return { expects: 'string', accepts: (value) => typeof value === 'string', default: fallback };
}
