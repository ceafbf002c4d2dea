import { type Attrs, CompileError, type Node, type Value } from '@ghostc/ir';

/** What a match bound: values by the names given to `any` and `constant`, nodes by the names given with `.as`. */
export type Captures = Readonly<Record<string, Value | Node | readonly Value[]>>;

/** A pattern for one value. `C` names its captures, so that a misspelt one is a type error. */
export interface Pattern<C = unknown> {
  readonly kind: 'any' | 'constant' | 'same' | 'op' | 'chain' | 'either' | 'absent';
  readonly name?: string | undefined;
  readonly ops?: ReadonlySet<string>;
  readonly inputs?: readonly Pattern[];
  /** Restricts the attributes. */
  readonly accept?: ((attrs: Attrs) => boolean) | undefined;
  /** The value may be used outside of the match. */
  readonly shared?: boolean | undefined;
  readonly choices?: readonly Pattern[];
  /** Captures the terms of a chain that no pattern takes. */
  readonly restName?: string | undefined;
  /** Carries the type alone. */
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

/** An optional input that is there or not; binds nothing when absent. */
export function optional<N extends string>(name: N): Pattern<Partial<Record<N, Value>>> {
  return { kind: 'either', choices: [{ kind: 'any', name }, { kind: 'absent' }] };
}

/** The first of several patterns that matches. Captures of all are optional. */
export function either<P extends readonly Pattern[]>(...choices: P): Pattern<Partial<All<P>>> {
  return { kind: 'either', choices };
}

/** A node's pattern, with the means to name and restrict it. */
export interface OpPattern<C> extends Pattern<C> {
  /** Captures the node. */
  as<N extends string>(name: N): OpPattern<C & Record<N, Node>>;
  /** Restricts the attributes, as stated on the node: defaults are not filled in. */
  where(accept: (attrs: Attrs) => boolean): OpPattern<C>;
  /** Lets the node's value be used outside of the match too. */
  orShared(): OpPattern<C>;
}

/**
 * A node of one of the ops (`'relu'`, `'conv2d|depthwise_conv2d'`) with these inputs; inputs beyond the listed ones may be
 * anything. Of commutative ops the first two inputs may stand in either order.
 */
export function op<P extends readonly Pattern[]>(names: string, ...inputs: P): OpPattern<All<P>> {
  return opPattern({ kind: 'op', ops: new Set(names.split('|')), inputs });
}

const associative: ReadonlySet<string> = new Set(['add', 'mul', 'maximum', 'minimum']);

/** A pattern of a chain, with the means to name what is left. */
export interface ChainPattern<C> extends Pattern<C> {
  /** Captures the root of the chain. */
  as<N extends string>(name: N): ChainPattern<C & Record<N, Node>>;
  /** Lets the chain have more terms, and captures those. */
  rest<N extends string>(name: N): Pattern<C & Record<N, readonly Value[]>>;
}

/**
 * A chain of one associative and commutative op (`'add'`, `'mul'`, `'maximum'`, `'minimum'`), nested in any way: each
 * pattern takes a term of its own, in any order. `chain('add', any('a'), op('relu', any('b')), any('c'))` matches
 * `(relu(b) + c) + a` as well as `a + (c + relu(b))`.
 */
export function chain<P extends readonly Pattern[]>(name: string, ...terms: P): ChainPattern<All<P>> {
  if (!associative.has(name))
    throw new CompileError(
      'rule/chain',
      `${name} is not associative; there are ${[...associative].join(', ')}`,
    );
  return chainPattern({ kind: 'chain', ops: new Set([name]), inputs: terms });
}

function chainPattern<C>(parts: Pattern<C>): ChainPattern<C> {
  return {
    ...parts,
    as: <N extends string>(name: N) =>
      chainPattern<C & Record<N, Node>>({ ...(parts as Pattern), name } as Pattern<C & Record<N, Node>>),
    rest: <N extends string>(rest: N) =>
      ({ ...(parts as Pattern), restName: rest }) as Pattern<C & Record<N, readonly Value[]>>,
  };
}

function opPattern<C>(parts: Pattern<C>): OpPattern<C> {
  const { accept } = parts;
  return {
    ...parts,
    as: <N extends string>(name: N) =>
      opPattern<C & Record<N, Node>>({ ...(parts as Pattern), name } as Pattern<C & Record<N, Node>>),
    where: (more) => opPattern<C>({ ...parts, accept: (attrs) => (accept?.(attrs) ?? true) && more(attrs) }),
    orShared: () => opPattern<C>({ ...parts, shared: true }),
  };
}

/** Levels of a chain that is taken for usual: nodes behind a change are tried again that far. */
const CHAIN_DEPTH = 8;

/** Levels of nodes that a pattern can match: 0 for a value. */
export function patternDepth({ kind, inputs = [], choices = [] }: Pattern): number {
  const below = Math.max(0, ...[...inputs, ...choices].map(patternDepth));
  if (kind === 'chain') return CHAIN_DEPTH + below;
  return kind === 'op' ? 1 + below : below;
}
