import {
  addDim,
  type Dim,
  type DType,
  floorDivDim,
  fromNumbers,
  isFloat,
  isStatic,
  mulDim,
  type Tensor,
  toNumbers,
} from '@ghostc/ir';

/** A small vector or scalar that the reader computes itself: shapes, sizes, axes. Elements may be symbolic dimensions. */
export interface ShapeValue {
  readonly elements: readonly Dim[];
  readonly scalar: boolean;
  readonly dtype: DType;
}

/** Longer vectors are data, not shapes. */
const MAX_ELEMENTS = 64;

/** A constant tensor of rank 0 or 1 as a shape value; undefined for larger ones. */
export function shapeValueOf(tensor: Tensor): ShapeValue | undefined {
  if (tensor.shape.length > 1 || tensor.data.length > MAX_ELEMENTS) return undefined;
  const { dtype } = tensor;
  const elements = Array.from(toNumbers(tensor), (value) => (isFloat(dtype) ? value : saturated(value)));
  return { elements, scalar: tensor.shape.length === 0, dtype };
}

const LIMIT = Number.MAX_SAFE_INTEGER;

/** The largest integer up to which a double is exact: int64 goes further. */
export function saturated(integer: number): number {
  return Math.min(Math.max(integer, -LIMIT), LIMIT);
}

/** Whether an element represents all integers beyond it: usable as a bound, not in arithmetic. */
export function isSaturated({ elements, dtype }: ShapeValue): boolean {
  return !isFloat(dtype) && elements.some((element) => isStatic(element) && Math.abs(element) >= LIMIT);
}

/** The tensor, if every element is known exactly. */
export function tensorOf(value: ShapeValue): Tensor | undefined {
  const { elements, scalar, dtype } = value;
  if (!elements.every(isStatic) || isSaturated(value)) return undefined;
  return fromNumbers(dtype, scalar ? [] : [elements.length], elements);
}

/** Types that shapes are computed in; other small constants are data, with their own rounding. */
const shapeTypes: ReadonlySet<DType> = new Set(['i32', 'i64', 'f32']);

/** Undefined if text cannot express it: for two symbols. */
type Binary = (a: Dim, b: Dim, dtype: DType) => Dim | undefined;

const arithmetic: Readonly<Record<string, Binary>> = {
  Add: (a, b) => (isStatic(b) ? addDim(a, b) : isStatic(a) ? addDim(b, a) : undefined),
  Sub: (a, b) => (isStatic(b) ? addDim(a, -b) : a === b ? 0 : undefined),
  Mul: (a, b) => (isStatic(b) ? mulDim(a, b) : isStatic(a) ? mulDim(b, a) : undefined),
  Div: (a, b, dtype) =>
    isStatic(a) && isStatic(b)
      ? quotient(a, b, dtype)
      : a === b
        ? 1
        : isStatic(b) && !isFloat(dtype)
          ? floorDivDim(a, b)
          : undefined,
};

/**
 * Element by element, with scalars and single elements repeated; `unknown` creates a symbol for what text
 * cannot express.
 */
export function combine(
  op: string,
  [a, b]: readonly [ShapeValue, ShapeValue],
  unknown: () => Dim,
): ShapeValue | undefined {
  const formula = arithmetic[op];
  if (!formula || a.dtype !== b.dtype || !shapeTypes.has(a.dtype)) return undefined;
  if (isSaturated(a) || isSaturated(b)) return undefined;
  if (a.elements.length !== b.elements.length && a.elements.length !== 1 && b.elements.length !== 1)
    return undefined;
  const length = Math.max(a.elements.length, b.elements.length);
  const pick = (value: ShapeValue, i: number): Dim =>
    value.elements[value.elements.length === 1 ? 0 : i] ?? 0;
  const elements = Array.from({ length }, (_, i) => exactly(formula, [pick(a, i), pick(b, i)], a.dtype));
  // a separate integer, so that neighbouring elements stay known
  const named = elements.map((element) => element ?? (isFloat(a.dtype) ? undefined : unknown()));
  if (!named.every((element) => element !== undefined)) return undefined;
  return {
    elements: named.map((element) => rounded(element, a.dtype)),
    scalar: a.scalar && b.scalar,
    dtype: a.dtype,
  };
}

/** Symbolic text holds integers only. */
function exactly(formula: Binary, [a, b]: readonly [Dim, Dim], dtype: DType): Dim | undefined {
  const numbers = [a, b].filter(isStatic);
  if (numbers.length < 2 && !numbers.every(Number.isInteger)) return undefined;
  return formula(a, b, dtype);
}

/** Converts to another element type; floats to integers truncate. */
export function castTo(value: ShapeValue, dtype: DType): ShapeValue | undefined {
  if (isSaturated(value)) return undefined;
  const convert = (element: Dim): Dim =>
    isStatic(element) && !isFloat(dtype) ? Math.trunc(element) : rounded(element, dtype);
  return { ...value, dtype, elements: value.elements.map(convert) };
}

/** Applies a rounding function; symbolic elements are integers already. */
export function mapStatic(value: ShapeValue, formula: (x: number) => number): ShapeValue {
  return {
    ...value,
    elements: value.elements.map((element) => (isStatic(element) ? formula(element) : element)),
  };
}

function quotient(a: number, b: number, dtype: DType): number {
  return isFloat(dtype) ? a / b : b === 0 ? 0 : Math.trunc(a / b);
}

function rounded(element: Dim, dtype: DType): Dim {
  return isStatic(element) && dtype === 'f32' ? Math.fround(element) : element;
}
