import { type Attrs, isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { type BrokenEngine, type Call, type Fault, fittedTo, indexAlong, mapped } from './broken-runtime.ts';
import {
  accumulated,
  exp32,
  formula,
  input,
  output,
  padsTurned,
  planeUnwritten,
  swapped,
  termsUnread,
  toBrain,
  toHalf,
  toTensorFloat,
  unwritten,
  withAttrs,
  withoutIndex,
  withoutTerms,
} from './faults.ts';

type Rows = readonly (readonly [name: string, ops: string, fault: Fault])[];

const convolutions = 'conv2d|depthwise_conv2d';
const pools = 'average_pool|max_pool';
const products = 'fully_connected|matmul';
const sums = 'reduce_sum|reduce_mean';
const f32 = Math.fround;

/** The kernel of a convolution read by columns. */
const kernelTurned: Fault = input(1, (v, at, w) => {
  const [h = 1, k = 1] = w.shape.slice(-2);
  const inPlane = at % (h * k);
  const [row, column] = [Math.floor(inPlane / k), inPlane % k];
  return Number(toNumbers(w)[at - inPlane + column * h + row] ?? v);
});

const windowRows: Rows = [
  ...[convolutions, pools].flatMap((ops) =>
    ['pads', 'strides', 'dilations'].map((name): Rows[number] => [
      `height and width of ${name} exchanged, ${ops}`,
      ops,
      swapped(name),
    ]),
  ),
  ['pads at the end taken at the start, convolutions', convolutions, padsTurned],
  ['pads at the end taken at the start, pools', pools, padsTurned],
  ['kernel of a pool turned', pools, swapped('kernel_shape')],
  ['kernel of a convolution read by columns', convolutions, kernelTurned],
  [
    'stride of the rows for both axes',
    convolutions,
    withAttrs(({ strides }) => ({ strides: [(strides as number[])[0] ?? 1, (strides as number[])[0] ?? 1] })),
  ],
  [
    'dilation of the rows for both axes',
    convolutions,
    withAttrs(({ dilations }) => ({
      dilations: [(dilations as number[])[0] ?? 1, (dilations as number[])[0] ?? 1],
    })),
  ],
  ['dilation ignored, max_pool', 'max_pool', withAttrs(() => ({ dilations: [1, 1] }))],
  ['ceil_mode ignored', pools, withAttrs(() => ({ ceil_mode: false }))],
  ['count_include_pad ignored', 'average_pool', withAttrs(() => ({ count_include_pad: false }))],
  ['padding always counted', 'average_pool', withAttrs(() => ({ count_include_pad: true }))],
  [
    'padding of a maximum is 0',
    'max_pool',
    output((v, at, y, { attrs }) =>
      (attrs.pads as number[]).some(Boolean) && at % (y.shape.at(-1) ?? 1) === 0 ? Math.max(v, 0) : v,
    ),
  ],
  ['maximum starts at 0', 'max_pool|reduce_max', output((v) => Math.max(v, 0))],
  [
    'maximum starts at the smallest normal number',
    'max_pool',
    output((v) => (Number.isNaN(v) ? v : Math.max(v, 2 ** -126))),
  ],
  [
    'a line as a column',
    convolutions,
    (call) => (call.inputs[0]?.shape.length === 3 ? swapped('strides')(call) : undefined),
  ],
];

const blockRows: Rows = [
  ...[4, 8, 16, 32, 64].map((block): Rows[number] => [
    `channels behind blocks of ${block} unwritten`,
    'conv2d',
    unwritten(1, block),
  ]),
  ...[4, 8, 16].map((block): Rows[number] => [
    `pixels behind blocks of ${block} unwritten`,
    convolutions,
    planeUnwritten(block),
  ]),
  ...[4, 8, 16, 32, 64].map((block): Rows[number] => [
    `terms behind blocks of ${block} unread, products`,
    products,
    termsUnread(block),
  ]),
  ...[8, 32].map((block): Rows[number] => [
    `terms behind blocks of ${block} unread, conv2d`,
    'conv2d',
    termsUnread(block),
  ]),
  ...[4, 16, 64].map((block): Rows[number] => [
    `columns behind blocks of ${block} unwritten`,
    products,
    unwritten(-1, block),
  ]),
  ['rows behind blocks of 4 unwritten', products, unwritten(-2, 4)],
  ['channels behind blocks of 32 unwritten, depthwise', 'depthwise_conv2d', unwritten(1, 32)],
  [
    'channels beyond 512 unwritten',
    'conv2d',
    output((v, at, { shape }) => (indexAlong(shape, 1, at) >= 512 ? 0 : v)),
  ],
  [
    'elements behind blocks of 4 unwritten, functions',
    'relu|sigmoid|exp',
    output((v, at, { data }) => (data.length > 4 && at >= data.length - (data.length % 4) ? 0 : v)),
  ],
  [
    'elements behind blocks of 4 unwritten, sums',
    'add|mul|sub',
    output((v, at, { data }) => (data.length > 4 && at >= data.length - (data.length % 4) ? 0 : v)),
  ],
  [
    'softmax over 1,000 at most',
    'softmax',
    output((v, at, { shape }, { attrs }) =>
      indexAlong(shape, (Number(attrs.axis) + shape.length) % shape.length, at) >= 1000 ? 0 : v,
    ),
  ],
  [
    'softmax without what is behind blocks of 4',
    'softmax',
    withoutIndex((i, size) => size > 4 && i >= size - (size % 4), Number.NEGATIVE_INFINITY),
  ],
  [
    'mean without what is behind blocks of 64',
    sums,
    withoutIndex((i, size) => size > 64 && i >= size - (size % 64), 0),
  ],
  [
    'mean of a plane without what is behind blocks of 16',
    'global_average_pool',
    input(0, (v, at, { shape }) => {
      const plane = (shape.at(-1) ?? 1) * (shape.length > 3 ? (shape.at(-2) ?? 1) : 1);
      return plane > 16 && at % plane >= plane - (plane % 16) ? 0 : v;
    }),
  ],
];

const sumRows: Rows = [
  ['sum ends one short, products', products, withoutTerms((term, count) => count > 1 && term === count - 1)],
  ['sum starts one late, products', products, withoutTerms((term, count) => count > 1 && term === 0)],
  [
    'sum ends one short, convolutions',
    convolutions,
    withoutTerms((term, count) => count > 1 && term === count - 1),
  ],
  [
    'sum ends one short only where K is beyond 900',
    products,
    withoutTerms((term, count) => count > 900 && term === count - 1),
  ],
  [
    'sum ends one short only where K is beyond 4,000',
    `conv2d|${products}`,
    withoutTerms((term, count) => count > 4000 && term === count - 1),
  ],
  ['sum ends one short, reductions', sums, withoutIndex((i, size) => i === size - 1, 0)],
  ['sum starts one late, reductions', sums, withoutIndex((i) => i === 0, 0)],
  [
    'maximum without the last',
    'reduce_max',
    withoutIndex((i, size) => i === size - 1, Number.NEGATIVE_INFINITY),
  ],
  ['minimum without the first', 'reduce_min', withoutIndex((i) => i === 0, Number.POSITIVE_INFINITY)],
  ['product without the last', 'reduce_prod', withoutIndex((i, size) => i === size - 1, 1)],
  ['K beyond 2,048 unread', `conv2d|${products}`, withoutTerms((term) => term >= 2048)],
  ['K beyond 512 unread', `conv2d|${products}`, withoutTerms((term) => term >= 512)],
  [
    'inputs as TF32, products',
    products,
    input(-1, (v, _, { dtype }) => (dtype === 'f32' ? toTensorFloat(v) : v)),
  ],
  [
    'inputs as TF32 where K is beyond 900',
    products,
    (call) =>
      (call.inputs[0]?.shape.at(-1) ?? 0) > 900
        ? input(-1, (v, _, { dtype }) => (dtype === 'f32' ? toTensorFloat(v) : v))(call)
        : undefined,
  ],
  [
    'inputs as TF32, convolutions',
    convolutions,
    input(-1, (v, _, { dtype }) => (dtype === 'f32' ? toTensorFloat(v) : v)),
  ],
  ['weights as bfloat16, convolutions', convolutions, input(1, (v) => toBrain(v))],
  ['weights as f16, convolutions', convolutions, input(1, (v) => toHalf(v))],
  ['sums in f16', products, accumulated(toHalf)],
  ['sums in bfloat16', products, accumulated(toBrain)],
  [
    'sums of f16 in f16, long ones',
    products,
    (call) => {
      const [y] = call.run();
      return y && y.dtype === 'f16' ? [halfSums(call, y)] : undefined;
    },
  ],
  [
    'bias dropped',
    `${convolutions}|fully_connected`,
    (call) =>
      call.inputs[2] ? call.run({ inputs: call.inputs.map((x, i) => (i === 2 ? null : x)) }) : undefined,
  ],
  [
    'bias of the first channel for all',
    `${convolutions}|fully_connected`,
    input(2, (_, __, b) => Number(toNumbers(b)[0])),
  ],
];

/** A matrix product of 16-bit floats that rounds each partial sum. */
function halfSums({ inputs }: Call, y: Tensor): Tensor {
  const [a, b] = inputs as [Tensor, Tensor];
  const [left, right] = [toNumbers(a), toNumbers(b)];
  const [inner, columns] = [a.shape.at(-1) ?? 1, y.shape.at(-1) ?? 1];
  const by = b.shape[0] === inner ? [columns, 1] : [1, inner];
  return mapped(y, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum = toHalf(sum + Number(left[i * inner + k]) * Number(right[k * (by[0] ?? 1) + j * (by[1] ?? 1)]));
    return sum;
  });
}

const functionRows: Rows = [
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
        mapped(call.run({ inputs: [shifted] })[0] as Tensor, (v, at) => (overflows[at] ? Number.NaN : v)),
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

const operandRows: Rows = [
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
    (call) => {
      const [a, b] = call.inputs;
      if (a?.dtype !== 'i32' || !b) return undefined;
      const wide = call.run({
        inputs: [a, b].map((x) => ({ ...x, dtype: 'f64' as const, data: Float64Array.from(toNumbers(x)) })),
      })[0] as Tensor;
      return [
        {
          ...wide,
          dtype: 'i32',
          data: Int32Array.from(wide.data as Float64Array, (v) =>
            Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, v)),
          ),
        },
      ];
    },
  ],
  [
    'bytes saturate',
    'add|sub|mul',
    (call) => {
      const [a, b] = call.inputs;
      if (a?.dtype !== 'u8' || !b) return undefined;
      const wide = call.run({
        inputs: [a, b].map((x) => ({ ...x, dtype: 'f64' as const, data: Float64Array.from(toNumbers(x)) })),
      })[0] as Tensor;
      return [
        {
          ...wide,
          dtype: 'u8',
          data: Uint8Array.from(wide.data as Float64Array, (v) => Math.max(0, Math.min(255, v))),
        },
      ];
    },
  ],
  ['products of i32 through float', 'mul', output((v, _, { dtype }) => (dtype === 'i32' ? f32(v) : v))],
  [
    'integer division rounds down',
    'div',
    (call) => {
      const [a, b] = call.inputs;
      if (a?.dtype !== 'i32' || !b) return undefined;
      const wide = call.run({
        inputs: [a, b].map((x) => ({ ...x, dtype: 'f64' as const, data: Float64Array.from(toNumbers(x)) })),
      })[0] as Tensor;
      return [{ ...wide, dtype: 'i32', data: Int32Array.from(wide.data as Float64Array, Math.floor) }];
    },
  ],
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

/** The elements of b, again and again, in the memory of y. */
function mappedTo(b: Tensor, y: Tensor): Tensor['data'] {
  const values = toNumbers(b);
  return mapped(y, (_, at) => Number(values[at % values.length])).data;
}

const axisRows: Rows = [
  [
    'axis 0 taken for axis 1',
    'softmax|arg_max|concat|reduce_sum|reduce_mean',
    (call) => (call.attrs.axis === 0 || String(call.attrs.axes) === '0' ? axisTo(1, call) : undefined),
  ],
  [
    'axis -1 taken for axis 1',
    'softmax|reduce_sum|reduce_max|arg_max',
    (call) => (call.attrs.axis === -1 || String(call.attrs.axes) === '-1' ? axisTo(1, call) : undefined),
  ],
  ['softmax always along the last axis', 'softmax', withAttrs(() => ({ axis: -1 }))],
  [
    'gather always along axis 0',
    'gather',
    (call) => {
      const [x, i] = call.inputs;
      return call.attrs.axis !== 0 && x && i ? call.run().map((y) => fittedTo(y.shape, { ...x })) : undefined;
    },
  ],
  ['gather without indices from the end', 'gather|gather_elements', input(1, (v) => Math.max(v, 0))],
  [
    'reductions of the first of their axes',
    'reduce_sum|reduce_mean',
    withAttrs(({ axes }) => ({ axes: (axes as number[]).slice(0, 1) })),
  ],
  [
    'mean divides by the whole',
    'reduce_mean',
    output(
      (v, _, y, { inputs }) =>
        ((v * (inputs[0]?.data.length ?? 1)) / y.data.length / (inputs[0]?.data.length ?? 1)) *
        (y.data.length > 1 ? 1 : y.data.length),
    ),
  ],
  ['argmax takes the last of equals', 'arg_max|arg_min', withAttrs(() => ({ select_last_index: true }))],
  ['select_last_index ignored', 'arg_max|arg_min', withAttrs(() => ({ select_last_index: false }))],
  [
    'keepdims always',
    'reduce_sum|reduce_mean|reduce_max|arg_max',
    (call) => call.run({ attrs: { ...call.attrs, keepdims: true } }),
  ],
  [
    'top_k takes the last of equals',
    'top_k',
    (call) => {
      const [y, i] = call.run();
      return y && i
        ? [
            y,
            mapped(i, (v, at) => {
              const values = toNumbers(y);
              return values[at] === values[at + 1] ? Number(toNumbers(i)[at + 1]) : v;
            }),
          ]
        : undefined;
    },
  ],
  ['top_k always the largest', 'top_k', withAttrs(() => ({ largest: true }))],
  [
    'transpose by the inverse permutation',
    'transpose',
    withAttrs(({ perm }) => ({ perm: (perm as number[]).map((_, i) => (perm as number[]).indexOf(i)) })),
  ],
  ['slice without steps', 'slice', withAttrs(({ steps }) => ({ steps: (steps as number[]).map(Math.sign) }))],
  [
    'pads of the last axis alone',
    'pad',
    withAttrs(({ pads }) => ({
      pads: (pads as number[]).map((p, i) => ((i + 1) % ((pads as number[]).length / 2) ? 0 : p)),
    })),
  ],
  ['pad value ignored', 'pad', withAttrs(() => ({ value: 0 }))],
  [
    'reflection repeats the edge',
    'pad',
    withAttrs(({ mode }) => ({ mode: mode === 'reflect' ? 'edge' : (mode ?? 'constant') })),
  ],
  [
    'resize with height and width exchanged',
    'resize',
    (call) => {
      const [x] = call.inputs;
      const sizes = call.attrs.sizes as number[];
      return x && sizes.length === 4
        ? withAttrs(() => ({ sizes: [sizes[0] ?? 1, sizes[1] ?? 1, sizes[3] ?? 1, sizes[2] ?? 1] }))(call)
        : undefined;
    },
  ],
  ['half pixels ignored', 'resize', withAttrs(() => ({ coordinate_transformation_mode: 'asymmetric' }))],
  [
    'halves of resize rounded up',
    'resize',
    withAttrs(({ nearest_mode }) => ({
      nearest_mode: nearest_mode === 'round_prefer_floor' ? 'round_prefer_ceil' : (nearest_mode ?? 'floor'),
    })),
  ],
  [
    'concat with the first part twice',
    'concat',
    (call) =>
      call.inputs[0]?.shape.join() === call.inputs[1]?.shape.join()
        ? call.run({ inputs: call.inputs.map((x, i) => (i === 1 ? (call.inputs[0] ?? null) : x)) })
        : undefined,
  ],
  ['scatter adds always', 'scatter_nd', withAttrs(() => ({ reduction: 'add' }))],
];

function axisTo(axis: number, call: Call): readonly Tensor[] | undefined {
  if ((call.inputs[0]?.shape.length ?? 0) <= axis) return undefined;
  return withAttrs(({ axes }): Attrs => (axes ? { axes: [axis] } : { axis }))(call);
}

const layerRows: Rows = [
  [
    'batches beyond the first read the first, with groups',
    'conv2d',
    output((v, at, y, { attrs }) =>
      Number(attrs.group) > 1 ? Number(toNumbers(y)[at % (y.data.length / (y.shape[0] ?? 1))]) : v,
    ),
  ],
  [
    'batches beyond the first read the first, depthwise',
    'depthwise_conv2d',
    output((_, at, y) => Number(toNumbers(y)[at % (y.data.length / (y.shape[0] ?? 1))])),
  ],
  [
    'third of a batch unwritten',
    `${convolutions}|${pools}|global_average_pool`,
    output((v, at, { shape }) => (indexAlong(shape, 0, at) >= 2 ? 0 : v)),
  ],
  [
    'batches of matmul exchanged',
    'matmul',
    (call) => {
      const [a, b] = call.inputs;
      return a && b && b.shape.length === 3 && a.shape.length === 3 && a.shape[0] === b.shape[0]
        ? call.run({
            inputs: [a, mapped(b, (_, at) => Number(toNumbers(b)[at % (b.data.length / (b.shape[0] ?? 1))]))],
          })
        : undefined;
    },
  ],
  [
    'groups in reverse order',
    'conv2d',
    output((v, at, y, { attrs }) => {
      const group = Number(attrs.group);
      if (group < 2) return v;
      const [m, inner] = [y.shape[1] ?? 1, y.shape.slice(2).reduce((p, d) => p * d, 1)];
      const c = indexAlong(y.shape, 1, at);
      const part = m / group;
      const other = (group - 1 - Math.floor(c / part)) * part + (c % part);
      return Number(toNumbers(y)[at + (other - c) * inner]);
    }),
  ],
  [
    'multiplier of a depthwise convolution taken modulo',
    'depthwise_conv2d',
    (call) => {
      const { multiplier } = call.attrs;
      const [x] = call.inputs;
      return x && Number(multiplier) > 1
        ? call.run({
            inputs: [
              mapped(x, (v, at) => {
                const c = x.shape[1] ?? 1;
                const inner = x.shape.slice(2).reduce((p, d) => p * d, 1);
                const i = indexAlong(x.shape, 1, at);
                return Number(toNumbers(x)[at + (((i * 2) % c) - i) * inner] ?? v);
              }),
              ...call.inputs.slice(1),
            ],
          })
        : undefined;
    },
  ],
  [
    'weights transposed',
    'fully_connected',
    input(1, (v, at, w) => {
      const [m = 1, k = 1] = w.shape;
      return Number(toNumbers(w)[(at % m) * k + Math.floor(at / m)] ?? v);
    }),
  ],
  [
    'trans_b ignored',
    'gemm',
    (call) =>
      call.attrs.trans_b
        ? input(1, (v, at, w) => {
            const [n = 1, k = 1] = w.shape;
            return Number(toNumbers(w)[(at % n) * k + Math.floor(at / n)] ?? v);
          })(call)
        : undefined,
  ],
  [
    'trans_a ignored',
    'gemm',
    (call) =>
      call.attrs.trans_a
        ? input(0, (v, at, w) => {
            const [n = 1, k = 1] = w.shape;
            return Number(toNumbers(w)[(at % n) * k + Math.floor(at / n)] ?? v);
          })(call)
        : undefined,
  ],
  ['alpha of gemm ignored', 'gemm', withAttrs(() => ({ alpha: 1 }))],
  ['beta of gemm ignored', 'gemm', withAttrs(() => ({ beta: 1 }))],
  [
    'fused activation dropped',
    `${convolutions}|fully_connected|add`,
    withAttrs(() => ({ activation: 'none' })),
  ],
  [
    'fused leaky_relu as relu',
    `${convolutions}|fully_connected`,
    withAttrs(({ activation }) => ({
      activation: activation === 'leaky_relu' ? 'relu' : (activation ?? 'none'),
    })),
  ],
  [
    'fused clip as relu',
    `${convolutions}|fully_connected`,
    withAttrs(({ activation }) => ({ activation: activation === 'clip' ? 'relu' : (activation ?? 'none') })),
  ],
  [
    'relu behind a convolution dropped',
    'relu',
    (call) =>
      /conv2d/.test(call.node.inputs[0]?.producer?.op ?? '') ? [call.inputs[0] as Tensor] : undefined,
  ],
  [
    'residual dropped',
    convolutions,
    (call) => (call.inputs[3] ? call.run({ inputs: call.inputs.slice(0, 3) }) : undefined),
  ],
  [
    'sum with a convolution dropped',
    'add',
    (call) =>
      /conv2d/.test(call.node.inputs[0]?.producer?.op ?? '') && !call.node.inputs[1]?.constant
        ? [fittedTo(call.node.output.type.shape.map(Number), call.inputs[0] as Tensor)]
        : undefined,
  ],
  [
    'residual added behind the activation',
    'relu',
    (call) => {
      const add = call.node.inputs[0]?.producer;
      if (add?.op !== 'add') return undefined;
      const [a, b] = add.inputs.map((v) => v && call.memory.get(v));
      return a && b && a.shape.join() === b.shape.join()
        ? [mapped(a, (v, at) => f32(Math.max(v, 0) + Number(toNumbers(b)[at])))]
        : undefined;
    },
  ],
  ['batch norm without the mean', 'batch_norm', input(3, () => 0)],
];

const inPlace =
  (reads: (call: Call) => boolean): Fault =>
  (call) => {
    const [source] = call.node.inputs;
    const result = call.run();
    const [y] = result;
    if (
      source &&
      y &&
      reads(call) &&
      y.shape.join() === call.inputs[0]?.shape.join() &&
      y.dtype === call.inputs[0]?.dtype
    )
      call.memory.set(source, y);
    return result;
  };

const unaries = 'neg|abs|exp|relu|sigmoid|sqrt|floor';
const memoryRows: Rows = [
  [
    'works in place over what is read later',
    unaries,
    inPlace(({ node }) => !node.inputs[0]?.constant && node.inputs[0]?.producer != null),
  ],
  [
    'works in place over an input of the model',
    unaries,
    inPlace(({ node }) => node.inputs[0]?.producer == null),
  ],
  ['convolution in place over what is read later', 'depthwise_conv2d', inPlace(() => true)],
  ['sum in place over what is read later', 'add|sub|mul', inPlace(() => true)],
  [
    'second reader of a fork gets what was there before',
    unaries,
    (call) => {
      const [value] = call.node.inputs;
      const older = value?.producer?.inputs[0];
      const stale = older && call.memory.get(older);
      const first = value && [...value.users][0];
      return stale &&
        value &&
        value.users.size > 1 &&
        first !== call.node &&
        stale.shape.join() === call.inputs[0]?.shape.join()
        ? call.run({ inputs: [stale] })
        : undefined;
    },
  ],
  [
    'an output that is read inside is 0',
    unaries,
    (call) => {
      const result = call.run();
      const { output: value } = call.node;
      return value.users.size > 0 && isReturned(call) ? result.map((y) => mapped(y, () => 0)) : undefined;
    },
  ],
  [
    'concat moves its parts away',
    'concat',
    (call) => {
      const result = call.run();
      for (const value of call.node.inputs)
        if (value && value.users.size > 1)
          call.memory.set(
            value,
            mapped(call.memory.get(value) as Tensor, () => 0),
          );
      return result;
    },
  ],
  [
    'a view shares memory with what overwrites it',
    'reshape',
    (call) => {
      const [source] = call.node.inputs;
      const [y] = call.run();
      if (source && y && source.users.size > 1 && source.producer)
        call.memory.set(
          source,
          mapped(call.inputs[0] as Tensor, (v) => -v),
        );
      return y && [y];
    },
  ],
  [
    'transposes around a node cancelled, the output between them too',
    'transpose',
    (call) =>
      isReturned(call) && call.node.output.users.size > 0
        ? call.run().map((y) => ({ ...y, data: (call.inputs[0] as Tensor).data }))
        : undefined,
  ],
];

/** Whether the value is an output of the model: no reader needs it at the end. */
function isReturned({ node }: Call): boolean {
  let last = node;
  while (last.next) last = last.next;
  return ['a', 'y', 't'].includes(node.output.name) && node !== last;
}

const quantizedRows: Rows = [
  [
    'zero point of x ignored',
    'dequantize_linear|qlinear_conv2d|qlinear_fully_connected',
    (call) => {
      const [x, ...rest] = call.inputs;
      return x?.quant
        ? call.run({
            inputs: [{ ...x, quant: { ...x.quant, zeroPoint: x.quant.zeroPoint.map(() => 0) } }, ...rest],
          })
        : undefined;
    },
  ],
  [
    'scale of channel 0 for all',
    'dequantize_linear',
    (call) => {
      const [x] = call.inputs;
      return x?.quant
        ? call.run({
            inputs: [{ ...x, quant: { ...x.quant, scale: x.quant.scale.map(() => x.quant?.scale[0] ?? 1) } }],
          })
        : undefined;
    },
  ],
  [
    'scale of channel 0 for all weights',
    'qlinear_conv2d|qlinear_depthwise_conv2d|qlinear_fully_connected',
    (call) => {
      const [x, w, ...rest] = call.inputs;
      return w?.quant
        ? call.run({
            inputs: [
              x ?? null,
              { ...w, quant: { ...w.quant, scale: w.quant.scale.map(() => w.quant?.scale[0] ?? 1) } },
              ...rest,
            ],
          })
        : undefined;
    },
  ],
  [
    'axis of dequantisation ignored',
    'dequantize_linear',
    (call) => {
      const [x] = call.inputs;
      return x?.quant?.axis
        ? [
            mapped(call.run()[0] as Tensor, (_, at) => {
              const q = x.quant;
              const i = at % (q?.scale.length ?? 1);
              return f32((Number(toNumbers(x)[at]) - (q?.zeroPoint[i] ?? 0)) * f32(q?.scale[i] ?? 1));
            }),
          ]
        : undefined;
    },
  ],
  ['saturation missing', 'quantize_linear', (call) => quantizedBy(call, (v) => v)],
  [
    'halves away from zero',
    'quantize_linear',
    (call) => quantizedBy(call, undefined, (v) => Math.sign(v) * Math.floor(Math.abs(v) + 0.5)),
  ],
  ['quantising truncates', 'quantize_linear', (call) => quantizedBy(call, undefined, Math.trunc)],
  ['rounding of requantisation up', 'requantize', output((v, at) => (at % 7 === 3 ? v + 1 : v))],
  ['clamp ignored', 'qlinear_add|qlinear_conv2d', withAttrs(() => ({ clamp: [-128, 127] }))],
  [
    'padding is 0 instead of the zero point',
    'qlinear_conv2d|qlinear_depthwise_conv2d',
    (call) => {
      const [x, ...rest] = call.inputs;
      return x?.quant && (call.attrs.pads as number[]).some(Boolean) ? padsAsZero(call, x, rest) : undefined;
    },
  ],
];

function padsAsZero(call: Call, x: Tensor, rest: readonly (Tensor | null)[]): readonly Tensor[] {
  const narrow = { ...x, quant: { ...x.quant, zeroPoint: [0], scale: x.quant?.scale ?? [1] } };
  const edge = call.run({ inputs: [narrow, ...rest] })[0] as Tensor;
  return [
    mapped(call.run()[0] as Tensor, (v, at) =>
      at % (edge.shape.at(-1) ?? 1) === 0 ? Number(toNumbers(edge)[at]) : v,
    ),
  ];
}

function quantizedBy(
  call: Call,
  hold?: (v: number) => number,
  round?: (v: number) => number,
): readonly Tensor[] | undefined {
  const [x] = call.inputs;
  const [y] = call.run();
  const { y_scale: scale, y_zero_point: zero } = call.attrs;
  if (!x || !y || typeof scale !== 'number' || (y.dtype !== 'i8' && y.dtype !== 'u8')) return undefined;
  const [low, high] = y.dtype === 'i8' ? [-128, 127] : [0, 255];
  const nearest = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
  const held = hold ?? ((v: number) => Math.max(low, Math.min(high, v)));
  return [
    mapped(y, (_, at) => held((round ?? nearest)(Number(toNumbers(x)[at]) / scale) + Number(zero ?? 0))),
  ];
}

const engines = (rows: Rows): BrokenEngine[] =>
  rows.map(([name, ops, fault]) => ({ name, ops: new RegExp(`^(${ops})$`), fault }));

/** Engines that are right but for one thing each. */
export const brokenEngines: readonly BrokenEngine[] = engines([
  ...windowRows,
  ...blockRows,
  ...sumRows,
  ...functionRows,
  ...operandRows,
  ...axisRows,
  ...layerRows,
  ...memoryRows,
  ...quantizedRows,
]);
