import type { ConvGeometry } from './conv-geometry.ts';

/**
 * May a depthwise kernel that copies input rows into a ring of lines, each just before the first output row that reads it,
 * write over its input? Output row i of a plane, written when the input rows up to i * stride + reach - pad are in the ring,
 * must end before the rows that are not: (i + 1) * outWidth <= (i * stride + reach + 1 - pad) * width. Planes keep their
 * numbers, and none grows.
 */
export function writesBehindReads(geometry: ConvGeometry, multiplier: number): boolean {
  const { batch, width, height, outWidth, outHeight, padTop, kernelHeight, dilationY } = geometry;
  const held = (kernelHeight - 1) * dilationY + 1;
  return batch === 1 && multiplier === 1 && outWidth <= width && outHeight <= height && padTop < held;
}
