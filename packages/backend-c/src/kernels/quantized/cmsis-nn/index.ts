import type { Graph, Node } from '@ghostc/ir';
import { defaultRounding, nodeMacs, type Rounding, roundings } from '@ghostc/ops';
import type { Kernel } from '../../../kernel.ts';
import { convParams, denseParams, depthwiseParams } from '../int8-layer.ts';
import { add } from './add.ts';
import { convolutionKernel, depthwiseKernel } from './convolution.ts';

const cmsisKernels = {
  qlinear_add: add,
  qlinear_conv2d: convolutionKernel(convParams),
  qlinear_depthwise_conv2d: depthwiseKernel(depthwiseParams),
  qlinear_fully_connected: convolutionKernel(denseParams),
} satisfies { readonly [op: string]: Kernel };

type CmsisKernels = { readonly [K in keyof typeof cmsisKernels]: Kernel };

function rounds({ attrs }: Node, rounding: Rounding): boolean {
  return (attrs.rounding ?? defaultRounding) === rounding;
}

/** Calls of CMSIS-NN, which the user has, in the build that rounds so: int8 in and out. */
export function cmsisKernelsFor(rounding: Rounding): CmsisKernels {
  const only = (kernel: Kernel): Kernel => ({
    ...kernel,
    accepts: (node) => rounds(node, rounding) && (kernel.accepts?.(node) ?? true),
  });
  const entries = Object.entries(cmsisKernels).map(([op, kernel]) => [op, only(kernel)]);
  return Object.fromEntries(entries) as CmsisKernels;
}

/** The library is built for one rounding: that of most multiply-accumulates that it could take. */
export function libraryRounding(graph: Graph): Rounding {
  const macs = (rounding: Rounding): number =>
    [...graph.nodes()]
      .filter((node) => Object.hasOwn(cmsisKernels, node.op) && rounds(node, rounding))
      .reduce((sum, node) => sum + 1 + nodeMacs(node), 0);
  return roundings.reduce((best, one) => (macs(one) > macs(best) ? one : best), defaultRounding);
}
