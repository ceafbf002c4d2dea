import { affineOf, attrsOf, matmulMultiplier, qlinearMatmul } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel } from '../../kernel.ts';
import { matrixProduct } from '../matmul.ts';
import { input } from '../operands.ts';
import { outputScale } from './output-scale.ts';

/** Sums of products of both operands, each minus its zero point. */
export const matmul: Kernel = {
  emit(context) {
    const { node, pointer } = context;
    const attrs = attrsOf(qlinearMatmul, node);
    const [a, b] = [input(node, 0), input(node, 1)];
    const wide = a.type.dtype === 'i16';
    const multipliers = [matmulMultiplier(a.type, b.type, attrs)];
    const scale = outputScale(context, { multipliers, wide, attrs });
    const types = { a: cType(a.type.dtype), b: cType(b.type.dtype), y: cType(attrs.y_dtype) };
    const { hint, body } = matrixProduct(node, {
      types: { ...types, sum: wide ? 'int64_t' : 'int32_t' },
      left: (element) => `${element} - za`,
      right: (element) => `(${element} - zb)`,
      output: (sum) => scale.output(sum, '0'),
    });
    return {
      fn: {
        hint: `q_${hint}`,
        params: [
          `const ${types.a} *a`,
          'int32_t za',
          `const ${types.b} *b`,
          'int32_t zb',
          ...scale.params,
          `${types.y} *y`,
        ],
        body,
        needs: scale.needs,
      },
      args: [
        ...[pointer(a), String(affineOf(a.type, 'a').zeroPoint)],
        ...[pointer(b), String(affineOf(b.type, 'b').zeroPoint)],
        ...scale.args,
        pointer(node.output),
      ],
    };
  },
};
