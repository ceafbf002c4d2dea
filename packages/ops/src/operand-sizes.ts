import type { Node, Shape } from '@ghostc/ir';

/** Sizes used in facts of ops. */

/**
 * Roundings of a sum besides those of its terms: the product, the bias, weights scaled when a factor was
 * folded in.
 */
export const SUM_OVERHEAD = 6;

const product = (sizes: Shape): number => sizes.reduce<number>((p, size) => p * Number(size), 1);

function shapeOf(node: Node, input: number): Shape {
  return node.inputs[input]?.type.shape ?? [];
}

/** Elements of the weight `inputs[1]` that one output channel reads. */
export function weightsPerOutput(node: Node): number {
  return product(shapeOf(node, 1).slice(1));
}

/** Roundings of one output of a layer with such a weight. */
export function layerTerms(node: Node): number {
  return weightsPerOutput(node) + SUM_OVERHEAD;
}

/** Elements in a pool's window. */
export function windowSize({ attrs }: Node): number {
  return Array.isArray(attrs.kernel_shape) ? product(attrs.kernel_shape) : 1;
}

/** Elements of one channel of x. */
export function planeSize(node: Node): number {
  return product(shapeOf(node, 0).slice(2));
}

/** Size of the last axis of x. */
export function lastSize(node: Node): number {
  return Number(shapeOf(node, 0).at(-1) ?? 1);
}

/** Axes of x. */
export function rankOf(node: Node): number {
  return shapeOf(node, 0).length;
}

/** Elements of x per element of the output. */
export function elementsPerOutput(node: Node): number {
  return product(shapeOf(node, 0)) / Math.max(1, product(node.output.type.shape));
}

/** Roundings of a sum over part of x. */
export function reducedTerms(node: Node): number {
  return Math.max(1, elementsPerOutput(node)) + 2;
}
