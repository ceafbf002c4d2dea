import { CompileError } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { ResizeBilinearOptions } from '../generated/resize-bilinear-options.ts';
import { ResizeNearestNeighborOptions } from '../generated/resize-nearest-neighbor-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { imageShape } from './convolution.ts';
import { isQuantized } from './quantized-output.ts';

export function readResizeBilinear(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.ResizeBilinearOptions, new ResizeBilinearOptions());
  if (!isQuantized(node)) {
    resize(node, { mode: 'linear', coordinate_transformation_mode: coordinates(options) });
    return;
  }
  const attrs = { align_corners: options.alignCorners(), half_pixel_centers: options.halfPixelCenters() };
  node.setOutput(
    node.emit('qlinear_resize', [node.input(0, 'nchw')], { ...attrs, sizes: targetSize(node) }),
    'nchw',
  );
}

/**
 * RESIZE_NEAREST_NEIGHBOR reads floor(i * in / out), floor((i + 1/2) * in / out) with half-pixel centres, or
 * i * (in - 1) / (out - 1) rounded half up with aligned corners.
 */
export function readResizeNearest(node: OperatorReader): void {
  const options = node.options(
    BuiltinOptions.ResizeNearestNeighborOptions,
    new ResizeNearestNeighborOptions(),
  );
  const mode = coordinates(options);
  resize(node, {
    mode: 'nearest',
    coordinate_transformation_mode: mode,
    nearest_mode: mode === 'asymmetric' ? 'floor' : 'round_prefer_ceil',
  });
}

function coordinates(options: ResizeBilinearOptions | ResizeNearestNeighborOptions): string {
  if (options.alignCorners()) return 'align_corners';
  return options.halfPixelCenters() ? 'half_pixel' : 'asymmetric';
}

function resize(node: OperatorReader, attrs: Readonly<Record<string, string>>): void {
  const [n, , , channels] = imageShape(node, 0);
  const sizes = [n, channels, ...targetSize(node)];
  node.setOutput(node.emit('resize', [node.input(0, 'nchw')], { ...attrs, sizes }), 'nchw');
}

/** [height, width]. */
function targetSize(node: OperatorReader): readonly [number, number] {
  const [height = 0, width = 0] = node.integers(1, 'size');
  if (height >= 1 && width >= 1) return [height, width];
  throw new CompileError('tflite/shape', `expected a positive size, found [${height},${width}]`);
}
