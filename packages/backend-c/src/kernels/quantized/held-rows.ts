import { type ConvGeometry, isPointwise, keepsSize } from '../conv-geometry.ts';

/**
 * A convolution may copy the input rows under an output row to a buffer, [channel][row][bytes], padded with
 * the zero point on all sides. Then it needs no test for edges, and may write over its input.
 */
export interface HeldRows {
  /** Rows from the first to the last of a window. */
  readonly rows: number;
  /** Of a row with its margins, a multiple of 4. */
  readonly rowBytes: number;
  /** Of the buffer. */
  readonly bytes: number;
}

/** Outputs along a row are rounded up to a multiple of `lanes`, for vectors that compute more than there are. */
export function heldRows(geometry: ConvGeometry, lanes: number): HeldRows {
  const { channels, kernelHeight, kernelWidth, dilationY, dilationX, padLeft, width, outWidth, strideX } =
    geometry;
  const last = (Math.ceil(outWidth / lanes) * lanes - 1) * strideX + (kernelWidth - 1) * dilationX;
  const rows = (kernelHeight - 1) * dilationY + 1;
  const rowBytes = Math.ceil(Math.max(padLeft + width, last + 1) / 4) * 4;
  return { rows, rowBytes, bytes: channels * rows * rowBytes };
}

/**
 * May the output be written over the input, plane by plane? With planes of one size, output row v overwrites input row v,
 * which is held: rows up to v + rows - 1 - padTop are.
 */
export function writesTrailHeldRows(geometry: ConvGeometry): boolean {
  const { batch, group, m, channels, padTop } = geometry;
  const { rows } = heldRows(geometry, 1);
  return batch === 1 && group === 1 && m <= channels && keepsSize(geometry) && padTop < rows;
}

/** The same for a 1x1 convolution by blocks of whole fours of pixels: a block is read before it is written. */
export function pointwiseInPlace(geometry: ConvGeometry): boolean {
  const { batch, group, m, channels, height, width } = geometry;
  const simple = isPointwise(geometry) && batch === 1 && group === 1;
  return simple && m <= channels && (height * width) % 4 === 0;
}

/**
 * A depthwise convolution whose kernel holds the window's input rows: output row i of a plane, written when input rows up
 * to i stride + kernelHeight - 1 - padTop are held, must end before the rows that are not. Planes keep their numbers, and
 * none grows.
 */
export function depthwiseInPlace({
  geometry,
  multiplier,
}: {
  readonly geometry: ConvGeometry;
  readonly multiplier: number;
}): boolean {
  const { batch, width, height, outWidth, outHeight, padTop, kernelHeight } = geometry;
  const shrinks = outWidth <= width && outHeight <= height;
  return batch === 1 && multiplier === 1 && shrinks && padTop < kernelHeight;
}
