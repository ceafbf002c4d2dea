import { toNumbers } from '@ghostc/ir';
import { intsOf } from '@ghostc/ops';
import type { Rows } from './broken-runtime.ts';
import { type Fault, indexAlong } from './broken-runtime.ts';
import {
  input,
  output,
  padsTurned,
  planeUnwritten,
  swapped,
  termsUnread,
  unwritten,
  withAttrs,
  withoutIndex,
} from './faults.ts';

const convolutions = 'conv2d|depthwise_conv2d';
const pools = 'average_pool|max_pool';
const products = 'fully_connected|matmul';
const sums = 'reduce_sum|reduce_mean';

/** The kernel of a convolution read by columns. */
const kernelTurned: Fault = input(1, (v, at, w) => {
  const [h = 1, k = 1] = w.shape.slice(-2);
  const inPlane = at % (h * k);
  const [row, column] = [Math.floor(inPlane / k), inPlane % k];
  return Number(toNumbers(w)[at - inPlane + column * h + row] ?? v);
});

export const windowRows: Rows = [
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
    withAttrs((attrs) => ({ strides: [intsOf(attrs, 'strides')[0] ?? 1, intsOf(attrs, 'strides')[0] ?? 1] })),
  ],
  [
    'dilation of the rows for both axes',
    convolutions,
    withAttrs((attrs) => ({
      dilations: [intsOf(attrs, 'dilations')[0] ?? 1, intsOf(attrs, 'dilations')[0] ?? 1],
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
      intsOf(attrs, 'pads').some(Boolean) && at % (y.shape.at(-1) ?? 1) === 0 ? Math.max(v, 0) : v,
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

export const blockRows: Rows = [
  ...[4, 8, 16, 32, 64].map((block): Rows[number] => [
    `channels after blocks of ${block} unwritten`,
    'conv2d',
    unwritten(1, block),
  ]),
  ...[4, 8, 16].map((block): Rows[number] => [
    `pixels after blocks of ${block} unwritten`,
    convolutions,
    planeUnwritten(block),
  ]),
  ...[4, 8, 16, 32, 64].map((block): Rows[number] => [
    `terms after blocks of ${block} unread, products`,
    products,
    termsUnread(block),
  ]),
  ...[8, 32].map((block): Rows[number] => [
    `terms after blocks of ${block} unread, conv2d`,
    'conv2d',
    termsUnread(block),
  ]),
  ...[4, 16, 64].map((block): Rows[number] => [
    `columns after blocks of ${block} unwritten`,
    products,
    unwritten(-1, block),
  ]),
  ['rows after blocks of 4 unwritten', products, unwritten(-2, 4)],
  ['channels after blocks of 32 unwritten, depthwise', 'depthwise_conv2d', unwritten(1, 32)],
  [
    'channels beyond 512 unwritten',
    'conv2d',
    output((v, at, { shape }) => (indexAlong(shape, 1, at) >= 512 ? 0 : v)),
  ],
  [
    'elements after blocks of 4 unwritten, functions',
    'relu|sigmoid|exp',
    output((v, at, { data }) => (data.length > 4 && at >= data.length - (data.length % 4) ? 0 : v)),
  ],
  [
    'elements after blocks of 4 unwritten, sums',
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
    'softmax without what comes after blocks of 4',
    'softmax',
    withoutIndex((i, size) => size > 4 && i >= size - (size % 4), Number.NEGATIVE_INFINITY),
  ],
  [
    'mean without what comes after blocks of 64',
    sums,
    withoutIndex((i, size) => size > 64 && i >= size - (size % 64), 0),
  ],
  [
    'mean of a plane without what comes after blocks of 16',
    'global_average_pool',
    input(0, (v, at, { shape }) => {
      const plane = (shape.at(-1) ?? 1) * (shape.length > 3 ? (shape.at(-2) ?? 1) : 1);
      return plane > 16 && at % plane >= plane - (plane % 16) ? 0 : v;
    }),
  ],
];
