import { allocate, CompileError } from '@ghostc/ir';
import { flag, ints } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { image, imageShape } from '../window/window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { activationData, affineOf, quantizedTensor } from './quantized-type.ts';

/**
 * TFLite RESIZE_BILINEAR on integers, NCHW: positions in 1/1024 of a pixel, y = the four neighbours weighted by 20-bit
 * products, ties away from zero. The output has the quantisation of x. Nearest neighbours are the float op `resize`.
 */
export const qlinearResize = defineOp({
  name: 'qlinear_resize',
  inputs: ['x'],
  attrs: { sizes: ints(), align_corners: flag(false), half_pixel_centers: flag(false) },
  traits: ['integer'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'same',
  infer({ x }, { sizes }) {
    affineOf(x, 'x');
    const [n, channels] = imageShape(x, 'x');
    const [height = 0, width = 0] = sizes;
    if (sizes.length === 2 && height > 0 && width > 0)
      return { dtype: x.dtype, shape: [n, channels, height, width], quant: x.quant };
    throw new CompileError('resize/infer', `sizes expects [height,width], found [${sizes.join(',')}]`);
  },
  evaluate({ x }, attrs, [type]) {
    const [n, channels, height, width] = image(x.shape);
    const [outHeight = 1, outWidth = 1] = attrs.sizes;
    const rows = bilinearTaps({ size: height, out: outHeight }, attrs);
    const columns = bilinearTaps({ size: width, out: outWidth }, attrs);
    const source = activationData(x);
    const data = allocate(x.dtype, n * channels * outHeight * outWidth);
    for (let plane = 0, at = 0; plane < n * channels; plane++) {
      for (const row of rows) {
        for (const column of columns) {
          const value = (y: number, z: number): number => source[(plane * height + y) * width + z] ?? 0;
          const low =
            value(row.low, column.low) * (1024 - column.part) + value(row.low, column.high) * column.part;
          const high =
            value(row.high, column.low) * (1024 - column.part) + value(row.high, column.high) * column.part;
          const sum = low * (1024 - row.part) + high * row.part;
          data[at++] = Math.trunc((sum + (sum > 0 ? 2 ** 19 : -(2 ** 19))) / 2 ** 20);
        }
      }
    }
    return quantizedTensor(type, [n, channels, outHeight, outWidth], data);
  },
});

/** The two input positions that an output position lies between. */
export interface BilinearTap {
  readonly low: number;
  readonly high: number;
  /** Weight of `high` in 1/1024; `low` has the rest. It may be outside 0 to 1024 at the edges, as in TFLite. */
  readonly part: number;
}

interface BilinearModes {
  readonly align_corners: boolean;
  readonly half_pixel_centers: boolean;
}

/** The two source positions of each output position of one axis. Backends build their tables with it. */
export function bilinearTaps(
  { size, out }: { readonly size: number; readonly out: number },
  { align_corners, half_pixel_centers }: BilinearModes,
): readonly BilinearTap[] {
  const aligned = align_corners && out > 1;
  const [reach, steps] = aligned ? [size - 1, out - 1] : [size, out];
  const scale = Math.floor((1024 * reach + Math.floor(steps / 2)) / steps);
  return Array.from({ length: out }, (_, i) => {
    const at = half_pixel_centers ? i * scale + Math.floor(scale / 2) - 512 : i * scale;
    const low = Math.min(Math.max(Math.trunc(at / 1024), 0), size - 1);
    const high = Math.min(Math.trunc((at + 1023) / 1024), size - 1);
    return { low, high, part: at - 1024 * low };
  });
}
