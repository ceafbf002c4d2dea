import { inlineFunction as fn } from './inline-function.ts';

/** The vector layer of int8 kernels in simd128 of WebAssembly. */
export const wasmLanes: readonly string[] = [
  '#include <wasm_simd128.h>',
  '#define LANES8 4',
  'typedef v128_t vsum;',
  'typedef v128_t vpair;',
  ...fn('vsum v_set(int32_t a)', 'return wasm_i32x4_splat(a);'),
  ...fn('vpair v_words(int32_t a)', 'return wasm_i32x4_splat(a);'),
  ...fn('vsum v_add(vsum a, vsum b)', 'return wasm_i32x4_add(a, b);'),
  ...fn('vsum v_sub(vsum a, vsum b)', 'return wasm_i32x4_sub(a, b);'),
  ...fn('vsum v_and(vsum a, vsum b)', 'return wasm_v128_and(a, b);'),
  ...fn('vsum v_mul(vsum a, vsum b)', 'return wasm_i32x4_mul(a, b);'),
  ...fn('vsum v_left(vsum a, int n)', 'return wasm_i32x4_shl(a, (uint32_t)n);'),
  '/* In this block: LLVM takes a shift by one number, or a product of halves, only where it sees both operands whole. */',
  '#define STAY8(a) __asm__ volatile("" : "+r"(a))',
  ...fn(
    'vsum v_right(vsum a, int n)',
    'if (!__builtin_constant_p(n)) {',
    'STAY8(n);',
    '}',
    'return wasm_i32x4_shr(a, (uint32_t)n);',
  ),
  ...fn(
    'vsum v_high(vsum a, vsum b, int64_t round)',
    'STAY8(a);',
    'STAY8(b);',
    'const v128_t r = wasm_i64x2_splat(round);',
    'const v128_t low = wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(a, b), r);',
    'const v128_t high = wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(a, b), r);',
    'return wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);',
  ),
  ...fn('vpair v_load(const int16_t *p)', 'return wasm_v128_load(p);'),
  ...fn('vpair v_widen(const int8_t *p)', 'return wasm_i16x8_load8x8(p);'),
  ...fn(
    'vsum v_widen_twice(const int8_t *p)',
    'return wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p)));',
  ),
  ...fn('vpair v_quads(const int8_t *p)', 'return wasm_i16x8_extend_low_i8x16(wasm_v128_load32_splat(p));'),
  '/* Four bytes of each, in turn. */',
  ...fn(
    'v128_t v_turns(const int8_t *p, const int8_t *q)',
    'const v128_t a = wasm_v128_load32_zero(p);',
    'const v128_t b = wasm_v128_load32_zero(q);',
    'return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);',
  ),
  ...fn(
    'vpair v_zip(const int8_t *p, const int8_t *q)',
    'return wasm_i16x8_extend_low_i8x16(v_turns(p, q));',
  ),
  ...fn('vsum v_dot(vsum a, vpair x, vpair y)', 'return wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(x, y));'),
  ...fn(
    'vsum v_join(vsum a, vsum b)',
    'return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));',
  ),
  ...fn(
    'void v_store(int8_t *p, vsum a, int low, int high)',
    'const v128_t t = wasm_i16x8_narrow_i32x4(a, a);',
    'const v128_t c = wasm_i16x8_min(wasm_i16x8_max(t, wasm_i16x8_splat((int16_t)low)), wasm_i16x8_splat((int16_t)high));',
    'wasm_v128_store32_lane(p, wasm_i8x16_narrow_i16x8(c, c), 0);',
  ),
  ...fn(
    'void v_pack(int16_t *to, const int8_t *p, const int8_t *q, const int8_t *r, const int8_t *s)',
    'const v128_t g = wasm_i16x8_shuffle(v_turns(p, q), v_turns(r, s), 0, 8, 1, 9, 2, 10, 3, 11);',
    'wasm_v128_store(to, wasm_i16x8_extend_low_i8x16(g));',
    'wasm_v128_store(to + 8, wasm_i16x8_extend_high_i8x16(g));',
  ),
];
