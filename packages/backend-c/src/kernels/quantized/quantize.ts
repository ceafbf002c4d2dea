import { numElements, stridesOf } from '@ghostc/ir';
import { attrsOf, integerRange, outputAffine, quantizeLinear } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel, Prelude } from '../../kernel.ts';
import { floatLiteral } from '../../text/float-literal.ts';
import { affine, loop, nest } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { plus } from './output-scale.ts';

const roundPrelude: Prelude = {
  name: 'round-limited',
  lines: [
    '/* Nearest integer, ties away from zero, between low and high (integers below 2^22); NaN gives low. */',
    'static inline int32_t round_limited(float v, float low, float high)',
    '{',
    'const float f = v > low ? (v < high ? v : high) : low;',
    'const int32_t t = (int32_t)f;',
    'const float rest = f - (float)t;',
    'return rest >= 0.5f ? t + 1 : rest <= -0.5f ? t - 1 : t;',
    '}',
  ],
};

/** half is the least rest that rounds up: 1/2, or the float above it where the tie goes to an even t. */
const roundEvenPrelude: Prelude = {
  name: 'round-even-limited',
  lines: [
    '/* Nearest integer, ties to even, between low and high (integers below 2^22); NaN gives low. */',
    'static inline int32_t round_even_limited(float v, float low, float high)',
    '{',
    'const float f = v > low ? (v < high ? v : high) : low;',
    'const int32_t t = (int32_t)f;',
    'const float rest = f - (float)t;',
    'const float half = t % 2 ? 0.5f : 0.50000006f;',
    'return rest >= half ? t + 1 : rest <= -half ? t - 1 : t;',
    '}',
  ],
};

const roundPreludes = {
  double: ['round_limited', roundPrelude],
  single: ['round_even_limited', roundEvenPrelude],
} as const;

export const quantize: Kernel = {
  emit({ node, pointer }) {
    const attrs = attrsOf(quantizeLinear, node);
    const { scale, zeroPoint } = outputAffine(attrs);
    const type = cType(attrs.y_dtype);
    const [low, high] = integerRange(attrs.y_dtype).map((bound) => floatLiteral(bound - zeroPoint));
    const count = numElements(shapeOf(node.output));
    const [round, prelude] = roundPreludes[attrs.rounding];
    const value = `${round}(x[i] / ${floatLiteral(scale)}, ${low}, ${high})`;
    return {
      fn: {
        hint: `quantize_${count}`,
        params: ['const float *x', `${type} *y`],
        body: loop('i', count, [`y[i] = (${type})(${value}${plus(zeroPoint)});`]),
        needs: [prelude],
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  },
};

/** Per tensor with constants, per axis with tables. Elements of 32 bits are converted in double precision. */
export const dequantize: Kernel = {
  emit({ node, pointer }) {
    const x = input(node, 0);
    const shape = shapeOf(x);
    const { scale, zeroPoint, axis } = x.type.quant ?? { scale: [1], zeroPoint: [0] };
    const dims = axis === undefined ? [1, 1, numElements(shape)] : aroundAxis(shape, axis);
    const wide = x.type.dtype === 'i32';
    const formula = (element: string, s: string, z: string): string =>
      wide ? `(float)((double)${s} * ((double)${element} - ${z}))` : `${s} * (float)(${element} - ${z})`;
    return {
      fn: {
        hint: `dequantize_${dims.filter((dim) => dim !== 1).join('x') || '1'}`,
        params: [`const ${cType(x.type.dtype)} *x`, 'float *y'],
        body: [
          `static const float s[${scale.length}] = { ${scale.map(floatLiteral).join(', ')} };`,
          `static const int32_t z[${scale.length}] = { ${zeroPoint.join(', ')} };`,
          ...nest(dims, (index) => {
            const at = affine(index, stridesOf(dims));
            return [`y[${at}] = ${formula(`x[${at}]`, `s[${index[1]}]`, `z[${index[1]}]`)};`];
          }),
        ],
      },
      args: [pointer(x), pointer(node.output)],
    };
  },
};

function aroundAxis(shape: readonly number[], axis: number): number[] {
  return [numElements(shape.slice(0, axis)), shape[axis] ?? 1, numElements(shape.slice(axis + 1))];
}
