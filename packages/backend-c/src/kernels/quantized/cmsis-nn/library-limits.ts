import type { ConvGeometry } from '../../conv-geometry.ts';

/** First row and column of the last window; below 0 in the padding. */
function lastWindow(geometry: ConvGeometry): readonly [y: number, x: number] {
  const { outHeight, outWidth, strideY, strideX, padTop, padLeft } = geometry;
  return [(outHeight - 1) * strideY - padTop, (outWidth - 1) * strideX - padLeft];
}

/**
 * Whether `arm_convolve_wrapper_s8` computes this convolution. For 1x1 kernels it ignores padding if there is
 * none at the top and on the left. With Helium, one-row kernels over one row have a separate function, which
 * supports only some paddings.
 */
export function convFits(geometry: ConvGeometry): boolean {
  const { height, width, outHeight, kernelHeight, kernelWidth, padTop, padLeft } = geometry;
  const [y, x] = lastWindow(geometry);
  if (kernelHeight * kernelWidth === 1 && padTop === 0 && padLeft === 0) return y < height && x < width;
  if (height > 1 || kernelHeight > 1) return true;
  return outHeight === 1 && padLeft === 0 && x + kernelWidth === width;
}

/**
 * Does `arm_depthwise_conv_wrapper_s8`? Its function for 3x3 takes the middle column to be in the image, the one for other
 * kernels takes windows to touch it; Helium computes one input channel as a convolution.
 */
export function depthwiseFits(geometry: ConvGeometry): boolean {
  const { channels, m, height, width, kernelHeight, kernelWidth, padTop, padLeft } = geometry;
  if (channels === 1 && !convFits(geometry)) return false;
  if (m > channels || geometry.dilationY > 1 || geometry.dilationX > 1) return true;
  const [y, x] = lastWindow(geometry);
  const small = kernelHeight === 3 && kernelWidth === 3 && padTop <= 1 && padLeft <= 1;
  return small ? x + 1 < width : padTop <= kernelHeight && y <= height;
}
