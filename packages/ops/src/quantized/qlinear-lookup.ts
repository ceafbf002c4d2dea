import { allocate, CompileError, type DType, type Tensor, type TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import { quantizedFacts } from './quantized-facts.ts';
import {
  type Affine,
  activationData,
  affineOf,
  type OutputQuant,
  outputAffine,
  outputQuantAttrs,
  quantizedTensor,
  quantizedType,
  type RoundedQuant,
} from './quantized-type.ts';
import { defaultRounding, ties } from './requantize.ts';

/** Table entries: one for each 8-bit value, or every 128th 16-bit value and one more. */
const entriesOf = (dtype: DType): number => (dtype === 'i16' ? 513 : 256);

/**
 * Any function of one 8-bit value as a table of 256 entries of the output's type: y = table[x + 128] for i8, table[x] for
 * u8. For i16 a table of 513 entries with linear interpolation, TFLite's 16-bit lookup: with k = x >> 7 and the 7 bits f
 * below, y = t[256 + k] + ((t[257 + k] - t[256 + k]) f + 64 >> 7).
 *
 * `lookupTable` computes tables in float32 as TFLite does where it is table based (LOGISTIC and TANH of 8 bits in the
 * generic kernels, LEAKY_RELU-like functions, ELU, GELU). Its reference kernels of LOGISTIC, TANH and HARD_SWISH compute
 * in fixed point instead; being functions of one byte they fit the same op with another table.
 */
export const qlinearLookup = defineOp({
  name: 'qlinear_lookup',
  inputs: ['x', 'table'],
  attrs: outputQuantAttrs,
  traits: ['elementwise', 'unary', 'integer'],
  ...quantizedFacts,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  infer({ x, table }, attrs) {
    affineOf(x, 'x');
    const entries = entriesOf(x.dtype);
    if (table.dtype !== attrs.y_dtype || table.shape.length !== 1 || table.shape[0] !== entries)
      throw new CompileError(
        'quant/table',
        `table expects ${attrs.y_dtype}[${entries}], found ${table.dtype}[${table.shape.join(',')}]`,
      );
    return quantizedType(x.shape, attrs);
  },
  evaluate({ x, table }, attrs, [type]) {
    const source = activationData(x);
    const entries = activationData(table);
    const data = allocate(attrs.y_dtype, source.length);
    const find = x.dtype === 'i16' ? interpolated(entries) : direct(entries, x.dtype === 'i8' ? 128 : 0);
    for (let i = 0; i < data.length; i++) data[i] = find(source[i] ?? 0);
    return quantizedTensor(type, x.shape, data);
  },
});

type Entries = ReturnType<typeof activationData>;

function direct(entries: Entries, offset: number): (v: number) => number {
  return (v) => entries[v + offset] ?? 0;
}

function interpolated(entries: Entries): (v: number) => number {
  return (v) => {
    const at = 256 + (v >> 7);
    const base = entries[at] ?? 0;
    return base + ((((entries[at + 1] ?? 0) - base) * (v & 127) + 64) >> 7);
  };
}

/** Rounded as in TFLite by default. */
type TableQuant = OutputQuant & Partial<RoundedQuant>;

/**
 * The table of `formula` for a quantised input and output, in float32: real = sx (v - zx), then
 * clamp(round(q) + zy) with q = f(real) (1 / sy) as TFLite's LUTPopulate, or q = f(real) / sy as ONNX if
 * rounding is `single`. For i16 the entries are at the multiples of 128.
 */
export function lookupTable(x: TensorType, attrs: TableQuant, formula: (real: number) => number): Tensor {
  return tableOfAll(x, attrs, (reals) => reals.map(formula));
}

/** The same with a formula that maps all values at once. */
export function tableOfAll(
  x: TensorType,
  attrs: TableQuant,
  formula: (reals: Float32Array) => Float32Array,
): Tensor {
  const [from, to] = [affineOf(x, 'x'), outputAffine(attrs)];
  const entries = entriesOf(x.dtype);
  const first = integerRange(x.dtype)[0];
  const step = x.dtype === 'i16' ? 128 : 1;
  const reals = Float32Array.from(
    { length: entries },
    (_, i) => from.scale * (first + i * step - from.zeroPoint),
  );
  const data = allocate(attrs.y_dtype, entries);
  formula(reals).forEach((y, i) => {
    data[i] = entryOf(y, to, attrs);
  });
  return { dtype: attrs.y_dtype, shape: [entries], data };
}

function entryOf(y: number, to: Affine, { y_dtype, rounding = defaultRounding }: TableQuant): number {
  const [low, high] = integerRange(y_dtype);
  const scaled = Math.fround(rounding === 'single' ? y / to.scale : y * Math.fround(1 / to.scale));
  return Math.min(Math.max(ties[rounding](scaled) + to.zeroPoint, low), high);
}
