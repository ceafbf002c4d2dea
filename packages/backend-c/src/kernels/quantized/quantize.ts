import { numElements, stridesOf } from '@ghostc/ir';
import { attrsOf, integerRange, outputAffine, quantizeLinear } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel, Prelude } from '../../kernel.ts';
import { vectorLanes } from '../../lanes.ts';
import { floatLiteral } from '../../text/float-literal.ts';
import { affine, loop, nest } from '../../text/loops.ts';
import { memoryFunctions } from '../../text/memory-functions.ts';
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

/** Rounds a quotient by the layer's rule: name of the function, and the function. */
export const roundPreludes = {
  double: ['round_limited', roundPrelude],
  single: ['round_even_limited', roundEvenPrelude],
} as const;

/**
 * The same by registers. Adding 1.5 * 2^23 rounds ties to even; a rest of `half`, 1/2 where ties go away from zero and 1 where they
 * do not, takes a tie that went towards zero on by one.
 */
const registersPrelude: Prelude = {
  name: 'round-registers',
  lines: [
    ...memoryFunctions,
    '/* Quantises n elements but the last few; how many it did. */',
    'static inline int quantize_registers(int8_t *y, const float *x, int n, float scale, float low, float high, int zero, float half)',
    '{',
    'int i = 0;',
    '#if LANES > 1',
    'const vecf magic = SPLAT(12582912.0f);',
    'for (; i + LANES <= n; i += LANES) {',
    'const vecf v = LOAD(x + i) / scale;',
    'const vecf f = AT_MOST(SELECT(v > SPLAT(low), v, SPLAT(low)), high);',
    'const vecf t = f + magic;',
    'const vecf rest = f - (t - magic);',
    '/* A comparison that holds is -1. */',
    'const veci up = (rest >= SPLAT(half)) & (f > SPLAT(0.0f));',
    'const veci down = (rest <= SPLAT(-half)) & (f < SPLAT(0.0f));',
    'const veci rounded = (veci)t - (veci)magic - up + down + zero;',
    'int32_t lanes[LANES];',
    'memcpy(lanes, &rounded, sizeof lanes);',
    'for (int l = 0; l < LANES; l++) {',
    'y[i + l] = (int8_t)lanes[l];',
    '}',
    '}',
    '#else',
    '(void)y;',
    '(void)x;',
    '(void)n;',
    '(void)scale;',
    '(void)low;',
    '(void)high;',
    '(void)zero;',
    '(void)half;',
    '#endif',
    'return i;',
    '}',
  ],
};

export const quantize: Kernel = {
  emit({ node, pointer, lanes }) {
    const attrs = attrsOf(quantizeLinear, node);
    const { scale, zeroPoint } = outputAffine(attrs);
    const type = cType(attrs.y_dtype);
    const [low, high] = integerRange(attrs.y_dtype).map((bound) => floatLiteral(bound - zeroPoint));
    const count = numElements(shapeOf(node.output));
    const [round, prelude] = roundPreludes[attrs.rounding];
    const value = `${round}(x[i] / ${floatLiteral(scale)}, ${low}, ${high})`;
    const element = `y[i] = (${type})(${value}${plus(zeroPoint)});`;
    const registers = lanes.vector && attrs.y_dtype === 'i8' && count >= vectorLanes.most;
    const half = attrs.rounding === 'single' ? '1.0f' : '0.5f';
    return {
      fn: {
        hint: `quantize_${count}`,
        params: ['const float *x', `${type} *y`],
        body: registers
          ? [
              `int i = quantize_registers(y, x, ${count}, ${floatLiteral(scale)}, ${low}, ${high}, ${zeroPoint}, ${half});`,
              `for (; i < ${count}; i++) {`,
              element,
              '}',
            ]
          : loop('i', count, [element]),
        needs: registers ? [prelude, registersPrelude] : [prelude],
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
