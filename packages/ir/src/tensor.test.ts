import { expect, test } from 'vitest';
import { byteSize, dtypes, fromBytes, isDType, toBytes } from './dtype.ts';
import { mulberry32, randomTensor } from './random-tensor.ts';
import { f32, fromNumbers, i64, reshaped, type Tensor, tensor, toNumbers, zeros } from './tensor.ts';

test('tensor checks the number of elements', () => {
  expect(() => f32([2, 2], [1, 2, 3])).toThrow('[2,2] has 4 elements, found data for 3');
  expect(tensor('i8', [1], new Int8Array(1)).shape).toEqual([1]);
});

test('i64 is exact', () => {
  expect(i64([2 ** 53, -1]).data).toEqual(BigInt64Array.of(9007199254740992n, -1n));
});

test('fromNumbers rounds floats and wraps integers', () => {
  expect([...fromNumbers('f32', [1], [0.1]).data]).toEqual([Math.fround(0.1)]);
  expect([...fromNumbers('i8', [3], [127, 128, -129]).data]).toEqual([127, -128, 127]);
  expect([...fromNumbers('u8', [2], [256, -1]).data]).toEqual([0, 255]);
  expect([...fromNumbers('bool', [3], [0, 2, -1]).data]).toEqual([0, 1, 1]);
  expect([...fromNumbers('f16', [2], [1, -2]).data]).toEqual([0x3c00, 0xc000]);
  expect([...fromNumbers('u64', [2], [-1, 1.9]).data]).toEqual([2n ** 64n - 1n, 1n]);
});

test.each(['i32', 'i64', 'u64'] as const)('nan and infinity become %s 0', (dtype) => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(Array.from(fromNumbers(dtype, [3], values).data, Number)).toEqual([0, 0, 0]);
});

test('toNumbers decodes f16 and 64-bit integers, and copies nothing else', () => {
  expect([...toNumbers(fromNumbers('f16', [1], [0.5]))]).toEqual([0.5]);
  expect([...toNumbers(i64([-7]))]).toEqual([-7]);
  const floats = f32([1], [3]);
  expect(toNumbers(floats)).toBe(floats.data);
});

test('reshaped shares the data', () => {
  const source = f32([2, 3], [1, 2, 3, 4, 5, 6]);
  expect(reshaped(source, [6])).toEqual({ ...source, shape: [6] });
  expect(reshaped(source, [6]).data).toBe(source.data);
});

test.each(dtypes)('%s goes through bytes, at any alignment', (dtype) => {
  const { data } = randomTensor({ dtype, shape: [5] }, 3);
  const bytes = toBytes(data);
  expect(bytes.byteLength).toBe(5 * byteSize(dtype));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(fromBytes(dtype, shifted.subarray(1))).toEqual(data);
});

test('isDType knows no inherited names', () => {
  expect(isDType('f32')).toBe(true);
  expect(isDType('toString')).toBe(false);
});

test('random tensors repeat, differ by seed, and stay in range', () => {
  const type = { dtype: 'f32', shape: [1000] } as const;
  const { data } = randomTensor(type, 7);
  expect(randomTensor(type, 7).data).toEqual(data);
  expect(randomTensor(type, 8).data).not.toEqual(data);
  const numbers = [...data].map(Number);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...numbers)).toBeLessThanOrEqual(1);
  expect(Math.abs(numbers.reduce((sum, value) => sum + value, 0) / 1000)).toBeLessThan(0.1);
});

test('the first random values are the same on every machine', () => {
  expect(mulberry32(1)()).toBe(0.6270739405881613);
  expect([...randomTensor({ dtype: 'f64', shape: [2] }, 1).data].map(Number)).toEqual([
    0.2541478811763227, -0.994528557639569,
  ]);
});

test('random integers fill their range; quantisation is kept', () => {
  const quant = { scale: [0.5], zeroPoint: [1] };
  const extremes = ({ data }: Tensor): number[] => {
    const numbers = [...data].map(Number);
    return [Math.min(...numbers), Math.max(...numbers)];
  };
  expect(extremes(randomTensor({ dtype: 'i8', shape: [5000] }, 2))).toEqual([-100, 100]);
  const quantized = randomTensor({ dtype: 'i8', shape: [5000], quant }, 2);
  expect(extremes(quantized)).toEqual([-128, 127]);
  expect(quantized.quant).toEqual(quant);
  expect(extremes(randomTensor({ dtype: 'u8', shape: [5000], quant }, 2))).toEqual([0, 255]);
  const flags = new Set([...randomTensor({ dtype: 'bool', shape: [50] }, 2).data]);
  expect(flags).toEqual(new Set([0, 1]));
  expect(zeros('f32', [2]).data).toEqual(new Float32Array(2));
});
