import {
  parseGraph,
  printGraph,
  randomTensor,
  type Tensor,
  type TensorType,
  tensorType,
  verify,
} from '@ghostc/ir';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookup } from '../build-node.ts';
import { registry } from '../registry.ts';
import { expOnNegativeValues, reciprocalOfSum } from './fixed-point-exp.ts';
import { lookupTable } from './qlinear-lookup.ts';

const i8 = (shape: number[], values: number[], scale: number, zero = 0): Tensor => ({
  dtype: 'i8',
  shape,
  data: Int8Array.from(values),
  quant: { scale: [scale], zeroPoint: [zero] },
});

function run(op: string, inputs: (Tensor | null)[], attrs: Record<string, unknown> = {}): Tensor {
  const definition = lookup(op);
  const given = attrs as never;
  const types = definition.inferTypes(
    inputs.map((input) => input && tensorType(input)),
    given,
  );
  const [result] = definition.evaluateTensors(inputs, given, types) as [Tensor];
  expect(tensorType(result)).toEqual(types[0]);
  return result;
}

const numbers = (x: Tensor): number[] => Array.from(x.data as Int8Array);
const real = (x: Tensor): number[] => numbers(run('dequantize_linear', [x]));

describe('quantize and dequantize', () => {
  it('rounds ties away from zero and saturates', () => {
    const x: Tensor = {
      dtype: 'f32',
      shape: [7],
      data: Float32Array.of(0.25, -0.25, 0.75, 1e9, -1e9, Number.NaN, 0),
    };
    const y = run('quantize_linear', [x], { y_scale: 0.5, y_zero_point: 3 });
    expect(numbers(y)).toEqual([4, 2, 5, 127, -128, -128, 3]);
  });

  it('dequantizes per axis', () => {
    const x: Tensor = {
      ...i8([2, 2], [1, 2, 3, 4], 1),
      quant: { scale: [0.5, 2], zeroPoint: [0, 1], axis: 0 },
    };
    expect(real(x)).toEqual([0.5, 1, 4, 6]);
  });
});

describe('requantised ops', () => {
  it('convolve: padding is the zero point, channels have multipliers of their own', () => {
    const x = i8([1, 1, 2, 2], [10, 20, 30, 40], 0.5, 10);
    const weight: Tensor = {
      ...i8([2, 1, 1, 1], [2, -3], 1),
      quant: { scale: [0.25, 0.5], zeroPoint: [0, 0], axis: 0 },
    };
    const bias: Tensor = { dtype: 'i32', shape: [2], data: Int32Array.of(8, 0) };
    const y = run('qlinear_conv2d', [x, weight, bias], { y_scale: 1, y_zero_point: -5, pads: [0, 0, 0, 1] });
    // (8 + 2 (x - 10)) / 8 - 5 and -3 (x - 10) / 4 - 5
    expect(numbers(y)).toEqual([-4, -1, -4, 1, 4, -4, -5, -13, -5, -20, -28, -5]);
  });

  it('clamp is a fused ReLU in the quantised domain', () => {
    const y = run('requantize', [i8([3], [-5, 0, 90], 1)], {
      y_scale: 0.5,
      y_zero_point: 1,
      clamp: [1, 100],
    });
    expect(numbers(y)).toEqual([1, 1, 100]);
  });

  it('come within a step of the real result', () => {
    const scale = fc.double({ min: 0.01, max: 0.1, noNaN: true });
    const zero = fc.integer({ min: -20, max: 20 });
    fc.assert(
      fc.property(scale, zero, scale, zero, fc.integer({ min: 1, max: 1000 }), (sa, za, sb, zb, seed) => {
        const tensor = (s: number, z: number, n: number): Tensor =>
          randomTensor({ dtype: 'i8', shape: [1, 2, 3, 3], quant: { scale: [s], zeroPoint: [z] } }, seed + n);
        const [a, b] = [tensor(sa, za, 0), tensor(sb, zb, 1)];
        const [p, q] = [real(a), real(b)];
        const check = (y: Tensor, expected: number[], step: number): void => {
          real(y).forEach((v, i) => {
            expect(Math.abs(v - (expected[i] ?? 0))).toBeLessThan(step);
          });
        };
        check(
          run('qlinear_add', [a, b], { y_scale: 0.25 }),
          p.map((v, i) => v + (q[i] ?? 0)),
          0.13,
        );
        check(
          run('qlinear_sub', [a, b], { y_scale: 0.25 }),
          p.map((v, i) => v - (q[i] ?? 0)),
          0.13,
        );
        check(
          run('qlinear_mul', [a, b], { y_scale: 1.75 }), // 14.8 x 14.8 is within 127 steps
          p.map((v, i) => v * (q[i] ?? 0)),
          0.885,
        );
        const means = [0, 9].map((at) => p.slice(at, at + 9).reduce((sum, v) => sum + v, 0) / 9);
        check(run('qlinear_global_average_pool', [a], { y_scale: 0.12 }), means, 0.075);
      }),
      { numRuns: 60 },
    );
  });

  it('averages with ties away from zero, and by multiplier where the output has another scale', () => {
    const x = i8([1, 1, 2, 2], [1, 2, -2, -3], 1);
    const attrs = { kernel_shape: [1, 2], y_scale: 1 };
    expect(numbers(run('qlinear_average_pool', [x], attrs))).toEqual([2, -3]);
    expect(numbers(run('qlinear_average_pool', [x], { ...attrs, y_scale: 0.5 }))).toEqual([3, -5]);
  });

  it('16-bit layers sum in 64 bits', () => {
    const x: Tensor = {
      dtype: 'i16',
      shape: [1, 600],
      data: new Int16Array(600).fill(32767),
      quant: { scale: [1 / 32768], zeroPoint: [0] },
    };
    const weight = i8([1, 600], new Array(600).fill(127), 1 / 128);
    const bias: Tensor = {
      dtype: 'i64',
      shape: [1],
      data: BigInt64Array.of(-600n * 32767n * 127n + 2n ** 21n),
    };
    const y = run('qlinear_fully_connected', [x, weight, bias], { y_scale: 1 / 1024, y_dtype: 'i16' });
    expect(numbers(y)).toEqual([512]);
  });
});

describe('softmax', () => {
  it('the exponential comes within 2^-21, the reciprocal within 2^-26', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 31), max: 0 }),
        fc.integer({ min: 2 ** 19, max: 2 ** 31 - 1 }),
        (a, sum) => {
          expect(Math.abs(expOnNegativeValues(a) / 2 ** 31 - Math.exp(a / 2 ** 26))).toBeLessThan(2 ** -21);
          const { reciprocal, bits } = reciprocalOfSum(sum, 12);
          expect(Math.abs(reciprocal / 2 ** 31 - 2 ** bits / (sum / 2 ** 19))).toBeLessThan(2 ** -26);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('sums up to 256 and follows the real one', () => {
    const x = i8([1, 5], [-128, 0, 40, 50, 127], 0.05, 4);
    const expected = real(x).map(
      (v, _, all) => Math.exp(v) / all.reduce((sum, other) => sum + Math.exp(other), 0),
    );
    real(run('qlinear_softmax', [x])).forEach((v, i) => {
      expect(Math.abs(v - (expected[i] ?? 0))).toBeLessThan(1 / 256);
    });
  });
});

describe('lookup', () => {
  it('applies any function of a byte', () => {
    const x = i8([4], [-128, -4, 4, 127], 0.05, 0);
    const attrs = { y_scale: 1 / 255, y_zero_point: -128, y_dtype: 'i8' } as const;
    const table = lookupTable(x, attrs, (v) => Math.min(Math.max(v / 6 + 0.5, 0), 1));
    expect(numbers(run('qlinear_lookup', [x, table], attrs))).toEqual([-128, -9, 8, 127]);
  });

  it('interpolates 16-bit tables', () => {
    const x: Tensor = {
      dtype: 'i16',
      shape: [3],
      data: Int16Array.of(-32768, 64, 32767),
      quant: { scale: [1 / 4096], zeroPoint: [0] },
    };
    const attrs = { y_scale: 1 / 4096, y_zero_point: 0, y_dtype: 'i16' } as const;
    const table = lookupTable(x, attrs, (v) => v);
    expect(numbers(run('qlinear_lookup', [x, table], attrs))).toEqual([-32768, 64, 32766]);
  });
});

describe('types', () => {
  const infer = (op: string, inputs: (TensorType | null)[], attrs = {}) =>
    lookup(op).inferTypes(inputs, attrs);
  const x: TensorType = { dtype: 'i8', shape: [1, 2, 4, 4], quant: { scale: [0.5], zeroPoint: [3] } };

  it('movement carries quantisation', () => {
    expect(infer('max_pool', [x], { kernel_shape: [2, 2] })[0]?.quant).toEqual(x.quant);
    expect(numbers(run('pad', [i8([2], [7, 8], 0.5, 3)], { pads: [1, 1], value: 0 }))).toEqual([3, 7, 8, 3]);
    const perAxis: TensorType = {
      dtype: 'i8',
      shape: [2, 3],
      quant: { scale: [1, 2], zeroPoint: [0, 0], axis: 0 },
    };
    expect(infer('transpose', [perAxis], { perm: [1, 0] })[0]?.quant?.axis).toBe(1);
    expect(() => infer('slice', [perAxis], { starts: [0], ends: [1], axes: [0] })).toThrow(
      'quantised along axis 0',
    );
  });

  it.each([
    ['concat', [x, { ...x, quant: { scale: [0.25], zeroPoint: [3] } }], {}, 'equal quantisation'],
    ['qlinear_add', [x, { dtype: 'i8', shape: [1] }], { y_scale: 1 }, 'without quantisation'],
    ['qlinear_add', [x, x], { y_scale: 1e-9 }, 'y_scale expects more than'],
    ['requantize', [x], { y_scale: 1, clamp: [3] }, 'clamp expects'],
    ['requantize', [x], { y_scale: 1, y_zero_point: 200 }, 'the zero point of y expects'],
    ['requantize', [x], { y_scale: 0 }, 'the scale of y expects'],
    ['qlinear_softmax', [x], { y_scale: 1 }, 'expects the scale 1/256'],
    [
      'qlinear_conv2d',
      [x, { ...x, dtype: 'u8', shape: [3, 2, 1, 1] }],
      { y_scale: 1 },
      'weight expects i8 with zero points of i8',
    ],
    [
      'qlinear_conv_transpose2d',
      [x, { ...x, shape: [3, 2, 1, 1] }],
      { y_scale: 1 },
      'weight expects i8 with zero points 0',
    ],
  ] as const)('%s refuses what does not fit', (op, inputs, attrs, message) => {
    expect(() => infer(op, [...inputs], attrs)).toThrow(message);
  });

  it('text form and verifier take quantised graphs', () => {
    const text = [
      'graph @q(%x: f32[1,2,3,3])',
      '  const %w: i8[3,2,1,1] quant(axis=0, 0.5:0, 0.25:0, 0.125:0) = random(1)',
      '  %0 = quantize_linear %x {y_scale=0.02, y_zero_point=-3}',
      '  %1 = qlinear_conv2d %0, %w {y_scale=0.5, clamp=[0, 127]}',
      '  %2 = dequantize_linear %1',
      '  return %2',
    ].join('\n');
    const graph = parseGraph(text, { registry });
    verify(graph, registry);
    const printed = printGraph(graph, registry);
    expect(printed.text).toContain('i8[1,3,3,3] quant(0.5:0)');
    verify(parseGraph(printed.text, { registry, resources: printed.resources }), registry);
  });
});
