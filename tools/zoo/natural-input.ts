import { fromNumbers, isFloat, type Tensor, type TensorType } from '@ghostc/ir';
import type { ZooModel } from './fetch-model.ts';

/** What a model of pictures or sounds could meet: a face-like disc before a wall with stripes, or a spoken vowel. */
export function naturalInput(type: TensorType, kind: ZooModel['input']): Tensor {
  const shape = type.shape.map(Number);
  const count = shape.reduce((product, dim) => product * dim, 1);
  const value = kind === 'picture' && shape.length === 4 ? pixel(shape) : sample;
  const scaled = (x: number): number =>
    isFloat(type.dtype) ? x : Math.round(type.dtype === 'bool' ? 1 : 60 * Math.abs(x));
  return {
    ...fromNumbers(
      type.dtype,
      shape,
      Float64Array.from({ length: count }, (_, i) => scaled(value(i))),
    ),
    ...(type.quant && { quant: type.quant }),
  };
}

/** Three overtones of 120 Hz at 16 kHz, swelling, in -0.5 to 0.5, with the hiss of a room: no band of a spectrum is empty. */
function sample(i: number): number {
  const swell = 0.5 + 0.5 * Math.sin(i / 1500);
  const hiss = 0.004 * (((Math.imul(i + 1, 2654435761) >>> 8) % 2001) / 1000 - 1);
  return (
    hiss +
    0.2 * swell * [1, 2, 5].reduce((sum, n) => sum + Math.sin((2 * Math.PI * 120 * n * i) / 16000) / n, 0)
  );
}

/** In 0 to 1, channels first or last. */
function pixel(shape: readonly number[]): (i: number) => number {
  const [, a = 1, b = 1, c = 1] = shape;
  const last = c <= 4 && a > 4;
  const [channels, height, width] = last ? [c, a, b] : [a, b, c];
  return (i) => {
    const [channel, at] = last
      ? [i % channels, Math.floor(i / channels)]
      : [Math.floor(i / (height * width)) % channels, i];
    const [x, y] = [((at % width) + 0.5) / width, ((Math.floor(at / width) % height) + 0.5) / height];
    const wall = 0.35 + 0.25 * y + 0.1 * Math.sin(40 * x) - 0.05 * channel;
    const face = Math.hypot((x - 0.5) / 0.25, (y - 0.45) / 0.33) < 1;
    const eye = Math.min(Math.hypot(x - 0.4, y - 0.4), Math.hypot(x - 0.6, y - 0.4)) < 0.03;
    return eye ? 0.1 : face ? 0.8 - 0.15 * channel - 0.3 * (x - 0.5) : wall;
  };
}
