import type { Node } from '@ghostc/ir';
import { input, shapeOf } from './operands.ts';

/** Sizes of a convolution; all in elements. */
export interface ConvGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly m: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly group: number;
  /** Weights of one output channel. */
  readonly inner: number;
}

interface WindowAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group?: number;
}

/** Of columns of one pixel as of lines: time is often the height of an image, and kernels work along lines. */
export function convGeometry(node: Node, attrs: WindowAttrs): ConvGeometry {
  const geometry = givenGeometry(node, attrs);
  return isColumn(geometry) ? turned(geometry) : geometry;
}

function isColumn({ width, outWidth, kernelWidth, padLeft }: ConvGeometry): boolean {
  return width === 1 && outWidth === 1 && kernelWidth === 1 && padLeft === 0;
}

function turned(geometry: ConvGeometry): ConvGeometry {
  const { height, outHeight, kernelHeight, strideY, dilationY, padTop } = geometry;
  return {
    ...geometry,
    ...{ height: 1, outHeight: 1, kernelHeight: 1, strideY: 1, dilationY: 1, padTop: 0 },
    ...{ width: height, outWidth: outHeight, kernelWidth: kernelHeight },
    ...{ strideX: strideY, dilationX: dilationY, padLeft: padTop },
  };
}

function givenGeometry(node: Node, { strides, pads, dilations, group = 1 }: WindowAttrs): ConvGeometry {
  const [batch = 1, channels = 1, height = 1, width = 1] = shapeOf(input(node, 0));
  const [, perGroup = 1, kernelHeight = 1, kernelWidth = 1] = shapeOf(input(node, 1));
  const [, m = 1, outHeight = 1, outWidth = 1] = shapeOf(node.output);
  return {
    ...{ batch, channels, height, width, m, outHeight, outWidth, kernelHeight, kernelWidth, group },
    ...{
      strideY: strides[0] ?? 1,
      strideX: strides[1] ?? 1,
      dilationY: dilations[0] ?? 1,
      dilationX: dilations[1] ?? 1,
    },
    ...{ padTop: pads[0] ?? 0, padLeft: pads[1] ?? 0, inner: perGroup * kernelHeight * kernelWidth },
  };
}

/** Are output planes as large as input planes, at stride 1? */
export function keepsSize(geometry: ConvGeometry): boolean {
  const { height, width, outHeight, outWidth, strideY, strideX } = geometry;
  return outHeight === height && outWidth === width && strideY === 1 && strideX === 1;
}

/** A 1x1 convolution whose output pixels are its input pixels. */
export function isPointwise({
  kernelHeight,
  kernelWidth,
  height,
  width,
  outHeight,
  outWidth,
  strideY,
  strideX,
  padTop,
  padLeft,
}: ConvGeometry): boolean {
  const single = kernelHeight === 1 && kernelWidth === 1 && padTop === 0 && padLeft === 0;
  return (
    single &&
    height === outHeight &&
    width === outWidth &&
    (strideY === 1 || height === 1) &&
    (strideX === 1 || width === 1)
  );
}

/** One window that covers each whole input image: a fully connected layer. */
export function isDense({
  kernelHeight,
  kernelWidth,
  height,
  width,
  outHeight,
  outWidth,
  padTop,
  padLeft,
  group,
  ...rest
}: ConvGeometry): boolean {
  const covers =
    kernelHeight === height && kernelWidth === width && rest.dilationX === 1 && rest.dilationY === 1;
  return outHeight === 1 && outWidth === 1 && covers && padTop === 0 && padLeft === 0 && group === 1;
}

/** `16x112x112_8_k3x3_s2`: input, output channels, and what is not 1. */
export function geometryName(geometry: ConvGeometry): string {
  return `${geometry.channels}x${geometry.height}x${geometry.width}_${geometry.m}${windowName(geometry)}`;
}

/** The same of one channel. */
export function planeName(geometry: ConvGeometry): string {
  return `${geometry.height}x${geometry.width}${windowName(geometry)}`;
}

function windowName({ kernelHeight, kernelWidth, strideY, strideX }: ConvGeometry): string {
  const kernel = kernelHeight * kernelWidth === 1 ? '' : `_k${kernelHeight}x${kernelWidth}`;
  const stride =
    strideY === 1 && strideX === 1 ? '' : strideY === strideX ? `_s${strideY}` : `_s${strideY}x${strideX}`;
  return `${kernel}${stride}`;
}

/** Taps of a window that are unrolled; those of a larger one are a loop, or another kernel's. */
const MAX_UNROLLED = 64;

export function isUnrolled({
  kernelHeight,
  kernelWidth,
}: Pick<ConvGeometry, 'kernelHeight' | 'kernelWidth'>): boolean {
  return kernelHeight * kernelWidth <= MAX_UNROLLED;
}

interface PhaseRow {
  readonly geometry: Pick<ConvGeometry, 'dilationX' | 'strideX'>;
  /** Elements of a phase of a row. */
  readonly phase: number;
}

/** Where tap v of a window is in a row that is sorted by phase (column mod stride), as C. */
export function tapOffset({ geometry: { dilationX, strideX }, phase }: PhaseRow): string {
  const step = dilationX === 1 ? 'v' : `v * ${dilationX}`;
  return strideX === 1 ? step : `${step} % ${strideX} * ${phase} + ${step} / ${strideX}`;
}

/** Do the windows of `pixels` outputs side by side, the first at `top`, `left`, lie inside the image? `0` where none do. */
export function insideTest(
  { height, width, kernelHeight, kernelWidth, dilationY, dilationX, strideX }: ConvGeometry,
  pixels = 1,
): string {
  const lastTop = height - (kernelHeight - 1) * dilationY - 1;
  const lastLeft = width - (kernelWidth - 1) * dilationX - 1 - (pixels - 1) * strideX;
  if (lastTop < 0 || lastLeft < 0) return '0';
  return `top >= 0 && top <= ${lastTop} && left >= 0 && left <= ${lastLeft}`;
}
