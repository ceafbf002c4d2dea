import { type Attrs, itemAt, type Tensor, toNumbers } from '@ghostc/ir';
import { intsOf } from '@ghostc/ops';
import type { Rows } from './broken-runtime.ts';
import { type Call, fittedTo, indexAlong, mapped } from './broken-runtime.ts';
import { input, output, withAttrs } from './faults.ts';

const convolutions = 'conv2d|depthwise_conv2d';
const pools = 'average_pool|max_pool';
const f32 = Math.fround;

export const axisRows: Rows = [
  ['corners of a grid are edges', 'grid_sample', withAttrs(() => ({ align_corners: false }))],
  ['a grid ends with zeros', 'grid_sample', withAttrs(() => ({ padding_mode: 'zeros' }))],
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
    withAttrs((attrs) => ({ axes: intsOf(attrs, 'axes').slice(0, 1) })),
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
    withAttrs((attrs) => ({ perm: intsOf(attrs, 'perm').map((_, i) => intsOf(attrs, 'perm').indexOf(i)) })),
  ],
  ['slice without steps', 'slice', withAttrs((attrs) => ({ steps: intsOf(attrs, 'steps').map(Math.sign) }))],
  [
    'pads of the last axis only',
    'pad',
    withAttrs((attrs) => ({
      pads: intsOf(attrs, 'pads').map((p, i) => ((i + 1) % (intsOf(attrs, 'pads').length / 2) ? 0 : p)),
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
      const sizes = intsOf(call.attrs, 'sizes');
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

export const layerRows: Rows = [
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
    'matmul|qlinear_matmul',
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
    'relu after a convolution dropped',
    'relu',
    (call) => (/conv2d/.test(call.node.inputs[0]?.producer?.op ?? '') ? [itemAt(call.inputs, 0)] : undefined),
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
        ? [fittedTo(call.node.output.type.shape.map(Number), itemAt(call.inputs, 0))]
        : undefined,
  ],
  [
    'residual added after the activation',
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
