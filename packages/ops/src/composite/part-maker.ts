import type { Attrs, Shape } from '@ghostc/ir';

/** What composite ops are made of. */
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

/** Makes the parts of a composite op of whatever stands for values: of tensors results, of types types, of a graph's values nodes. */
export interface PartMaker<V> {
  readonly make: (op: PartOp, inputs: readonly (V | null | undefined)[], attrs?: Attrs) => V;
  /** A scalar of the element type of `like`. */
  readonly scalar: (like: V, number: number) => V;
  readonly shapeOf: (value: V) => Shape;
}
