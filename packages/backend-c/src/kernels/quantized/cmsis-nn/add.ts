import { type Node, numElements } from '@ghostc/ir';
import { affineOf, attrsOf, clampRange, qlinearAdd, sumMultipliers } from '@ghostc/ops';
import type { Kernel } from '../../../kernel.ts';
import { input, shapeOf } from '../../operands.ts';
import { cmsisPrelude } from './prelude.ts';

/** Sums of int8 of one shape, which have no layout. */
function accepts(node: Node): boolean {
  const shapes = [input(node, 0), input(node, 1), node.output].map((value) => shapeOf(value).join());
  const types = [input(node, 0), input(node, 1), node.output].map(({ type }) => type.dtype);
  return new Set(shapes).size === 1 && types.every((dtype) => dtype === 'i8');
}

export const add: Kernel = {
  accepts,
  emit({ node, pointer }) {
    const [a, b] = [input(node, 0), input(node, 1)];
    const attrs = attrsOf(qlinearAdd, node);
    const { shift, left, right, out } = sumMultipliers(a.type, b.type, attrs);
    const count = numElements(shapeOf(node.output));
    const [low, high] = clampRange(attrs);
    const operand = ({ multiplier, shift: by }: typeof left, value: typeof a): string =>
      `${-affineOf(value.type, 'x').zeroPoint}, ${multiplier}, ${by}`;
    const scales = `${operand(left, a)}, ${operand(right, b)}, ${shift}`;
    const output = `y, ${attrs.y_zero_point}, ${out.multiplier}, ${out.shift}, ${low}, ${high}, ${count}`;
    return {
      fn: {
        hint: `cmsis_add_${count}`,
        result: 'status',
        needs: [cmsisPrelude(attrs.rounding)],
        params: ['const int8_t *a', 'const int8_t *b', 'int8_t *y'],
        body: [`return arm_elementwise_add_s8(a, b, ${scales}, ${output}) != ARM_CMSIS_NN_SUCCESS;`],
      },
      args: [pointer(a), pointer(b), pointer(node.output)],
    };
  },
};
