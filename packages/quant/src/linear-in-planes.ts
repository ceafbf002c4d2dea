import { type Attrs, isStatic, type Node } from '@ghostc/ir';
import { attrsOf, resize } from '@ghostc/ops';

export function isNearest(node: Node): boolean {
  return attrsOf(resize, node).mode === 'nearest';
}

/** Attributes of the `qlinear_resize` for a linear `resize`; undefined if it does not resize as TFLite does. */
export function linearInPlanes(node: Node): Attrs | undefined {
  const { mode, sizes, scales, coordinate_transformation_mode: positions } = attrsOf(resize, node);
  const [x, y] = [node.inputs[0]?.type.shape ?? [], node.output.type.shape];
  const size = y.slice(2).filter(isStatic);
  const isWhole = sizes.length > 0 || scales.every((scale, axis) => Number(x[axis]) * scale === y[axis]);
  const isPlanes = y.length === 4 && size.length === 2 && x[0] === y[0] && x[1] === y[1];
  if (mode !== 'linear' || !isPlanes || !isWhole) return undefined;
  if (positions !== 'half_pixel' && positions !== 'align_corners' && positions !== 'asymmetric')
    return undefined;
  return {
    sizes: size,
    align_corners: positions === 'align_corners',
    half_pixel_centers: positions === 'half_pixel',
  };
}
