import { type DType, fromNumbers, isFloat } from '@ghostc/ir';
import { type Attrs, float, int, text } from './attributes.ts';
import { type DrawRow, row } from './draw-op.ts';
import { allTypes, floatTypes, type ModelDraft, numericTypes, type Ref } from './model-draft.ts';

const unary = (op: string, { types = floatTypes, since = 7, attrs = () => ({}) }: Unary = {}): DrawRow =>
  row(op, (d) => d.add(op, [d.value({ dtypes: types })], attrs(d)), since);

interface Unary {
  readonly types?: readonly DType[];
  readonly since?: number;
  readonly attrs?: (d: ModelDraft) => Attrs;
}

/** Values of an attribute: none, small, zero, negative, large. */
const number = (d: ModelDraft): Attrs[string] => d.maybe(70, float(d.pick([0.3, 1, 0, -0.5, 2, 10])));

/** A shape that broadcasts against `shape`: axes left out, or of size 1, or with more axes in front. */
export function broadcastShape(d: ModelDraft, shape: readonly number[]): number[] {
  const cut = d.chance(30) ? shape.slice(d.between(0, shape.length)) : shape;
  const ones = cut.map((dim) => (d.chance(25) ? 1 : dim));
  return d.chance(10) && ones.length < 5 ? [d.pick([1, 2]), ...ones] : ones;
}

/** Two operands of one type that broadcast against each other. */
function operands(d: ModelDraft, dtypes: readonly DType[]): [Ref, Ref] {
  const a = d.value({ dtypes });
  const b = d.value({ dtypes: [a.dtype], shape: broadcastShape(d, a.shape) });
  return d.chance(50) ? [a, b] : [b, a];
}

const binary = (op: string, types: readonly DType[] = numericTypes, since = 7): DrawRow =>
  row(op, (d) => d.add(op, operands(d, types)), since);

/** A divisor without zeros where it is an integer: a processor may trap on those. */
function divisor(d: ModelDraft, dtype: DType, shape: readonly number[]): Ref {
  if (dtype.startsWith('f')) return d.value({ dtypes: [dtype], shape });
  const count = shape.reduce((a, b) => a * b, 1);
  const signs = dtype.startsWith('u') ? [1, 2, 3, 7] : [1, 2, 3, 7, -2, -3];
  return d.numbers(
    dtype,
    shape,
    Array.from({ length: count }, () => d.pick(signs)),
  );
}

function drawDiv(d: ModelDraft): void {
  const a = d.value({ dtypes: numericTypes });
  d.add('Div', [a, divisor(d, a.dtype, broadcastShape(d, a.shape))]);
}

/** Of values that are exact: a remainder jumps where a computed one is off by a rounding. */
function drawMod(d: ModelDraft): void {
  const dtype = d.pick(numericTypes);
  const float = dtype.startsWith('f');
  const shape = d.shape(0);
  const b = float ? d.fresh(dtype, broadcastShape(d, shape)) : divisor(d, dtype, broadcastShape(d, shape));
  d.add('Mod', [d.fresh(dtype, shape), b], { fmod: float ? int(1) : d.maybe(50, int(d.below(2))) });
}

function drawPow(d: ModelDraft): void {
  // powers of integers that overflow are undefined
  const dtypes: readonly DType[] = d.opset >= 12 ? ['f32', 'f32', 'f64', 'i32', 'i64'] : floatTypes;
  const whole = d.opset >= 12 && d.chance(40);
  const x = d.value({
    dtypes: dtypes.filter((type) => isFloat(type) !== whole),
    elements: whole ? (v) => Math.abs(v) < 1000 : undefined,
  });
  const dtype = d.opset >= 12 && d.chance(40) ? d.pick<DType>(['f32', 'f64', 'i32', 'i64']) : x.dtype;
  const shape = broadcastShape(d, x.shape);
  const special = d.style === 'special' ? [Infinity, -Infinity, Number.NaN] : [];
  const exponents = isFloat(x.dtype) ? [0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5, ...special] : [0, 1, 2, 3];
  const count = shape.reduce((a, b) => a * b, 1);
  const one = d.pick(exponents);
  const values = Array.from({ length: count }, () => (d.chance(50) ? one : d.pick(exponents)));
  d.add('Pow', [x, d.numbers(dtype, shape, dtype.startsWith('f') ? values : values.map(Math.trunc))]);
}

const variadic = (op: string, types: readonly DType[]): DrawRow =>
  row(op, (d) => {
    const first = d.value({ dtypes: types });
    const more = Array.from({ length: d.below(3) }, () =>
      d.value({ dtypes: [first.dtype], shape: broadcastShape(d, first.shape) }),
    );
    d.add(op, [first, ...more]);
  });

/** Without a bound ONNX Runtime limits infinities to the largest number; PyTorch and we do not. */
const bounded = (v: number): boolean => Math.abs(v) !== Infinity;

function drawClip(d: ModelDraft): void {
  if (d.opset < 11) {
    const attrs = {
      min: d.maybe(60, float(d.pick([-1, 0, 1]))),
      max: d.maybe(60, float(d.pick([6, 0.5, 1]))),
    };
    const elements = attrs.min && attrs.max ? undefined : bounded;
    d.add('Clip', [d.value({ dtypes: floatTypes, elements })], attrs);
    return;
  }
  const [low, high] = [d.chance(70), d.chance(70)];
  const elements = low && high ? undefined : bounded;
  const x = d.value({ dtypes: d.opset >= 12 ? numericTypes : floatTypes, elements });
  const limit = (values: readonly number[]): Ref => d.given(fromNumbers(x.dtype, [], [d.pick(values)]), 25);
  // ONNX Runtime ignores a bound of NaN; in PyTorch and NumPy the result is NaN then
  const special = x.dtype.startsWith('f') && d.chance(5) ? [-Infinity] : [];
  const least = low ? limit([0, 1, 2, ...special]) : null;
  d.add('Clip', [x, least, high ? limit([6, 3, 1, 0, ...special]) : null]);
}

function drawPrelu(d: ModelDraft): void {
  const x = d.value({ dtypes: d.opset >= 9 ? [...floatTypes, 'i32', 'i64'] : floatTypes, minRank: 1 });
  const channels = [x.shape[1] ?? 1, ...x.shape.slice(2).map(() => 1)];
  const shape = d.pick([channels, [1], x.shape, [1, ...x.shape.slice(1)], x.shape.slice(-1)]);
  d.add('PRelu', [x, d.value({ dtypes: [x.dtype], shape })]);
}

/** Of angles that float32 still tells apart. */
const circular = (op: string): DrawRow =>
  row(op, (d) =>
    d.add(op, [d.value({ dtypes: ['f32', 'f32', 'f64'], elements: (v) => Math.abs(v) < 1000 })]),
  );

function drawWhere(d: ModelDraft): void {
  const [a, b] = operands(d, allTypes);
  d.add('Where', [d.value({ dtypes: ['bool'], shape: broadcastShape(d, a.shape) }), a, b]);
}

const equalTypes: readonly DType[] = ['f32', 'f32', 'f16', 'f64', 'i32', 'i64', 'i8', 'u8', 'bool'];

export const elementwiseRows: readonly DrawRow[] = [
  unary('Abs', { types: numericTypes }),
  unary('Atan', { types: ['f32'] }),
  unary('Ceil'),
  unary('Celu', { since: 12, attrs: (d) => ({ alpha: d.maybe(70, float(d.pick([0.3, 1, 2, 10]))) }) }),
  circular('Cos'),
  unary('Elu', { attrs: (d) => ({ alpha: number(d) }) }),
  unary('Erf', { since: 9 }),
  unary('Exp'),
  unary('Floor'),
  // ONNX Runtime has the constants of float64 in float32
  unary('Gelu', {
    since: 20,
    types: ['f32', 'f32', 'f16'],
    attrs: (d) => ({ approximate: d.maybe(70, text(d.pick(['none', 'tanh']))) }),
  }),
  unary('HardSigmoid', { attrs: (d) => ({ alpha: number(d), beta: number(d) }) }),
  // ONNX Runtime computes it of float64 with a float32 sixth
  unary('HardSwish', { since: 14, types: ['f32', 'f16'] }),
  unary('Identity', { types: allTypes }),
  unary('IsNaN', { since: 9 }),
  unary('LeakyRelu', { attrs: (d) => ({ alpha: number(d) }) }),
  unary('Log'),
  unary('Mish', { since: 18 }),
  unary('Neg', { types: ['f32', 'f32', 'f16', 'f64', 'i8', 'i16', 'i32', 'i64'] }),
  unary('Not', { types: ['bool'] }),
  unary('Reciprocal'),
  unary('Relu', { types: ['f32', 'f32', 'f16', 'f64', 'i32', 'i64', 'i8', 'i16'] }),
  unary('Round', { since: 11 }),
  unary('Selu', { attrs: (d) => ({ alpha: number(d), gamma: number(d) }) }),
  // ONNX Runtime computes other types in float32
  unary('Shrink', {
    since: 9,
    types: ['f32', 'f32', 'f16', 'i8', 'u8', 'i16'],
    attrs: (d) => ({ lambd: d.maybe(70, float(d.pick([0.5, 0, 1, 2]))), bias: number(d) }),
  }),
  unary('Sigmoid'),
  unary('Sign', { since: 9, types: numericTypes }),
  circular('Sin'),
  unary('Softplus'),
  unary('Softsign'),
  unary('Sqrt'),
  unary('Swish', { since: 24, attrs: (d) => ({ alpha: number(d) }) }),
  unary('Tanh'),
  unary('ThresholdedRelu', { since: 10, attrs: (d) => ({ alpha: number(d) }) }),
  binary('Add'),
  binary('And', ['bool']),
  binary('Equal', equalTypes),
  binary('Greater'),
  binary('GreaterOrEqual', numericTypes, 12),
  binary('Less'),
  binary('LessOrEqual', numericTypes, 12),
  binary('Mul'),
  binary('Or', ['bool']),
  binary('Sub'),
  binary('Xor', ['bool']),
  row('Div', drawDiv),
  row('Mod', drawMod, 10),
  row('Pow', drawPow),
  variadic('Max', numericTypes),
  variadic('Mean', floatTypes),
  variadic('Min', numericTypes),
  variadic('Sum', floatTypes),
  row('Clip', drawClip),
  row('PRelu', drawPrelu),
  row('Where', drawWhere, 9),
];
