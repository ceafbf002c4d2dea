import type { Attrs, Shape } from '@ghostc/ir';

/** How composite ops are built from other ops. */
export type PartOp =
  | 'add'
  | 'average_pool'
  | 'concat'
  | 'conv2d'
  | 'depthwise_conv2d'
  | 'div'
  | 'global_average_pool'
  | 'mul'
  | 'prelu'
  | 'reduce_mean'
  | 'resize'
  | 'sqrt'
  | 'sub';

/**
 * Builds the parts of a composite op for one kind of value: tensors (computes results), types (infers types),
 * or values of a graph (adds nodes).
 */
export interface PartMaker<V> {
  readonly make: (op: PartOp, inputs: readonly (V | null | undefined)[], attrs?: Attrs) => V;
  /** A scalar of the element type of `like`. */
  readonly scalar: (like: V, number: number) => V;
  readonly shapeOf: (value: V) => Shape;
}
