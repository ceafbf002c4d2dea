import {
  type Attr,
  type AttrSpec,
  type Attrs,
  CompileError,
  numElements,
  type OpSchema,
  type Tensor,
  type TensorType,
  type Trait,
  tensorType,
} from '@ghostc/ir';
import type { PartMaker } from './composite/part-maker.ts';
import type { Computed, Epilogue, OpFacts } from './op-facts.ts';
import { checkOperandTypes } from './operand-types.ts';

type Required<I extends string> = I extends `${string}?` | `${string}...` ? never : I;
type Optional<I extends string> = I extends `${infer N}?` ? N : never;
type Variadic<I extends string> = I extends `${infer N}...` ? N : never;

/** Inputs by name: `'x'` -> T, `'bias?'` -> T | undefined, `'xs...'` -> T[]. */
export type Named<I extends string, T> = { readonly [K in Required<I>]: T } & {
  readonly [K in Optional<I>]?: T;
} & {
  readonly [K in Variadic<I>]: readonly T[];
};

/** Attributes by name, with their types. */
export type AttrSpecs = Readonly<Record<string, AttrSpec>>;
/** The values of attributes, typed by their specs. */
// biome-ignore lint/suspicious/noExplicitAny: inference position
export type AttrValues<A extends Readonly<Record<string, AttrSpec<any>>>> = {
  readonly [K in keyof A]: A[K] extends AttrSpec<infer T> ? T : never;
};

/** Types of the outputs; an op has at least one. */
export type OutputTypes = OneOrMore<TensorType>;
type OneOrMore<T> = readonly [T, ...T[]];

/** What `defineOp` creates an op from. */
// biome-ignore lint/suspicious/noExplicitAny: inference position
export interface OpSpec<I extends string, A extends Readonly<Record<string, AttrSpec<any>>>> extends OpFacts {
  readonly name: string;
  readonly inputs: readonly I[];
  readonly attrs: A;
  readonly traits: readonly Trait[];
  /** Type(s) of the output(s); throws CompileError if the inputs are invalid. */
  readonly infer: (inputs: Named<I, TensorType>, attrs: AttrValues<A>) => TensorType | OutputTypes;
  /** The semantics of the op: numbers in double precision, rounded once to the output's type. */
  readonly evaluate: (
    inputs: Named<I, Tensor>,
    attrs: AttrValues<A>,
    types: OutputTypes,
  ) => Tensor | OneOrMore<Tensor>;
  /** The formula of a composite op in terms of other ops. Used for evaluation, lowering and error bounds. */
  readonly parts?: <V>(inputs: Named<I, V>, attrs: AttrValues<A>, maker: PartMaker<V>) => V;
  /** Multiply-accumulates of one execution; 0 if absent. Called with fixed shapes. */
  readonly macs?: (inputs: Named<I, TensorType>, attrs: AttrValues<A>, types: OutputTypes) => number;
}

/** An op as shared code sees it: inputs by position. */
export interface OpDefinition extends OpSchema, OpFacts {
  readonly inferTypes: (inputs: readonly (TensorType | null)[], attrs: Attrs) => OutputTypes;
  readonly evaluateTensors: (
    inputs: readonly (Tensor | null)[],
    attrs: Attrs,
    types: readonly TensorType[],
  ) => OneOrMore<Tensor>;
  /** Builds a composite op from its parts with `maker`; absent for other ops. */
  readonly makeParts?: <V>(inputs: readonly (V | null)[], attrs: Attrs, maker: PartMaker<V>) => V;
  readonly countMacs: (
    inputs: readonly (TensorType | null)[],
    attrs: Attrs,
    types: readonly TensorType[],
  ) => number;
}

/** Keeps the literal type of the name, from which types of lists of ops are derived. */
export interface Listed {
  readonly name: string;
  readonly computed: Computed;
  readonly epilogue: Epilogue;
}

/** A definition with typed inputs and attributes. */
// biome-ignore lint/suspicious/noExplicitAny: inference position
type DefinedOp<I extends string, A extends Readonly<Record<string, AttrSpec<any>>>, L extends Listed> = Omit<
  OpDefinition,
  Exclude<keyof OpSpec<I, A>, 'traits'>
> &
  Omit<OpSpec<I, A>, 'traits' | keyof Listed> &
  Pick<L, keyof Listed>;

/**
 * Turns a typed spec into a definition. Attributes reach `infer` and `evaluate` with defaults filled in. For
 * invalid inputs an op throws a code such as `op/rank` or `conv2d/infer`: docs/errors.md.
 */
export function defineOp<
  const I extends string,
  // biome-ignore lint/suspicious/noExplicitAny: inference position
  const A extends Readonly<Record<string, AttrSpec<any>>>,
  const L extends Listed,
>(spec: OpSpec<I, A> & L): DefinedOp<I, A, L> {
  const attrs = (given: Attrs): AttrValues<A> => attrsOf(spec, { attrs: given });
  const { parts } = spec;
  return {
    ...spec,
    ...(parts && {
      makeParts: (inputs, given, maker) => parts(bindInputs(spec, inputs), attrs(given), maker),
    }),
    traits: new Set(spec.traits),
    inferTypes(inputs, given) {
      checkOperandTypes(spec, inputs);
      return listed(spec.infer(bindInputs(spec, inputs), attrs(given)));
    },
    evaluateTensors: (inputs, given, types) =>
      listed(spec.evaluate(bindInputs(spec, inputs), attrs(given), outputTypes(types))),
    countMacs: (inputs, given, types) =>
      spec.macs?.(bindInputs(spec, inputs), attrs(given), outputTypes(types)) ?? 0,
  };
}

function listed<T>(result: T | OneOrMore<T>): OneOrMore<T> {
  return isList(result) ? result : [result];
}

/** The first of the types that `infer` gives. */
export function firstType(result: TensorType | OutputTypes): TensorType {
  return listed(result)[0];
}

/** Types of outputs, checked to be one or more; throws `ir/no-output`. */
export function outputTypes([first, ...more]: readonly TensorType[]): OutputTypes {
  if (first) return [first, ...more];
  throw new CompileError('ir/no-output', 'an op has at least one output, found none');
}

const isList = <T>(result: T | OneOrMore<T>): result is OneOrMore<T> => Array.isArray(result);

/** The results of an op on tensors, with inferred types. Throws what inference throws. */
export function evaluateOp(
  op: OpDefinition,
  inputs: readonly (Tensor | null)[],
  attrs: Attrs = {},
): OneOrMore<Tensor> {
  const types = op.inferTypes(
    inputs.map((input) => input && tensorType(input)),
    attrs,
  );
  checkEvaluation(types);
  return op.evaluateTensors(inputs, attrs, types);
}

/** Elements of a value that is evaluated here, in double precision. */
const MAX_EVALUATED = 2 ** 26;

function checkEvaluation(types: readonly TensorType[]): void {
  for (const { shape } of types) {
    const elements = numElements(shape);
    if (elements > MAX_EVALUATED)
      throw new CompileError(
        'op/too-large',
        `a value of ${elements} elements, [${shape.join(',')}], is to be computed; expected at most ${MAX_EVALUATED}`,
      );
  }
}

/** The first result. */
export function evaluateOne(op: OpDefinition, inputs: readonly (Tensor | null)[], attrs: Attrs = {}): Tensor {
  return evaluateOp(op, inputs, attrs)[0];
}

/**
 * The attributes of a node with defaults filled in, typed by the definition of its op, against which the node
 * was checked.
 */
// biome-ignore lint/suspicious/noExplicitAny: inference position
export function attrsOf<A extends Readonly<Record<string, AttrSpec<any>>>>(
  definition: { readonly attrs: A },
  node: { readonly attrs: Attrs },
): AttrValues<A> {
  return withDefaults(definition.attrs, node.attrs) as AttrValues<A>;
}

/** An attribute that is a list of numbers, for an op known only at run time; empty if absent. */
export function intsOf(attrs: Readonly<Record<string, unknown>>, name: string): readonly number[] {
  const value = attrs[name];
  return Array.isArray(value) ? value : [];
}

/** Attributes with the schema's defaults filled in. */
export function withDefaults(specs: AttrSpecs, given: Attrs): Attrs {
  const filled: Record<string, Attr> = { ...given };
  for (const name in specs) {
    const fallback = specs[name]?.default;
    if (filled[name] === undefined && fallback !== undefined) filled[name] = fallback;
  }
  return filled;
}

function bindInputs<I extends string, T>(
  spec: { name: string; inputs: readonly I[] },
  inputs: readonly (T | null)[],
): Named<I, T> {
  const bound: Record<string, T | readonly T[] | undefined> = {};
  spec.inputs.forEach((slot, i) => {
    if (slot.endsWith('...')) bound[slot.slice(0, -3)] = inputs.slice(i).filter((value) => value !== null);
    else bound[slot.replace('?', '')] = inputs[i] ?? missing(spec.name, slot);
  });
  return bound as Named<I, T>;
}

function missing(op: string, slot: string): undefined {
  if (slot.endsWith('?')) return undefined;
  throw new CompileError('op/missing-input', `${op} needs its input ${slot}`, { op });
}
