import { f32, type Tensor, toNumbers } from '@ghostc/ir';

interface Tap {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Bilinear resize of an image [C,H,W] with a triangle filter as wide as the reduction (antialiasing), pixel centres at
 * half-integers: what PIL and torchvision's Resize compute.
 */
export function resizeImage(image: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [channels = 1, h = 1, w = 1] = image.shape;
  if (h === height && w === width) return f32(image.shape, toNumbers(image));
  const across = applyTaps(toNumbers(image), tapsOf(w, width), { outer: channels * h, size: w, inner: 1 });
  const down = applyTaps(across, tapsOf(h, height), { outer: channels, size: h, inner: width });
  return f32([channels, height, width], down);
}

/** The central [height,width] of an image [C,H,W]; the image must be at least as large. */
export function centreCrop(image: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [channels = 1, h = 1, w = 1] = image.shape;
  const [top, left] = [halfEven(h - height), halfEven(w - width)];
  const source = toNumbers(image);
  const cropped = Float32Array.from({ length: channels * height * width }, (_, i) => {
    const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return source[(c * h + top + y) * w + left + x] ?? 0;
  });
  return f32([channels, height, width], cropped);
}

/** Half of a number, rounded to even, as Python rounds. */
function halfEven(twice: number): number {
  const low = Math.floor(twice / 2);
  return twice % 2 ? low + (low % 2) : low;
}

/** For each output position, the source pixels and weights under a triangle of half-width max(1, size / out). */
function tapsOf(size: number, out: number): Tap[] {
  const scale = size / out;
  const reach = Math.max(1, scale);
  return Array.from({ length: out }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(size, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / reach)),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0) || 1;
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

function applyTaps(
  source: ArrayLike<number>,
  taps: readonly Tap[],
  { outer, size, inner }: { outer: number; size: number; inner: number },
): Float64Array {
  const out = new Float64Array(outer * taps.length * inner);
  for (let o = 0, at = 0; o < outer; o++)
    for (const { first, weights } of taps)
      for (let i = 0; i < inner; i++)
        out[at++] = weights.reduce(
          (sum, weight, k) => sum + weight * (source[(o * size + first + k) * inner + i] ?? 0),
          0,
        );
  return out;
}
