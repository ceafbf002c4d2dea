import { inlineFunction as fn } from './inline-function.ts';

/** The vector layer in AVX-512 with VNNI, which adds products to sums in one instruction. */
export const avx512Lanes: readonly string[] = [
  '#include <immintrin.h>',
  '#define LANES8 16',
  'typedef __m512i vsum;',
  'typedef __m512i vpair;',
  ...fn('__m128i v_bytes(const int8_t *p)', 'return _mm_loadu_si128((const __m128i *)(const void *)p);'),
  ...fn(
    'vpair v_signed(__m128i low, __m128i high)',
    'return _mm512_cvtepi8_epi16(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1));',
  ),
  ...fn('vsum v_set(int32_t a)', 'return _mm512_set1_epi32(a);'),
  ...fn('vpair v_words(int32_t a)', 'return _mm512_set1_epi32(a);'),
  ...fn('vsum v_add(vsum a, vsum b)', 'return _mm512_add_epi32(a, b);'),
  ...fn('vsum v_sub(vsum a, vsum b)', 'return _mm512_sub_epi32(a, b);'),
  ...fn('vsum v_and(vsum a, vsum b)', 'return _mm512_and_si512(a, b);'),
  ...fn('vsum v_mul(vsum a, vsum b)', 'return _mm512_mullo_epi32(a, b);'),
  ...fn('vsum v_left(vsum a, int n)', 'return _mm512_sll_epi32(a, _mm_cvtsi32_si128(n));'),
  ...fn('vsum v_right(vsum a, int n)', 'return _mm512_sra_epi32(a, _mm_cvtsi32_si128(n));'),
  ...fn(
    'vsum v_high(vsum a, vsum b, int64_t round)',
    'const __m512i r = _mm512_set1_epi64(round);',
    'const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(a, b), r);',
    'const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32)), r);',
    'return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);',
  ),
  ...fn(
    'vpair v_load(const int16_t *p)',
    'vpair x = _mm512_loadu_si512((const void *)p);',
    'HOLD8(x);',
    'return x;',
  ),
  ...fn(
    'vpair v_widen(const int8_t *p)',
    'return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)p));',
  ),
  ...fn('vsum v_widen_twice(const int8_t *p)', 'return _mm512_cvtepi8_epi32(v_bytes(p));'),
  ...fn(
    'vpair v_quads(const int8_t *p)',
    'float q;',
    'memcpy(&q, p, 4);',
    'return _mm512_cvtepi8_epi16(_mm256_castps_si256(_mm256_set1_ps(q)));',
  ),
  ...fn(
    'vpair v_zip(const int8_t *p, const int8_t *q)',
    'const __m128i a = v_bytes(p);',
    'const __m128i b = v_bytes(q);',
    'return v_signed(_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b));',
  ),
  ...fn('vsum v_dot(vsum a, vpair x, vpair y)', 'return _mm512_dpwssd_epi32(a, x, y);'),
  ...fn(
    'vsum v_join(vsum a, vsum b)',
    'const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);',
    'const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));',
    'return _mm512_add_epi32(_mm512_permutex2var_epi32(a, even, b), _mm512_permutex2var_epi32(a, odd, b));',
  ),
  ...fn(
    'void v_store(int8_t *p, vsum a, int low, int high)',
    'const __m128i t = _mm_max_epi8(_mm512_cvtsepi32_epi8(a), _mm_set1_epi8((int8_t)low));',
    '_mm_storeu_si128((__m128i *)(void *)p, _mm_min_epi8(t, _mm_set1_epi8((int8_t)high)));',
  ),
  ...fn(
    'void v_pack(int16_t *to, const int8_t *p, const int8_t *q, const int8_t *r, const int8_t *s)',
    'const __m128i a = v_bytes(p), b = v_bytes(q), c = v_bytes(r), d = v_bytes(s);',
    'const __m128i e = _mm_unpacklo_epi8(a, b), f = _mm_unpacklo_epi8(c, d);',
    'const __m128i g = _mm_unpackhi_epi8(a, b), h = _mm_unpackhi_epi8(c, d);',
    '_mm512_storeu_si512((void *)to, v_signed(_mm_unpacklo_epi16(e, f), _mm_unpackhi_epi16(e, f)));',
    '_mm512_storeu_si512((void *)(to + 32), v_signed(_mm_unpacklo_epi16(g, h), _mm_unpackhi_epi16(g, h)));',
  ),
];
