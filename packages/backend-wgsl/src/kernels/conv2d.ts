import { attrsOf, conv2d as conv2dOp } from '@ghostc/ops';
import type { Emit, KernelContext, Step } from '../kernel.ts';
import { matrixVector, singlePixel, wideMatrixVector } from './fully-connected.ts';
import { generalConv } from './general-conv.ts';
import { pointwise } from './pointwise.ts';
import { widePointwise } from './wide/wide-pointwise.ts';
import { kernelSize, type WindowGeometry, windowGeometry } from './window-geometry.ts';

/** Picks among three kernels: a matrix-vector product for one pixel, a 1x1 kernel, the general one. */
export const conv2d: Emit = (context) => [picked(context, { matrixVector, pointwise })];

export const wideConv2d: Emit = (context) => [
  picked(context, { matrixVector: wideMatrixVector, pointwise: widePointwise }),
];

interface Choices {
  readonly matrixVector: typeof matrixVector;
  readonly pointwise: typeof pointwise;
}

function picked(context: KernelContext, choices: Choices): Step {
  const { node } = context;
  const attrs = attrsOf(conv2dOp, node);
  const geometry = windowGeometry(node, kernelSize(node), attrs);
  if (!isPointwise(geometry, attrs)) return generalConv(context, geometry, attrs.group);
  const single = geometry.OH * geometry.OW === 1 && !node.inputs[3];
  return single
    ? choices.matrixVector(context, singlePixel(context, geometry))
    : choices.pointwise(context, geometry);
}

function isPointwise(
  { KH, KW, SY, SX, H, W, OH, OW }: WindowGeometry,
  { group, pads }: { readonly group: number; readonly pads: readonly number[] },
): boolean {
  const unpadded = pads.every((pad) => pad === 0);
  return KH * KW === 1 && group === 1 && unpadded && SY * SX === 1 && OH === H && OW === W;
}
