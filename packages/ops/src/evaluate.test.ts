import { type Attrs, f32, type Tensor } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { lookup } from './build-node.ts';
import { evaluateOne } from './define-op.ts';

function evaluate(op: string, inputs: readonly (Tensor | null)[], attrs: Attrs = {}): number[] {
  return Array.from(evaluateOne(lookup(op), inputs, attrs).data, Number);
}

const range = (shape: readonly number[], from = 1): Tensor => {
  const count = shape.reduce((p, d) => p * d, 1);
  return f32(
    shape,
    Array.from({ length: count }, (_, i) => i + from),
  );
};

/** Expected values are worked out by hand. */
describe('evaluate', () => {
  test('conv2d 3x3 with padding sums the neighbours', () => {
    const ones = f32([1, 1, 3, 3], new Array(9).fill(1));
    expect(evaluate('conv2d', [range([1, 1, 3, 3]), ones], { pads: [1, 1, 1, 1] })).toEqual([
      12, 21, 16, 27, 45, 33, 24, 39, 28,
    ]);
  });

  test('conv2d with groups, bias, residual and relu', () => {
    const x = f32([1, 2, 1, 1], [3, 5]);
    const weight = f32([2, 1, 1, 1], [2, -1]);
    expect(
      evaluate('conv2d', [x, weight, f32([2], [1, 1]), f32([1, 2, 1, 1], [10, 1])], {
        group: 2,
        activation: 'relu',
      }),
    ).toEqual([17, 0]);
  });

  test('depthwise output channel m reads channel floor(m / multiplier)', () => {
    const x = f32([1, 2, 1, 1], [3, 5]);
    expect(evaluate('depthwise_conv2d', [x, f32([3, 1, 1, 1], [1, 10, 100])], { multiplier: 2 })).toEqual([
      3, 30, 500,
    ]);
  });

  test('ghost_module joins primary and cheap parts', () => {
    const x = f32([1, 1, 1, 1], [2]);
    const inputs = [x, f32([2, 1, 1, 1], [1, -1]), null, f32([1, 1, 1, 1], [7])];
    expect(
      evaluate('ghost_module', inputs, { oup: 3, dw_size: 1, activation: 'relu', cheap_activation: 'relu' }),
    ).toEqual([2, 0, 14]);
  });

  test('average_pool counts padding only when told', () => {
    const x = f32([1, 1, 2, 2], [4, 4, 4, 4]);
    const attrs = { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1] };
    expect(evaluate('average_pool', [x], attrs)).toEqual([4, 4, 4, 4]);
    expect(evaluate('average_pool', [x], { ...attrs, count_include_pad: true })).toEqual([1, 1, 1, 1]);
  });

  test('slice with a negative step', () => {
    expect(evaluate('slice', [range([5])], { starts: [4], ends: [-100], axes: [0], steps: [-2] })).toEqual([
      5, 3, 1,
    ]);
  });

  test('pad reflects and repeats the edge', () => {
    expect(evaluate('pad', [range([3])], { pads: [2, 1], mode: 'reflect' })).toEqual([3, 2, 1, 2, 3, 2]);
    expect(evaluate('pad', [range([3])], { pads: [2, 1], mode: 'edge' })).toEqual([1, 1, 1, 2, 3, 3]);
  });

  test('transpose', () => {
    expect(evaluate('transpose', [range([2, 3])], { perm: [1, 0] })).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('resize nearest and linear', () => {
    expect(
      evaluate('resize', [range([2])], {
        sizes: [4],
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
    ).toEqual([1, 1, 2, 2]);
    expect(evaluate('resize', [range([2])], { sizes: [4], mode: 'linear' })).toEqual([1, 1.25, 1.75, 2]);
  });

  test('gemm with transposes and scaling', () => {
    const attrs = { trans_b: true, alpha: 2, beta: 3 };
    expect(evaluate('gemm', [f32([1, 2], [1, 2]), f32([1, 2], [3, 4]), f32([1], [5])], attrs)).toEqual([37]);
  });

  test('relu, clip and maximum let NaN through', () => {
    const x = f32([2], [Number.NaN, -1]);
    expect(evaluate('relu', [x])).toEqual([Number.NaN, 0]);
    expect(evaluate('clip', [x], { min: 0, max: 1 })).toEqual([Number.NaN, 0]);
    expect(evaluate('maximum', [x, f32([2], [0, Number.NaN])])).toEqual([Number.NaN, Number.NaN]);
  });

  test('batch_norm by its formula', () => {
    const one = (value: number): Tensor => f32([1], [value]);
    expect(
      evaluate('batch_norm', [f32([1, 1, 1, 1], [5]), one(2), one(1), one(3), one(4)], { epsilon: 0 }),
    ).toEqual([3]);
  });

  test('softmax sums to one', () => {
    expect(evaluate('softmax', [f32([1, 2], [1000, 1000])])).toEqual([0.5, 0.5]);
  });

  test('matmul broadcasts the outer axes', () => {
    expect(evaluate('matmul', [range([2, 1, 2]), f32([2, 1], [1, 1])])).toEqual([3, 7]);
  });
});

test('a product that overflows is infinite before a fused activation', () => {
  const factors = [f32([2], [1e30, -1e30]), f32([2], [1e30, 1e30])];
  const product = f32([2], evaluate('mul', factors));
  expect(Array.from(product.data, Number)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(evaluate('mul', factors, { activation: 'silu', activation_params: [] })).toEqual(
    evaluate('silu', [product]),
  );
});
