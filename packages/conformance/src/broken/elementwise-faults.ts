import { isFloat, itemAt, type Tensor, toNumbers } from '@ghostc/ir';
import { type Fault, fittedTo, indexAlong, mapped, type Rows } from './broken-runtime.ts';
import { exp32, formula, input, output, toHalf, withAttrs } from './faults.ts';

const f32 = Math.fround;

const stores = { i32: Int32Array, u8: Uint8Array } as const;

/** Integers of a type computed in doubles and converted by `stored`. */
function throughDoubles(dtype: keyof typeof stores, stored: (value: number) => number): Fault {
  return (call) => {
    const [a, b] = call.inputs;
    if (a?.dtype !== dtype || !b) return undefined;
    const inputs = [a, b].map((x) => ({
      ...x,
      dtype: 'f64' as const,
      data: Float64Array.from(toNumbers(x)),
    }));
    const wide = itemAt(call.run({ inputs }), 0);
    return [{ ...wide, dtype, data: stores[dtype].from((wide.data as Float64Array).map((v) => stored(v))) }];
  };
}

export const functionRows: Rows = [
  [
    'softmax without the maximum',
    'softmax',
    (call) => {
      const [x] = call.inputs;
      const [y] = call.run();
      if (!x || !y) return undefined;
      const shifted = mapped(x, (v) => Math.min(v, 88.7));
      const overflows = Array.from(toNumbers(x), (v) => Number(v) > 88.7);
      return [
        mapped(itemAt(call.run({ inputs: [shifted] }), 0), (v, at) => (overflows[at] ? Number.NaN : v)),
      ];
    },
  ],
  ['sigmoid as e^x / (1 + e^x)', 'sigmoid', formula((x) => f32(exp32(x) / f32(1 + exp32(x))))],
  ['silu as x e^x / (1 + e^x)', 'silu', formula((x) => f32((x * exp32(x)) / (1 + exp32(x))))],
  ['tanh by e^2x', 'tanh', formula((x) => f32((exp32(2 * x) - 1) / (exp32(2 * x) + 1)))],
  ['softplus as log(1 + e^x)', 'softplus', formula((x) => f32(Math.log(f32(1 + exp32(x)))))],
  [
    'mish by e^2s',
    'tanh',
    (call) =>
      call.node.inputs[0]?.producer?.op === 'softplus'
        ? formula((x) => f32((exp32(2 * x) - 1) / (exp32(2 * x) + 1)))(call)
        : undefined,
  ],
  [
    'elu as alpha (e^x - 1) in f16',
    'elu',
    formula((x, { alpha }) => (x < 0 ? toHalf(Number(alpha) * (Math.exp(x) - 1)) : x)),
  ],
  [
    'erf by its first three terms, as of gelu',
    'erf',
    formula((x) => Math.max(-1, Math.min(1, (2 / Math.sqrt(Math.PI)) * (x - x ** 3 / 3 + x ** 5 / 10)))),
  ],
  ['erf by tanh', 'erf', formula((x) => Math.tanh(1.1283791 * x + 0.1009 * x ** 3))],
  ['exp limited to 88', 'exp', formula((x) => f32(Math.exp(Math.min(x, 88))))],
  ['exp of what is below -50 is NaN', 'exp', formula((x) => (x < -50 ? Number.NaN : f32(Math.exp(x))))],
  [
    'sigmoid by a table of 256',
    'sigmoid',
    formula((x) => 1 / (1 + Math.exp(-Math.round(Math.max(-8, Math.min(8, x)) * 16) / 16))),
  ],
  ['NaN lost through relu', 'relu', output((v) => (Number.isNaN(v) ? 0 : v))],
  [
    'NaN lost through clip',
    'clip',
    output((v, _, __, { attrs }) => (Number.isNaN(v) ? Number(attrs.min) : v)),
  ],
  [
    'NaN lost through maximum and minimum',
    'maximum|minimum',
    (call) => {
      const [, b] = call.inputs;
      const [y] = call.run();
      return y && b && b.shape.join() === y.shape.join()
        ? [mapped(y, (v, at) => (Number.isNaN(v) ? Number(toNumbers(b)[at]) : v))]
        : undefined;
    },
  ],
  ['NaN lost through max_pool', 'max_pool', output((v) => (Number.isNaN(v) ? 0 : v))],
  ['NaN lost through reductions', 'reduce_max|reduce_min', output((v) => (Number.isNaN(v) ? 0 : v))],
  [
    'NaN equal to NaN',
    'equal',
    (call) => {
      const [a, b] = call.inputs;
      return a && b && isFloat(a.dtype)
        ? call.run({ inputs: [a, b].map((x) => mapped(x, (v) => (Number.isNaN(v) ? 12345 : v))) })
        : undefined;
    },
  ],
  [
    'infinities become the largest number',
    'add|mul|neg|relu|exp',
    output((v, _, { dtype }) => (dtype === 'f32' ? Math.max(-3.4028234e38, Math.min(3.4028234e38, v)) : v)),
  ],
  ['0 times infinity is 0', 'mul', output((v, _, { dtype }) => (dtype === 'f32' && Number.isNaN(v) ? 0 : v))],
  ['-0 becomes 0', 'neg|ceil|round', output((v) => (v === 0 ? 0 : v))],
  ['halves rounded away', 'round', formula((x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5))],
  ['halves rounded up', 'round', formula((x) => Math.floor(x + 0.5))],
  ['truncation for rounding', 'round', formula(Math.trunc)],
  ['floor truncates', 'floor', formula(Math.trunc)],
  ['ceil adds one', 'ceil', formula((x) => Math.floor(x) + 1)],
  [
    'subnormal 16-bit floats flushed',
    'concat|transpose|slice|cast',
    output((v, _, { dtype }) => (dtype === 'f16' && Math.abs(v) < 2 ** -14 ? 0 : v)),
  ],
  [
    'numbers below 1e-20 flushed',
    'relu|abs|neg',
    output((v, _, { dtype }) => (dtype === 'f32' && Math.abs(v) < 1e-20 ? 0 : v)),
  ],
  ['f32 kept in f16', 'abs|sqrt|mul', output((v, _, { dtype }) => (dtype === 'f32' ? toHalf(v) : v))],
  [
    'alpha ignored',
    'leaky_relu|elu',
    withAttrs(({ alpha }, { node }) => ({ alpha: node.op === 'elu' ? 1 : alpha === 0.01 ? 0.01 : 0.01 })),
  ],
  ['beta ignored', 'hard_sigmoid', withAttrs(() => ({ beta: 0.5 }))],
  ['clip without a lower end', 'clip', withAttrs(() => ({ min: Number.NEGATIVE_INFINITY }))],
  ['sign of 0 is 1', 'sign', output((v) => (v === 0 ? 1 : v))],
];

export const operandRows: Rows = [
  [
    'broadcast along the last axis instead of the channel',
    'add|mul|sub',
    (call) => {
      const [a, b] = call.inputs;
      const [y] = call.run();
      if (
        !a ||
        !b ||
        !y ||
        b.data.length === y.data.length ||
        b.data.length < 2 ||
        y.data.length !== a.data.length
      )
        return undefined;
      return call.run({ inputs: [a, fittedTo(y.shape, { ...b, shape: y.shape, data: mappedTo(b, y) })] });
    },
  ],
  [
    'second operand never broadcast over the batch',
    'add|mul',
    output((v, at, { shape, data }, { inputs }) =>
      (inputs[1]?.data.length ?? 0) < data.length &&
      shape.length > 2 &&
      indexAlong(shape, 0, at) > 0 &&
      inputs[1]?.shape.length === shape.length
        ? 0
        : v,
    ),
  ],
  [
    'operands exchanged',
    'sub|div|less',
    (call) => {
      const [a, b] = call.inputs;
      return a?.shape.join() === b?.shape.join() ? call.run({ inputs: [b ?? null, a ?? null] }) : undefined;
    },
  ],
  [
    'integers saturate',
    'add|sub|mul',
    throughDoubles('i32', (v) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, v))),
  ],
  ['bytes saturate', 'add|sub|mul', throughDoubles('u8', (v) => Math.max(0, Math.min(255, v)))],
  ['products of i32 through float', 'mul', output((v, _, { dtype }) => (dtype === 'i32' ? f32(v) : v))],
  ['integer division rounds down', 'div', throughDoubles('i32', Math.floor)],
  [
    'remainder with the sign of the dividend',
    'mod',
    withAttrs((_, { inputs }) => ({ fmod: inputs[0]?.dtype !== 'f32' })),
  ],
  ['fmod ignored', 'mod', withAttrs(() => ({ fmod: false }))],
  [
    '64-bit integers as 32',
    'add|sub|mul|minimum|maximum',
    output((v, _, { dtype }) => (dtype === 'i64' ? v | 0 : v)),
  ],
  [
    'unsigned bytes compared as signed',
    'minimum|maximum',
    (call) => {
      const [a, b] = call.inputs;
      const signed = (x: Tensor): Tensor => ({
        ...x,
        dtype: 'i8',
        data: Int8Array.from(x.data as Uint8Array),
      });
      return a?.dtype === 'u8' && b
        ? call
            .run({ inputs: [signed(a), signed(b)] })
            .map((y) => ({ ...y, dtype: 'u8' as const, data: Uint8Array.from(y.data as Int8Array) }))
        : undefined;
    },
  ],
  [
    'float to integer rounds',
    'cast',
    (call) => {
      const [x] = call.inputs;
      return x && isFloat(x.dtype) && /^i/.test(String(call.attrs.to))
        ? call.run({ inputs: [mapped(x, Math.round)] })
        : undefined;
    },
  ],
  [
    'integers saturate in casts',
    'cast',
    (call) => {
      const [x] = call.inputs;
      return x?.dtype === 'i32' && call.attrs.to === 'i8'
        ? call.run({ inputs: [mapped(x, (v) => Math.max(-128, Math.min(127, v)))] })
        : undefined;
    },
  ],
  [
    'condition exchanged',
    'where',
    (call) => {
      const [c, a, b] = call.inputs;
      return a?.shape.join() === b?.shape.join()
        ? call.run({ inputs: [c ?? null, b ?? null, a ?? null] })
        : call.run({ inputs: [c && mapped(c, (v) => 1 - v), a ?? null, b ?? null] as (Tensor | null)[] });
    },
  ],
  ['prelu with the slope of the first channel', 'prelu', input(1, (_, __, b) => Number(toNumbers(b)[0]))],
  [
    'less or equal as less',
    'less_equal',
    (call) => {
      const [a, b] = call.inputs;
      return a && b && isFloat(a.dtype) ? call.run({ inputs: [mapped(a, (v) => v + 1e-6), b] }) : undefined;
    },
  ],
];

/** The elements of b, repeated, in the memory of y. */
function mappedTo(b: Tensor, y: Tensor): Tensor['data'] {
  const values = toNumbers(b);
  return mapped(y, (_, at) => Number(values[at % values.length])).data;
}
