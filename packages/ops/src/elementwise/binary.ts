import {
  allocate,
  broadcastShapes,
  CompileError,
  fromNumbers,
  isFloat,
  numElements,
  staticShape,
  type Tensor,
  type TensorType,
  type Trait,
  toNumbers,
} from '@ghostc/ir';
import { flag } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import type { OpFacts } from '../op-facts.ts';
import { isWide, wideElements } from '../wide-elements.ts';
import { type Activation, activationAfter, activationAttrs } from './activation.ts';

/** A formula of numbers, or of the bigints of 64-bit integers: JavaScript's arithmetic is the same for both. */
type Formula = (a: number, b: number) => number;

/** What distinguishes one op from another. */
interface BinarySpec<N extends string>
  extends Pick<OpFacts, 'integerForm' | 'onIntegers' | 'error' | 'ulp' | 'factor' | 'random'> {
  readonly name: N;
  readonly traits: readonly Trait[];
  readonly formula: Formula;
  /** The formula for 32-bit integers, if a double would round away bits that wrapping keeps. */
  readonly wrapping: Formula;
  /** Whether it can fuse an activation that follows. */
  readonly epilogue: { readonly kind: 'producer' | 'none' };
}

/** Defines an op that applies `formula` to pairs of elements, with ONNX's multidirectional broadcasting and a fused activation. */
function binary<const N extends string>({ formula, wrapping, traits, ...spec }: BinarySpec<N>) {
  const { name } = spec;
  return defineOp({
    ...spec,
    inputs: ['a', 'b'],
    attrs: activationAttrs,
    traits: ['elementwise', 'binary', ...traits],
    computed: 'binary',
    storage: 'in-place',
    rows: 'same',
    channels: 'same',
    nan: 'kept',
    infer: ({ a, b }) => pairType(name, a, b),
    evaluate: ({ a, b }, attrs, [type]) =>
      zip({ a, b, formula: /^[iu]32$/.test(a.dtype) ? wrapping : formula }, attrs, type),
  });
}

/** The type that operands of one element type broadcast to; throws `op/dtype`. */
export function pairType(name: string, a: TensorType, b: TensorType): TensorType {
  if (a.dtype === b.dtype) return { dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape) };
  throw new CompileError('op/dtype', `${name} expects operands of one type, found ${a.dtype} and ${b.dtype}`);
}

interface Zip {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly formula: Formula;
}

function zip({ a, b, formula }: Zip, attrs: Activation, type: TensorType): Tensor {
  if (isWide(a) && isWide(b)) return zipWide({ a, b, formula }, type);
  const [left, right] = [toNumbers(a), toNumbers(b)];
  const { shape, count, indexA, indexB } = pairsOf(a, b, type);
  const act = activationAfter(attrs, type.dtype);
  const out = new Float64Array(count);
  for (let i = 0; i < out.length; i++)
    out[i] = act(formula(Number(left[indexA(i)]), Number(right[indexB(i)])));
  return fromNumbers(type.dtype, shape, out);
}

/** 64-bit integers wrap; a division by zero gives 0. */
function zipWide({ a, b, formula }: Zip, type: TensorType): Tensor {
  const [left, right] = [wideElements(a), wideElements(b)];
  const { shape, count, indexA, indexB } = pairsOf(a, b, type);
  const data = allocate(a.dtype, count) as BigInt64Array;
  for (let i = 0; i < data.length; i++) data[i] = quietly(formula, left[indexA(i)], right[indexB(i)]);
  return { dtype: a.dtype, shape, data };
}

function quietly(formula: Formula, a: unknown, b: unknown): bigint {
  try {
    return formula(a as number, b as number) as unknown as bigint;
  } catch (error) {
    if (error instanceof RangeError) return 0n;
    throw error;
  }
}

/** For each of `count` results with the shape of `type`: which elements of a and b it combines. */
export interface Pairs {
  readonly shape: number[];
  readonly count: number;
  readonly indexA: (i: number) => number;
  readonly indexB: (i: number) => number;
}

export function pairsOf(a: Tensor, b: Tensor, type: TensorType): Pairs {
  const shape = staticShape(type.shape);
  const [indexA, indexB] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  return { shape, count: numElements(shape), indexA, indexB };
}

/** Whether a relation holds between element i of a and element j of b, for all pairs, as `bool`. */
export function truths(
  { shape, count, indexA, indexB }: Pairs,
  holds: (i: number, j: number) => boolean,
): Tensor {
  const data = Uint8Array.from({ length: count }, (_, i) => (holds(indexA(i), indexB(i)) ? 1 : 0));
  return { dtype: 'bool', shape, data };
}

/** Maps a flat index into `to` to the flat index of the broadcast operand `from`. */
export function broadcastIndex(from: readonly number[], to: readonly number[]): (i: number) => number {
  if (from.length === to.length && from.every((dim, axis) => dim === to[axis])) return (i) => i;
  const steps: { size: number; stride: number }[] = [];
  let stride = 1;
  for (let back = 1; back <= to.length; back++) {
    const dim = from[from.length - back] ?? 1;
    steps.push({ size: to[to.length - back] ?? 1, stride: dim === 1 ? 0 : stride });
    stride *= dim;
  }
  return (i) => {
    let rest = i;
    let index = 0;
    for (const { size, stride } of steps) {
      index += (rest % size) * stride;
      rest = Math.floor(rest / size);
    }
    return index;
  };
}

const linear = { kind: 'sum', terms: () => 1 } as const;
const operands = { place: 'operands', domain: 'any', attrs: {} } as const;
const noPlace = { place: 'none', domain: 'any', attrs: {} } as const;

const larger: Formula = (a, b) => (Number.isNaN(a) || a > b ? a : b);
const smaller: Formula = (a, b) => (Number.isNaN(a) || a < b ? a : b);
const sumOf: Formula = (a, b) => a + b;
const differenceOf: Formula = (a, b) => a - b;
const quotientOf: Formula = (a, b) => a / b;

/**
 * The integer sums shift their terms left by 20 bits (15 for 16-bit terms) before dividing by the output's
 * scale.
 */
const coarsestTerm = { i8: 2 ** 18, i16: 2 ** 13 };

/** a + b, broadcast. */
export const add = binary({
  name: 'add',
  traits: ['commutative', 'associative'],
  formula: sumOf,
  wrapping: sumOf,
  integerForm: { kind: 'requantized', op: 'qlinear_add', coarsest: coarsestTerm },
  onIntegers: 'narrow',
  error: linear,
  ulp: 1,
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  random: operands,
});
/** a - b, broadcast; integers wrap. */
export const sub = binary({
  name: 'sub',
  traits: [],
  formula: differenceOf,
  wrapping: differenceOf,
  integerForm: { kind: 'requantized', op: 'qlinear_sub', coarsest: coarsestTerm },
  onIntegers: 'narrow',
  error: linear,
  ulp: 1,
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  random: operands,
});
/** a * b, broadcast; integers wrap. */
export const mul = binary({
  name: 'mul',
  traits: ['commutative', 'associative'],
  formula: (a, b) => a * b,
  wrapping: Math.imul,
  integerForm: { kind: 'requantized', op: 'qlinear_mul' },
  onIntegers: 'narrow',
  error: linear,
  ulp: 1,
  epilogue: { kind: 'producer' },
  factor: 'passed',
  random: operands,
});
/** a / b; integers truncate towards zero. */
export const div = binary({
  name: 'div',
  traits: [],
  formula: quotientOf,
  wrapping: quotientOf,
  integerForm: { kind: 'none' },
  onIntegers: 'narrow',
  error: { kind: 'quotient' },
  ulp: 2,
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  random: noPlace,
});
/**
 * x^y as C's pow: 1 to any power is 1, even NaN, and so is -1 to an infinite power, where JavaScript gives
 * NaN.
 */
export function power(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

/**
 * For integers, computed in double precision and truncated; a result outside the type becomes its lowest
 * number.
 */
export const pow = defineOp({
  name: 'pow',
  inputs: ['a', 'b'],
  attrs: activationAttrs,
  traits: ['elementwise', 'binary'],
  computed: 'binary',
  integerForm: { kind: 'none' },
  onIntegers: 'wide',
  error: { kind: 'power' },
  ulp: 32,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'positive', attrs: {} },
  infer: ({ a, b }) => pairType('pow', a, b),
  evaluate({ a, b }, attrs, [type]) {
    if (isFloat(a.dtype)) return zip({ a, b, formula: power }, attrs, type);
    return integerPowers(a, b, type);
  },
});

function integerPowers(a: Tensor, b: Tensor, type: TensorType): Tensor {
  const { shape, count, indexA, indexB } = pairsOf(a, b, type);
  const [left, right] = [toNumbers(a), toNumbers(b)];
  const [low, high] = integerRange(type.dtype);
  const data = allocate(type.dtype, count);
  for (let i = 0; i < count; i++) {
    const whole = Math.trunc(power(Number(left[indexA(i)]), Number(right[indexB(i)])));
    const held = whole >= low && whole < high + 1 ? whole : low;
    data[i] = isWide(a) ? BigInt(held) : held;
  }
  return { dtype: type.dtype, shape, data };
}
/** The smaller of a and b, broadcast; NaN where one is NaN. */
export const minimum = binary({
  name: 'minimum',
  traits: ['commutative', 'associative', 'exact'],
  formula: smaller,
  wrapping: smaller,
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'exact' },
  ulp: 0,
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  random: operands,
});
/** The larger of a and b, broadcast; NaN where one is NaN. */
export const maximum = binary({
  name: 'maximum',
  traits: ['commutative', 'associative', 'exact'],
  formula: larger,
  wrapping: larger,
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'exact' },
  ulp: 0,
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  random: operands,
});
/** PRelu: x for x >= 0, slope * x otherwise; `b` is the slope, broadcast to `a`. */
export const prelu = binary({
  name: 'prelu',
  traits: [],
  formula: (x, slope) => (x < 0 ? slope * x : x),
  wrapping: (x, slope) => (x < 0 ? Math.imul(slope, x) : x),
  integerForm: { kind: 'requantized', op: 'qlinear_prelu' },
  onIntegers: 'wide',
  error: linear,
  ulp: 1,
  epilogue: { kind: 'none' },
  factor: 'stopped',
  random: noPlace,
});

/**
 * Remainder of a / b with the sign of b, or of a with `fmod` (C's fmod); ONNX Mod. By zero: NaN for floats, 0 for integers.
 */
export const mod = defineOp({
  name: 'mod',
  inputs: ['a', 'b'],
  attrs: { fmod: flag(false) },
  traits: ['elementwise', 'binary'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'narrow',
  error: { kind: 'remainder' },
  ulp: null,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer: ({ a, b }) => pairType('mod', a, b),
  evaluate({ a, b }, { fmod }, [type]) {
    const zero = isWide(a) ? (0n as unknown as number) : 0;
    const floored: Formula = (x, y) => {
      const rest = x % y;
      return rest !== zero && rest < zero !== y < zero ? rest + y : rest;
    };
    const integer = !isFloat(a.dtype);
    const formula: Formula = fmod ? (x, y) => x % y : floored;
    const guarded: Formula = integer && !isWide(a) ? (x, y) => (y === 0 ? 0 : formula(x, y)) : formula;
    return zip({ a, b, formula: guarded }, { activation: 'none', activation_params: [] }, type);
  },
});
