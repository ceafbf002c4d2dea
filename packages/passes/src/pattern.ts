import { type Attrs, CompileError, type Node, type Value } from '@ghostc/ir';
import { type AttrsOf, lookup, type NodeOf, type OpName, opsWhere } from '@ghostc/ops';
import { slotsOf } from './slots.ts';

/** What a match bound: values by the names given to `any` and `constant`, nodes by the names given with `.as`. */
export type Captures = Readonly<Record<string, Value | Node | readonly (Value | Node)[]>>;

/** A pattern for one value. `C` names its captures, so that a misspelt one is a type error. */
export interface Pattern<C = unknown> {
  readonly kind: 'any' | 'constant' | 'same' | 'op' | 'chain' | 'either' | 'absent' | 'each' | 'roots';
  readonly name?: string | undefined;
  readonly ops?: ReadonlySet<string>;
  readonly inputs?: readonly Pattern[];
  /** Restricts the attributes. */
  readonly accept?: ((attrs: Attrs) => boolean) | undefined;
  /** The value may be used outside of the match. */
  readonly shared?: boolean | undefined;
  /** Which output of the node the value is: the first if absent. */
  readonly outputIndex?: number | undefined;
  /** There may be more inputs than `inputs`. */
  readonly allowsOthers?: boolean | undefined;
  /** There may be a fused activation or residual. */
  readonly allowsEpilogue?: boolean | undefined;
  readonly choices?: readonly Pattern[];
  /** Captures the terms of a chain that no pattern matches. */
  readonly restName?: string | undefined;
  /** Carries the type only. */
  readonly captures?: C;
}

type CapturesOf<P> = P extends Pattern<infer C> ? C : never;
/** The captures of all patterns together. */
type All<P extends readonly Pattern[]> = P extends readonly [
  infer First,
  ...infer Rest extends readonly Pattern[],
]
  ? CapturesOf<First> & All<Rest>
  : unknown;

/** Any value. */
export function any<N extends string>(name: N): Pattern<Record<N, Value>> {
  return { kind: 'any', name };
}

/** A constant. */
export function constant<N extends string>(name: N): Pattern<Record<N, Value>> {
  return { kind: 'constant', name };
}

/** The value that an earlier part of the pattern captured, or the output of the node that it captured. */
export function same(name: string): Pattern {
  return { kind: 'same', name };
}

/** An optional input that may be absent; binds nothing if it is. */
export function optional<N extends string>(name: N): Pattern<Partial<Record<N, Value>>> {
  return { kind: 'either', choices: [{ kind: 'any', name }, { kind: 'absent' }] };
}

/** The first of several patterns that matches. Captures of all are optional. */
export function either<P extends readonly Pattern[]>(...choices: P): Pattern<Partial<All<P>>> {
  return { kind: 'either', choices };
}

/** Where a rule can start: one node or several. */
export interface RootPattern<C = unknown> extends Pattern<C> {
  readonly kind: 'op' | 'chain' | 'roots';
  readonly ops: ReadonlySet<string>;
}

/**
 * Several nodes that a rule replaces together, each by a value. Every root after the first must read
 * something that an earlier one captured: `roots(op('matmul', any('x'), constant('v')), op('matmul',
 * any('x'), constant('w')))` matches two products of one x.
 */
export function roots<P extends readonly [RootPattern, RootPattern, ...RootPattern[]]>(
  ...patterns: P
): RootPattern<All<P>> {
  return { kind: 'roots', ops: patterns[0].ops, inputs: patterns };
}

/**
 * All inputs from here on (at least one) match the pattern independently; captures become lists.
 * `op('concat', each(op('relu', any('x'))))` captures `x: Value[]`.
 */
export function each<C>(pattern: Pattern<C>): Pattern<{ readonly [K in keyof C]: readonly C[K][] }> {
  return { kind: 'each', choices: [pattern] };
}

/** `'relu|clip'` as `'relu' | 'clip'`. */
type Names<S extends string> = S extends `${infer First}|${infer Rest}` ? First | Names<Rest> : S;
/** The list itself, or what is wrong with it. */
type OpList<S extends string> =
  string extends Names<S>
    ? S
    : [Exclude<Names<S>, OpName>] extends [never]
      ? S
      : `there is no op ${Exclude<Names<S>, OpName>}`;
type Captured<O extends string> = [O] extends [OpName] ? NodeOf<O> : Node;
type Accepted<O extends string> = [O] extends [OpName] ? AttrsOf<O> : Attrs;

/** A node's pattern, with methods to capture and restrict it. */
export interface OpPattern<C, O extends string = string> extends RootPattern<C> {
  /** Captures the node, typed by its op. */
  as<N extends string>(name: N): OpPattern<C & Record<N, Captured<O>>, O>;
  /** Restricts the attributes; defaults are filled in. */
  where(accept: (attrs: Accepted<O>) => boolean): OpPattern<C, O>;
  /** Allows other users of the node's value outside the match. */
  orShared(): OpPattern<C, O>;
  /** Allows more inputs than the listed ones; the rule must preserve them. */
  others(): OpPattern<C, O>;
  /** Allows a fused activation (or clamp) and a residual; the rule must preserve them. */
  anyEpilogue(): OpPattern<C, O>;
  /** The value is this output of the node; default 0, the first. */
  output(index: number): OpPattern<C, O>;
}

/**
 * A node of one of the ops (`'relu'`, `'conv2d|depthwise_conv2d'`) with exactly these inputs, and without a
 * fused activation: anything more must be allowed by `others` and `anyEpilogue`. For commutative ops the
 * first two inputs may be in either order. Throws `op/unknown`, and `rule/arity` for more inputs than an op
 * has.
 */
export function op<const S extends string, P extends readonly Pattern[]>(
  names: OpList<S>,
  ...inputs: P
): OpPattern<All<P>, Names<S>> {
  const ops = new Set(names.split('|'));
  for (const name of ops) checkListed(name, inputs);
  return opPattern({ kind: 'op', ops, inputs });
}

/** A node kept in its ONNX form (`'Einsum'`), with exactly these inputs. */
export function opaque<P extends readonly Pattern[]>(opType: string, ...inputs: P): OpPattern<All<P>> {
  return op('onnx_node', ...inputs).where(({ op_type }) => op_type === opType);
}

function checkListed(name: string, inputs: readonly Pattern[]): void {
  const { most } = slotsOf(lookup(name));
  if (inputs.length > most)
    throw new CompileError(
      'rule/arity',
      `${name} takes (${lookup(name).inputs.join(', ')}), the pattern lists ${inputs.length} inputs`,
    );
  const early = inputs.slice(0, -1).some(({ kind }) => kind === 'each');
  if (early) throw new CompileError('rule/arity', 'expected each() as the last input');
}

const associative = opsWhere(({ traits }) => traits.has('associative')).split('|');

/** A pattern of a chain, with methods to capture the rest. */
export interface ChainPattern<C> extends RootPattern<C> {
  /** Captures the root of the chain. */
  as<N extends string>(name: N): ChainPattern<C & Record<N, Node>>;
  /** Allows more terms in the chain, and captures those. */
  rest<N extends string>(name: N): ChainPattern<C & Record<N, readonly Value[]>>;
  /** Allows a fused activation on the whole; the rule must preserve it. */
  anyEpilogue(): ChainPattern<C>;
}

/**
 * A chain of one associative and commutative op (`'add'`, `'mul'`, `'maximum'`, `'minimum'`), nested in any
 * way: each pattern matches a different term, in any order. `chain('add', any('a'), op('relu', any('b')),
 * any('c'))` matches
 * `(relu(b) + c) + a` as well as `a + (c + relu(b))`. Throws `rule/chain` for another op.
 */
export function chain<P extends readonly Pattern[]>(name: string, ...terms: P): ChainPattern<All<P>> {
  if (!associative.includes(name))
    throw new CompileError('rule/chain', `${name} is not associative; there are ${associative.join(', ')}`);
  return chainPattern({ kind: 'chain', ops: new Set([name]), inputs: terms });
}

function chainPattern<C>(parts: RootPattern<C>): ChainPattern<C> {
  // only the types know what is captured
  const more = <D>(added: Partial<Pattern>): ChainPattern<D> =>
    chainPattern({ ...parts, ...added } as RootPattern as RootPattern<D>);
  return {
    ...parts,
    as: (name) => more({ name }),
    rest: (restName) => more({ restName }),
    anyEpilogue: () => more({ allowsEpilogue: true }),
  };
}

function opPattern<C, O extends string>(parts: RootPattern<C>): OpPattern<C, O> {
  const { accept } = parts;
  const more = <D>(added: Partial<Pattern>): OpPattern<D, O> =>
    opPattern({ ...parts, ...added } as RootPattern as RootPattern<D>);
  return {
    ...parts,
    as: (name) => more({ name }),
    where: (next) => more({ accept: (attrs) => (accept?.(attrs) ?? true) && next(attrs as Accepted<O>) }),
    orShared: () => more({ shared: true }),
    others: () => more({ allowsOthers: true }),
    anyEpilogue: () => more({ allowsEpilogue: true }),
    output: (outputIndex) => more({ outputIndex }),
  };
}

/** Assumed levels of a chain: how far nodes after a change are tried again. */
const CHAIN_DEPTH = 8;

/** Levels of nodes that a pattern can match: 0 for a value. */
export function patternDepth({ kind, inputs = [], choices = [] }: Pattern): number {
  const below = Math.max(0, ...[...inputs, ...choices].map(patternDepth));
  if (kind === 'chain') return CHAIN_DEPTH + below;
  return kind === 'op' ? 1 + below : below;
}
