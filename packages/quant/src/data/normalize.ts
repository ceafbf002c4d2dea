import { CompileError, f32, numElements, type Tensor, toNumbers } from '@ghostc/ir';

/** How stored numbers become network inputs: x = (stored * scale - mean[c]) / std[c]. */
export interface Normalization {
  /** One number, or one per channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** 1/255 for bytes and 1 for floats if absent. */
  readonly scale?: number | undefined;
}

/** Leaves numbers unchanged: mean 0, deviation 1. */
export const noNormalization: Normalization = { mean: [0], std: [1] };

/** Float32 of a tensor [N,C,...] after scaling, mean and deviation; C is axis 1. Throws `data/normalization`. */
export function normalize(source: Tensor, spec: Normalization): Tensor {
  const channels = source.shape.length > 1 ? (source.shape[1] ?? 1) : 1;
  checkChannels(spec, channels);
  const plane = numElements(source.shape.slice(2));
  const real = scaling(source, spec.scale);
  const numbers = toNumbers(source);
  const [mean, std] = [perChannel(spec.mean, channels), perChannel(spec.std, channels)];
  return f32(
    source.shape,
    Float64Array.from(numbers, (v, i) => {
      const c = Math.floor(i / plane) % channels;
      return (real(v) - (mean[c] ?? 0)) / (std[c] ?? 1);
    }),
  );
}

function scaling({ dtype }: Tensor, scale: number | undefined): (v: number) => number {
  if (scale !== undefined) return (v) => v * scale;
  return dtype === 'u8' ? (v) => v / 255 : (v) => v;
}

function perChannel(values: readonly number[], channels: number): number[] {
  return Array.from({ length: channels }, (_, c) => (values.length === 1 ? values[0] : values[c]) ?? 0);
}

function checkChannels({ mean, std, scale = 1 }: Normalization, channels: number): void {
  for (const [name, values] of [
    ['mean', mean],
    ['std', std],
  ] as const) {
    if (values.length !== 1 && values.length !== channels)
      throw new CompileError(
        'data/normalization',
        `${name} expects 1 or ${channels} numbers, found ${values.length}`,
      );
  }
  const bad = [...mean, ...std, scale].find((v) => !Number.isFinite(v));
  if (bad !== undefined)
    throw new CompileError('data/normalization', `expected finite numbers, found ${bad}`);
  if (std.some((v) => v === 0))
    throw new CompileError('data/normalization', 'std expects numbers other than 0');
}
