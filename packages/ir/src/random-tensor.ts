import { numElements, staticShape } from './shape.ts';
import { fromNumbers, type Tensor } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * Seeded values, the same on every machine: floats uniform in [-1, 1) before rounding to the type, integers
 * in [-100, 100] (unsigned [0, 200]), quantised ones of 8 and 16 bits over their whole range. The shape must
 * be fixed.
 */
export function randomTensor({ dtype, shape, quant }: TensorType, seed: number): Tensor {
  const next = mulberry32(seed);
  const count = numElements(shape);
  const draw = (quant && wholeRange(dtype, next)) ?? drawer(dtype, next);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = draw();
  const tensor = fromNumbers(dtype, staticShape(shape), values);
  return quant ? { ...tensor, quant } : tensor;
}

function wholeRange(dtype: string, next: () => number): (() => number) | undefined {
  const bits = Number(dtype.slice(1));
  if (!/^[iu](8|16)$/.test(dtype)) return undefined;
  const low = dtype.startsWith('u') ? 0 : -(2 ** (bits - 1));
  return () => Math.floor(next() * 2 ** bits) + low;
}

function drawer(dtype: string, next: () => number): () => number {
  if (dtype.startsWith('f') || dtype === 'bf16') return () => next() * 2 - 1;
  if (dtype === 'bool') return () => Math.floor(next() * 2);
  return dtype.startsWith('u') ? () => Math.floor(next() * 201) : () => Math.floor(next() * 201) - 100;
}

/** The mulberry32 generator: uniform in [0, 1) with 32 bits of state. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
