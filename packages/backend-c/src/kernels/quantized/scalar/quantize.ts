import { numElements } from '@ghostc/ir';
import { attrsOf, integerRange, outputAffine, quantizeLinear } from '@ghostc/ops';
import { cType } from '../../../c-type.ts';
import type { Kernel, Prelude } from '../../../kernel.ts';
import { floatLiteral } from '../../../text/float-literal.ts';
import { loop } from '../../../text/loops.ts';
import { memoryFunctions } from '../../../text/memory-functions.ts';
import { input, shapeOf } from '../../operands.ts';
import { plus } from '../output-scale.ts';
import { quantize, roundPreludes } from '../quantize.ts';

/**
 * Without an FPU a division takes hundreds of instructions. The mantissa of x times the reciprocal of the
 * scale's is x / scale in 65536ths, at most 3 too low; the quotient as a float is at most 2 off. The float
 * division is needed only this close to a tie.
 */
const quotientPrelude: Prelude = {
  name: 'nearest-quotient',
  lines: [
    ...memoryFunctions,
    '#if !defined(GHOSTC_SOFT_FLOAT)',
    '#if defined(__SOFTFP__) || (defined(__riscv) && !defined(__riscv_flen))',
    '#define GHOSTC_SOFT_FLOAT 1',
    '#else',
    '#define GHOSTC_SOFT_FLOAT 0',
    '#endif',
    '#endif',
    '/* The integer nearest to x / scale between -256 and 256, or INT32_MIN where integers do not tell. */',
    'static inline int32_t nearest_quotient(float x, int32_t s, uint32_t reciprocal)',
    '{',
    '#if GHOSTC_SOFT_FLOAT',
    'uint32_t u, f;',
    'memcpy(&u, &x, sizeof u);',
    'const int32_t e = (int32_t)((u >> 23) & 255u);',
    'const int32_t right = s - e;',
    'if (right > 9) {',
    'return 0;',
    '}',
    'if (e == 255) {',
    'return INT32_MIN;',
    '}',
    'f = (uint32_t)(((uint64_t)((u & 0x7fffffu) | 0x800000u) * reciprocal) >> 32);',
    'f = right < -1 ? 0x1000000u : right < 0 ? f << 1 : f >> right;',
    'if (((f - 0x7ff8u) & 0xffffu) <= 16u) {',
    'return INT32_MIN;',
    '}',
    'f = (f + 0x8000u) >> 16;',
    'return (u >> 31) != 0u ? -(int32_t)f : (int32_t)f;',
    '#else',
    '(void)x;',
    '(void)s;',
    '(void)reciprocal;',
    'return INT32_MIN;',
    '#endif',
    '}',
  ],
};

/** For a scale m 2^e, m of 24 bits: what the exponent of x is taken from, and 2^55 / m in 32 bits. */
function reciprocalOf(scale: number): readonly [s: number, reciprocal: number] {
  const rounded = Math.fround(scale);
  let e = Math.floor(Math.log2(rounded)) - 23;
  while (rounded / 2 ** e < 2 ** 23) e--;
  while (rounded / 2 ** e >= 2 ** 24) e++;
  return [157 + e, Math.min(Math.floor(2 ** 55 / (rounded / 2 ** e)), 2 ** 32 - 1)];
}

/** To 8 bits; else, and for scales as no network has them, the portable one. */
export const quantizeByIntegers: Kernel = {
  emit(context) {
    const { node, pointer } = context;
    const attrs = attrsOf(quantizeLinear, node);
    const { scale, zeroPoint } = outputAffine(attrs);
    const isShort = attrs.y_dtype === 'i8' || attrs.y_dtype === 'u8';
    if (!isShort || scale < 2 ** -90 || scale > 2 ** 90) return quantize.emit(context);
    const type = cType(attrs.y_dtype);
    const [low = 0, high = 0] = integerRange(attrs.y_dtype).map((bound) => bound - zeroPoint);
    const [round, prelude] = roundPreludes[attrs.rounding];
    const count = numElements(shapeOf(node.output));
    const [s, reciprocal] = reciprocalOf(scale);
    const byFloats = `${round}(x[i] / ${floatLiteral(scale)}, ${floatLiteral(low)}, ${floatLiteral(high)})`;
    return {
      fn: {
        hint: `quantize_${count}`,
        params: ['const float *x', `${type} *y`],
        body: loop('i', count, [
          `int32_t v = nearest_quotient(x[i], ${s}, ${reciprocal}u);`,
          `v = v == INT32_MIN ? ${byFloats} : v < ${low} ? ${low} : v > ${high} ? ${high} : v;`,
          `y[i] = (${type})(v${plus(zeroPoint)});`,
        ]),
        needs: [quotientPrelude, prelude],
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  },
};
