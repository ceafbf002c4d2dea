import type { Attrs, DType, Shape } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { lookup } from './build-node.ts';

function shapeOf(op: string, shapes: readonly (Shape | null)[], attrs: Attrs = {}): Shape | undefined {
  return lookup(op).inferTypes(
    shapes.map((shape) => shape && { dtype: 'f32', shape }),
    attrs,
  )[0]?.shape;
}

describe('shape inference', () => {
  test.each<[string, string, readonly Shape[], Attrs, Shape]>([
    [
      'conv same',
      'conv2d',
      [
        [1, 3, 32, 32],
        [16, 3, 3, 3],
      ],
      { pads: [1, 1, 1, 1] },
      [1, 16, 32, 32],
    ],
    [
      'conv stride 2',
      'conv2d',
      [
        [1, 3, 224, 224],
        [16, 3, 3, 3],
      ],
      { pads: [1, 1, 1, 1], strides: [2, 2] },
      [1, 16, 112, 112],
    ],
    ['pad adds to a symbolic sum', 'pad', [['n', 'h+1']], { pads: [0, 1, 0, 1] }, ['n', 'h+3']],
    ['pad may cut a symbolic size', 'pad', [['h', 4]], { pads: [-1, 0, 0, 0] }, ['h-1', 4]],
    [
      'conv symbolic same',
      'conv2d',
      [
        ['n', 3, 'h', 'w'],
        [16, 3, 3, 3],
      ],
      { pads: [1, 1, 1, 1] },
      ['n', 16, 'h', 'w'],
    ],
    [
      'conv symbolic stride',
      'conv2d',
      [
        [1, 3, 'h', 8],
        [4, 3, 3, 3],
      ],
      { pads: [1, 1, 1, 1], strides: [2, 2] },
      [1, 4, '(h-1)//2+1', 4],
    ],
    [
      'trimmed depthwise',
      'depthwise_conv2d',
      [
        [1, 21, 8, 8],
        [40, 1, 3, 3],
      ],
      { pads: [1, 1, 1, 1], multiplier: 2 },
      [1, 40, 8, 8],
    ],
    [
      'ghost odd',
      'ghost_module',
      [[1, 16, 8, 8], [21, 16, 1, 1], [21], [40, 1, 3, 3]],
      { oup: 61, ratio: 3 },
      [1, 61, 8, 8],
    ],
    [
      'pool ceil',
      'average_pool',
      [[1, 2, 8, 8]],
      { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: true },
      [1, 2, 4, 4],
    ],
    ['reshape copies', 'reshape', [['n', 4, 2]], { shape: [0, -1] }, ['n', 8]],
    ['reshape divides a product', 'reshape', [['n*8', 5]], { shape: [-1, 40] }, ['n', 40]],
    ['reshape keeps the symbol', 'reshape', [['n', 8, 1, 1]], { shape: [-1, 8] }, ['n', 8]],
    ['slice backwards', 'slice', [[9]], { starts: [8], ends: [-100], axes: [0], steps: [-2] }, [5]],
    ['slice beyond', 'slice', [[1, 62, 4, 4]], { starts: [0], ends: [61], axes: [1] }, [1, 61, 4, 4]],
    ['mean without keepdims', 'reduce_mean', [[2, 3, 4]], { axes: [-1], keepdims: false }, [2, 3]],
    [
      'broadcast',
      'add',
      [
        [3, 1, 5],
        [4, 1],
      ],
      {},
      [3, 4, 5],
    ],
    [
      'symbolic concat',
      'concat',
      [
        ['n', 3],
        ['n', 4],
      ],
      { axis: 1 },
      ['n', 7],
    ],
  ])('%s', (_, op, shapes, attrs, expected) => {
    expect(shapeOf(op, shapes, attrs)).toEqual(expected);
  });

  test.each<[string, readonly (Shape | null)[], Attrs, string]>([
    [
      'conv2d',
      [
        [1, 24, 8, 8],
        [32, 16, 1, 1],
      ],
      {},
      'weight expects 16 input channels (16 x 1 groups), x has 24',
    ],
    [
      'conv2d',
      [
        [1, 3, 2, 2],
        [4, 3, 5, 5],
      ],
      {},
      'a window of 5 does not fit into 2',
    ],
    [
      'add',
      [
        [2, 3],
        [2, 4],
      ],
      {},
      'do not broadcast',
    ],
    ['reshape', [[2, 3]], { shape: [4, 2] }, '[2,3] does not reshape to [4,2]'],
    [
      'ghost_module',
      [
        [1, 16, 8, 8],
        [20, 16, 1, 1],
      ],
      { oup: 61, ratio: 3 },
      '20 primary channels expect 41 cheap ones (oup 61) and at most 40 (ratio 3)',
    ],
    ['slice', [[4]], { starts: [0], ends: [4], axes: [0], steps: [0] }, 'a slice step of 0 never ends'],
    ['transpose', [[2, 3]], { perm: [0, 0] }, 'is no permutation'],
  ])('%s refuses', (op, shapes, attrs, message) => {
    expect(() => shapeOf(op, shapes, attrs)).toThrow(message);
  });
});

describe('operands that no runtime has the op for are refused', () => {
  test.each<[string, string, readonly DType[], string]>([
    ['f16 weights on f32', 'conv2d', ['f32', 'f16'], 'conv2d expects weight of f32 as x has, found f16'],
    ['a bias of another type', 'fully_connected', ['f32', 'f32', 'f64'], 'bias of f32 as x has, found f64'],
    ['relu of bool', 'relu', ['bool'], 'relu expects x of numbers, found bool'],
    ['a sum of bools', 'add', ['bool', 'bool'], 'add expects a of numbers, found bool'],
    ['a mean of bytes', 'global_average_pool', ['u8'], 'global_average_pool expects x of floats, found u8'],
    ['windows of bytes', 'average_pool', ['u8'], 'average_pool expects x of floats, found u8'],
    ['sigmoid of integers', 'sigmoid', ['i32'], 'sigmoid expects x of floats, found i32'],
    ['softmax of integers', 'softmax', ['i64'], 'softmax expects x of floats, found i64'],
  ])('%s', (_, op, dtypes, message) => {
    const shape = op === 'conv2d' ? [1, 1, 1, 1] : [1, 1];
    const types = dtypes.map((dtype, i) => ({ dtype, shape: i === 2 ? [1] : shape }));
    expect(() => lookup(op).inferTypes(types, {})).toThrow(message);
  });
});
