import { fromNumbers, type Tensor, type Trait, toNumbers } from '@ghostc/ir';
import type { float } from '../attr-spec.ts';
import { type AttrValues, defineOp } from '../define-op.ts';
import type { Accuracy, Computed, Epilogue, OpFacts } from '../op-facts.ts';

type FloatAttrs = Readonly<Record<string, ReturnType<typeof float>>>;

/** What distinguishes one function from another. All other facts are common to functions of one operand. */
interface UnarySpec<N extends string, A extends FloatAttrs, C extends Computed, E extends Epilogue>
  extends Pick<OpFacts, 'integerForm' | 'onIntegers' | 'error' | 'ulp' | 'factor' | 'random'> {
  readonly name: N;
  readonly attrs: A;
  /** `exact`: it computes without rounding. */
  readonly traits: readonly Trait[];
  readonly formula: (x: number, attrs: AttrValues<A>) => number;
  /** The formula for 64-bit integers, which a double would round; null if double precision is right. */
  readonly wide: ((x: bigint) => bigint) | null;
  readonly computed: C;
  readonly epilogue: E;
}

/** Defines an op that applies `formula` to each element. */
export function unary<
  const N extends string,
  const A extends FloatAttrs,
  const C extends Computed,
  const E extends Epilogue,
>({ formula, wide, traits, ...spec }: UnarySpec<N, A, C, E>) {
  return {
    formula,
    ...defineOp({
      ...spec,
      inputs: ['x'],
      traits: ['elementwise', 'unary', ...traits],
      storage: 'in-place',
      rows: 'same',
      channels: 'same',
      nan: 'kept',
      infer: ({ x }) => ({ dtype: x.dtype, shape: x.shape }),
      evaluate: ({ x }, attrs) =>
        (wide && inBigInts(wide, x)) ??
        fromNumbers(
          x.dtype,
          x.shape,
          new Float64Array(toNumbers(x)).map((v) => formula(v, attrs)),
        ),
    }),
  };
}

function inBigInts(formula: (x: bigint) => bigint, x: Tensor): Tensor | undefined {
  const { data } = x;
  if (data instanceof BigInt64Array) return { ...x, data: data.map(formula) };
  return data instanceof BigUint64Array ? { ...x, data: data.map(formula) } : undefined;
}

const nothing = (): number => 0;
export const few = (): number => 16;
export const unit = (): number => 1;

/**
 * The accuracy that WGSL requires of its functions (exp: 3 + 2|x| ulp; log: 3 ulp, or 2^-21 within [1/2, 2];
 * sqrt, reciprocal: a few ulp), which C libraries and ONNX Runtime also meet; saturating functions have an
 * absolute error too.
 */
export function accurateTo(relative: Accuracy['relative'], absolute: Accuracy['absolute'] = nothing) {
  return { kind: 'function', accuracy: { relative, absolute } } as const;
}

export const saturating = accurateTo(few, unit);

export const exact = { kind: 'exact' } as const;
export const passed = { kind: 'passed' } as const;
export const stepped = { kind: 'stepped' } as const;
export const none = { kind: 'none' } as const;
export const table = { kind: 'table' } as const;
export const clamped = { kind: 'clamp' } as const;

export const ownCases = { place: 'none', domain: 'any', attrs: {} } as const;
export const ofPositives = { place: 'none', domain: 'positive', attrs: {} } as const;
export const afterLayer = { place: 'activation', domain: 'any', attrs: {} } as const;

/** An activation without parameters. */
export const plain = (slope: number) =>
  ({ kind: 'activation', params: [], slope: () => slope, exact: false, usual: [[]] }) as const;
