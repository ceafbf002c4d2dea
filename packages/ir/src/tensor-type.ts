import { CompileError } from './compile-error.ts';
import { type Dim, isBareDim } from './dim.ts';
import type { DType } from './dtype.ts';
import { formatNumber } from './format-number.ts';
import { type Shape, sameShape } from './shape.ts';

/**
 * Affine quantisation as TFLite specifies it: `real = scale * (quantised - zeroPoint)`.
 * One entry per tensor, or one per slice along `axis`.
 */
export interface QuantParams {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  /** Absent for per-tensor quantisation. */
  readonly axis?: number | undefined;
}

/** The type of a value. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly quant?: QuantParams | undefined;
  /**
   * A type of the source format that is not a tensor (strings, a sequence), in the format's notation; empty
   * if unknown. Only nodes kept from the source read such values; `dtype` and `shape` are then meaningless.
   */
  readonly opaque?: string | undefined;
}

/** A type that is not a tensor. */
export function opaqueType(words = ''): TensorType {
  return { dtype: 'u8', shape: [0], opaque: words };
}

/** The quantisation of a type that must have one; throws `quant/missing` if it has none. */
export function quantOf(type: TensorType): QuantParams {
  if (type.quant) return type.quant;
  throw new CompileError('quant/missing', `expected a quantised type, found ${formatType(type)}`);
}

/** Whether element type, shape and quantisation are equal. */
export function sameType(a: TensorType, b: TensorType): boolean {
  return (
    a.dtype === b.dtype &&
    sameShape(a.shape, b.shape) &&
    formatQuant(a.quant) === formatQuant(b.quant) &&
    a.opaque === b.opaque
  );
}

/** `f32[1,16,8,8]`, `i8[4] quant(0.05:-3)`, `i8[2,3] quant(axis=0, 0.1:0, 0.2:0)`, `opaque "..."`. */
export function formatType({ dtype, shape, quant, opaque }: TensorType): string {
  if (opaque !== undefined) return `opaque ${JSON.stringify(opaque)}`;
  return `${dtype}[${shape.map(formatDim).join(',')}]${quant ? ` ${formatQuant(quant)}` : ''}`;
}

/** Quotes symbolic text that needs it (`floor(h/2) + 1`, with spaces). */
function formatDim(dim: Dim): string {
  return typeof dim === 'number' || isBareDim(dim) ? String(dim) : JSON.stringify(dim);
}

function formatQuant(quant: QuantParams | undefined): string {
  if (!quant) return '';
  const pairs = quant.scale.map(
    (scale, i) => `${formatNumber(scale)}:${formatNumber(quant.zeroPoint[i] ?? 0)}`,
  );
  return `quant(${[...(quant.axis === undefined ? [] : [`axis=${quant.axis}`]), ...pairs].join(', ')})`;
}
