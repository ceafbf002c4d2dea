import { numElements, stridesOf } from '@ghostc/ir';
import { attrsOf, exponentialTable, integerRange, normalAxis, qlinearSoftmax } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel, Prelude } from '../../kernel.ts';
import { affine, loop, nest } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { dividePrelude, highMulPrelude, saturatePrelude } from './scale-prelude.ts';

/** packages/ops/src/quantized/fixed-point-exp.ts, `reciprocalOfSum`. */
const reciprocalPrelude: Prelude = {
  name: 'softmax-reciprocal',
  needs: [highMulPrelude, saturatePrelude],
  lines: [
    '/* sum in Q12.19 is 2^*bits (1 + f): gives 1 / (1 + f) in Q0.31. */',
    'static inline int32_t reciprocal_of_sum(int32_t sum, int *bits)',
    '{',
    'uint32_t s = (uint32_t)sum;',
    'int32_t half, v;',
    '*bits = 12;',
    'while (s < UINT32_C(0x80000000)) {',
    's <<= 1;',
    '(*bits)--;',
    '}',
    'half = (int32_t)(s >> 1);',
    'v = 1515870810 + high_mul(half, -1010580540); /* 48/17 - 32/17 half, Q2.29 */',
    'for (int i = 0; i < 3; i++) {',
    'v += saturate((int64_t)high_mul(v, 536870912 - high_mul(half, v)) * 4);',
    '}',
    'return saturate((int64_t)v * 2);',
    '}',
  ],
};

/** The exponentials of all differences to the maximum are in a table. */
export const softmax: Kernel = {
  emit({ node, pointer, weights }) {
    const x = input(node, 0);
    const attrs = attrsOf(qlinearSoftmax, node);
    const shape = shapeOf(x);
    const axis = normalAxis(attrs.axis, shape.length);
    const [size, stride] = [shape[axis] ?? 1, stridesOf(shape)[axis] ?? 1];
    const outer = numElements(shape.slice(0, axis));
    const { exponentials, lowest } = exponentialTable(x.type, attrs.beta);
    const type = cType(attrs.y_dtype);
    const [low, high] = integerRange(attrs.y_dtype);
    const difference = `const int32_t d = top - xi[k * ${stride}];`;
    return {
      fn: {
        hint: `q_softmax_${outer}x${size}x${stride}`,
        params: [`const ${cType(x.type.dtype)} *x`, 'const int32_t *e', `${type} *y`],
        body: nest([outer, stride], (index) => [
          `const ${cType(x.type.dtype)} *xi = x + ${affine(index, [size * stride, 1])};`,
          `${type} *yi = y + ${affine(index, [size * stride, 1])};`,
          'int32_t top = xi[0], sum = 0, r;',
          'int bits;',
          ...loop('k', size, [`top = xi[k * ${stride}] > top ? xi[k * ${stride}] : top;`]),
          ...loop('k', size, [difference, `sum += d > ${lowest} ? 0 : divide_rounded(e[d], 12);`]),
          'r = reciprocal_of_sum(sum, &bits);',
          ...loop('k', size, [
            difference,
            `const int32_t v = d > ${lowest} || bits > 8 ? 0 : divide_rounded(high_mul(r, e[d]), bits + 23);`,
            `yi[k * ${stride}] = (${type})(v > ${high - low} ? ${high} : v${low < 0 ? ` - ${-low}` : ''});`,
          ]),
        ]),
        needs: [dividePrelude, reciprocalPrelude],
      },
      args: [pointer(x), weights(exponentials.subarray(0, lowest + 1)), pointer(node.output)],
    };
  },
};
