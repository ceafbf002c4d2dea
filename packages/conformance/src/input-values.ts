import {
  byteSize,
  fromNumbers,
  isFloat,
  itemAt,
  mulberry32,
  numElements,
  randomTensor,
  staticShape,
  type Tensor,
  type TensorType,
} from '@ghostc/ir';

/** The element at index `at`; `turn` distinguishes the inputs of one case. */
type Draw = (at: number, next: () => number, turn?: number) => number;

/** Positions of rare values, far enough apart for most windows and rows to have none. */
const RARE = 61;

/** Operands hold special values at the same positions, but different values. */
const TURN = 3;

const special = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1e-30,
  -1e-30,
  1e30,
  -1e30,
  0.5,
  -0.5,
] as const;

/** Beyond these exp leaves float32: e^88 is finite, e^89 is not. At 17, 1 + e^-x is 1. */
const steep = [88, -88, 89, -89, 17, -17, 10_000, -10_000, 0.001, -3, 3, 700, -700] as const;

const pick = <T>(list: readonly T[], at: number): T => itemAt(list, at % list.length);
const unit = (_: number, next: () => number): number => next() * 2 - 1;

const draws = {
  /** Multiples of a quarter to 6: ties of every rounding, equal elements, the knees of relu6 and hard_sigmoid. */
  ties: (_, next) => (Math.floor(next() * 49) - 24) / 4,
  /** Every other one NaN, an infinity, a zero of either sign, large or small. */
  special: (at, next, turn = 0) => (at % 2 === 0 ? pick(special, at / 2 + turn) : unit(at, next)),
  /** The same, in few places: a window or a row has one or none. */
  rare: (at, next, turn = 0) =>
    at % RARE === 7 ? pick(special, Math.floor(at / RARE) + turn) : unit(at, next),
  /** The same without NaN. */
  infinities: (at, next) =>
    at % RARE === 7 ? pick(special.slice(1), Math.floor(at / RARE)) : unit(at, next),
  /** Below the smallest normal number, where a device may flush, and next to it. */
  subnormal: (at, next) => (at % 2 ? 1e-39 : 2e-38) * unit(at, next),
  /** 1e-4 to 1e4 of both signs. */
  wide: (_, next) => (next() < 0.5 ? -1 : 1) * 10 ** (next() * 8 - 4),
  steep: (at, next) => (at % 2 === 0 ? pick(steep, at / 2) : 8 * unit(at, next)),
  /** Every third element is much larger than the others. */
  cliffs: (at, next) => (at % 3 === 0 ? 100 : 1) * unit(at, next),
  positive: (_, next) => 0.5 + next(),
  /** One in sixteen is non-zero, including both ends, so that the bound of a long sum is tight. */
  sparse: (at, next) => (at % 16 === 0 || at % 16 === 15 || next() < 0.02 ? unit(at, next) : 0),
  /** All of one sign, so that a sum grows. */
  growing: (_, next) => 0.75 + next() / 2,
  /** The smallest 16-bit floats, and numbers that round to them. */
  small: (_, next) => 6e-5 * (next() * 2 - 1),
} satisfies Readonly<Record<string, Draw>>;

/**
 * The contents of a case's inputs. `uniform`: floats in [-1, 1), small integers. `extremes`: both ends of an
 * integer type, and numbers near 0. The others are for floats; integers then use `uniform`.
 */
export type InputValues = 'uniform' | 'extremes' | keyof typeof draws;

/** How an input is filled: it is number `input` of the model. */
export interface Filling {
  readonly seed: number;
  readonly input?: number;
  readonly values?: InputValues | undefined;
}

/** Seeded values of a kind, the same on every machine. The shape must be fixed. */
export function inputTensor(type: TensorType, { seed, input = 0, values = 'uniform' }: Filling): Tensor {
  if (values === 'uniform' || type.dtype === 'bool' || type.quant) return randomTensor(type, seed);
  if (values === 'extremes') return isFloat(type.dtype) ? randomTensor(type, seed) : extremes(type, seed);
  if (!isFloat(type.dtype)) return values === 'ties' ? fewIntegers(type, seed) : randomTensor(type, seed);
  const [draw, next] = [draws[values], mulberry32(seed)];
  return filled(type, (at) => draw(at, next, TURN * input));
}

/**
 * Ends of the type, so that sums and products wrap; every second element is drawn from the type's lower 31
 * bits.
 */
function extremes(type: TensorType, seed: number): Tensor {
  const bits = 8 * byteSize(type.dtype);
  const signed = type.dtype.startsWith('i');
  const [low, high] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  const ends = [low, high, low + 1, high - 1, 1, signed ? -1 : 3, 2, signed ? -7 : 7];
  const next = mulberry32(seed);
  const span = 2 ** Math.min(bits, 31);
  return filled(type, () =>
    next() < 0.5
      ? pick(ends, Math.floor(next() * ends.length))
      : Math.floor(next() * span) - (signed ? span / 2 : 0),
  );
}

function fewIntegers(type: TensorType, seed: number): Tensor {
  const next = mulberry32(seed);
  const low = type.dtype.startsWith('i') ? -3 : 0;
  return filled(type, () => Math.floor(next() * 7) + low);
}

function filled({ dtype, shape }: TensorType, value: (at: number) => number): Tensor {
  const fixed = staticShape(shape);
  return fromNumbers(
    dtype,
    fixed,
    Float64Array.from({ length: numElements(fixed) }, (_, at) => value(at)),
  );
}
