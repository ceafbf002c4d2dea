import { f32, type Tensor } from '@ghostc/ir';

interface How {
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The middle of a picture with the proportions of the input, as [1,C,H,W]; of one channel it is luma. */
export function pictureTensor(
  image: ImageBitmap,
  { shape: [channels, height, width], mean, std }: How,
): Tensor {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser draws no pictures in workers');
  const scale = Math.max(width / image.width, height / image.height);
  const [w, h] = [image.width * scale, image.height * scale];
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
  const { data } = context.getImageData(0, 0, width, height);
  const plane = width * height;
  const values = new Float32Array(channels * plane);
  const luma = [0.299, 0.587, 0.114];
  for (let i = 0; i < plane; i++) {
    const rgb = [0, 1, 2].map((c) => (data[4 * i + c] ?? 0) / 255);
    const given = channels === 1 ? [rgb.reduce((sum, value, c) => sum + value * (luma[c] ?? 0), 0)] : rgb;
    given.forEach((value, c) => {
      values[c * plane + i] = (value - (mean[c] ?? 0)) / (std[c] ?? 1);
    });
  }
  return f32([1, channels, height, width], [...values]);
}
