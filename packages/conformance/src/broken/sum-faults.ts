import { type Tensor, toNumbers } from '@ghostc/ir';
import type { Rows } from './broken-runtime.ts';
import { type Call, mapped } from './broken-runtime.ts';
import { accumulated, input, toBrain, toHalf, toTensorFloat, withoutIndex, withoutTerms } from './faults.ts';

const convolutions = 'conv2d|depthwise_conv2d';
const products = 'fully_connected|matmul';
const sums = 'reduce_sum|reduce_mean';

export const sumRows: Rows = [
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
