import { type Node, staticShape } from '@ghostc/ir';
import { sourceOf } from './operands.ts';

/** Sizes of a sliding window, as the constants of the kernels: input C, H, W; output M, OH, OW; kernel KH, KW. */
export interface WindowGeometry {
  readonly N: number;
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly M: number;
  readonly OH: number;
  readonly OW: number;
  readonly KH: number;
  readonly KW: number;
  /** Stride, dilation, leading pad along y and x. */
  readonly SY: number;
  readonly SX: number;
  readonly DY: number;
  readonly DX: number;
  readonly PT: number;
  readonly PL: number;
}

export interface WindowAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

export function windowGeometry(node: Node, kernel: readonly number[], attrs: WindowAttrs): WindowGeometry {
  const [, C = 1, H = 1, W = 1] = staticShape(sourceOf(node, 0).type.shape);
  const [N = 1, M = 1, OH = 1, OW = 1] = staticShape(node.output.type.shape);
  const [KH = 1, KW = 1] = kernel;
  const [SY = 1, SX = 1] = attrs.strides;
  const [DY = 1, DX = 1] = attrs.dilations;
  const [PT = 0, PL = 0] = attrs.pads;
  return { N, C, H, W, M, OH, OW, KH, KW, SY, SX, DY, DX, PT, PL };
}

/** Height and width of the kernel of a convolution: the last two axes of its weight. */
export function kernelSize(node: Node): readonly number[] {
  return staticShape(sourceOf(node, 1).type.shape).slice(2);
}
