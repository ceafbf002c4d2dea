import type { Device } from './c-program.ts';
import { hasAvx512 } from './dispatch.ts';

/**
 * How pixels are held in registers. Scalar: a `float` each. Vector: a `vecf` of LANES floats (GNU vector extension; LANES
 * is set by the C preprocessor, 1 to 16, so that the same text compiles everywhere).
 */
export interface Lanes {
  readonly vector: boolean;
  readonly type: 'float' | 'vecf';
  /** Floats of the widest registers. */
  readonly most: number;
  /** Output channels of a tile of two registers of pixels: as many as leave a register for each of its operands. */
  readonly tileRows: number;
  /** Has an Arm core of this kind registers of floats, of which one instruction loads many? */
  readonly vfp: boolean;
  /** Do layers share a function where that takes each output an instruction? */
  readonly sharesCode: boolean;
}

const scalarLanes: Lanes = {
  vector: false,
  type: 'float',
  most: 1,
  tileRows: 1,
  vfp: false,
  sharesCode: false,
};
export const vectorLanes: Lanes = {
  vector: true,
  type: 'vecf',
  most: 16,
  tileRows: 6,
  vfp: false,
  sharesCode: false,
};
/** 32 registers: sixteen sums, and what they are made of. */
const neonLanes: Lanes = { ...vectorLanes, tileRows: 8 };
/** Engines keep 15 registers, and load all operands of a step first; pages download the code. */
const wasmLanes: Lanes = { ...vectorLanes, tileRows: 4, sharesCode: true };

const withVfp: ReadonlySet<Device> = new Set([
  'cortex-m4',
  'cortex-m7',
  'cortex-m33',
  'cortex-m55',
  'cortex-m85',
]);

/** Of any device. */
export const mostTileRows = neonLanes.tileRows;

export function lanesOf(device: Device): Lanes {
  if (device === 'wasm32') return wasmLanes;
  if (device === 'aarch64') return neonLanes;
  return device === 'host' ? vectorLanes : { ...scalarLanes, vfp: withVfp.has(device) };
}

/** Definitions that vector code depends on. */
export const vectorPrelude: readonly string[] = [
  `#if defined(__GNUC__) && ${hasAvx512}`,
  '#define LANES 16',
  '#elif defined(__GNUC__) && defined(__AVX__)',
  '#define LANES 8',
  '#elif defined(__GNUC__) && (defined(__SSE__) || defined(__ARM_NEON) || defined(__wasm_simd128__))',
  '#define LANES 4',
  '#else',
  '#define LANES 1',
  '#endif',
  '#if LANES > 1',
  'typedef float vecf __attribute__((vector_size(LANES * 4)));',
  'typedef int32_t veci __attribute__((vector_size(LANES * 4)));',
  '/* The same at any address of a float. */',
  'typedef float vecf_at __attribute__((vector_size(LANES * 4), aligned(4), may_alias));',
  '#define LOAD(p) ((vecf)*(const vecf_at *)(p))',
  '#define STORE(p, v) (*(vecf_at *)(p) = (v))',
  '#define SPLAT(s) splat(s)',
  '#if LANES == 16 || defined(__wasm_simd128__)',
  '#define RELU(v) AT_LEAST(v, 0.0f)',
  '#else',
  '#define RELU(v) ((vecf)((veci)(v) & ~((v) < SPLAT(0.0f))))',
  '#endif',
  '/* Lanes of a where the mask is all ones, else of b. */',
  '#define SELECT(mask, a, b) ((vecf)(((veci)(a) & (mask)) | ((veci)(b) & ~(mask))))',
  'static inline vecf splat(float s)',
  '{',
  'const vecf zeros = { 0.0f };',
  'return s - zeros;',
  '}',
  '#else',
  'typedef float vecf;',
  '#define LOAD(p) (*(p))',
  '#define STORE(p, v) (*(p) = (v))',
  '#define SPLAT(s) (s)',
  '#define RELU(v) ((v) < 0.0f ? 0.0f : (v))',
  '#define SELECT(mask, a, b) ((mask) ? (a) : (b))',
  '#endif',
  '',
  '#if defined(__GNUC__)',
  '#define PREFETCH(p) __builtin_prefetch(p)',
  '#else',
  '#define PREFETCH(p) ((void)(p))',
  '#endif',
  '',
  '/* max(low, v) and min(v, high), and v where that is NaN. */',
  '#if LANES == 16',
  '#include <immintrin.h>',
  '#define AT_LEAST(v, low) ((vecf)_mm512_max_ps((__m512)SPLAT(low), (__m512)(v)))',
  '#define AT_MOST(v, high) ((vecf)_mm512_min_ps((__m512)SPLAT(high), (__m512)(v)))',
  '#elif defined(__AVX__)',
  '#include <immintrin.h>',
  '#define AT_LEAST(v, low) ((vecf)_mm256_max_ps((__m256)SPLAT(low), (__m256)(v)))',
  '#define AT_MOST(v, high) ((vecf)_mm256_min_ps((__m256)SPLAT(high), (__m256)(v)))',
  '#elif defined(__wasm_simd128__)',
  '#define AT_LEAST(v, low) ((vecf)__builtin_wasm_pmax_f32x4(v, SPLAT(low)))',
  '#define AT_MOST(v, high) ((vecf)__builtin_wasm_pmin_f32x4(v, SPLAT(high)))',
  '#else',
  '#define AT_LEAST(v, low) SELECT((v) < SPLAT(low), SPLAT(low), v)',
  '#define AT_MOST(v, high) SELECT((v) > SPLAT(high), SPLAT(high), v)',
  '#endif',
  '',
  '/* The first n lanes, 1 to LANES; the others are 0. */',
  'static inline vecf load_part(const float *p, int n)',
  '{',
  '#if LANES == 16',
  'return (vecf)_mm512_maskz_loadu_ps((__mmask16)(0xffff >> (16 - n)), p);',
  '#elif defined(__AVX__)',
  'static const int32_t mask[16] = { -1, -1, -1, -1, -1, -1, -1, -1 };',
  'return (vecf)_mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(const void *)(mask + 8 - n)));',
  '#else',
  'float t[LANES] = { 0.0f };',
  'for (int i = 0; i < LANES; i++) {',
  't[i] = i < n ? p[i] : 0.0f;',
  '}',
  'return LOAD(t);',
  '#endif',
  '}',
  '',
  'static inline void store_part(float *p, vecf v, int n)',
  '{',
  '#if LANES == 16',
  '_mm512_mask_storeu_ps(p, (__mmask16)(0xffff >> (16 - n)), (__m512)v);',
  '#elif defined(__AVX__)',
  '/* In pieces: on some processors a store under a mask takes as long as many of them. */',
  '__m128 rest = _mm256_castps256_ps128((__m256)v);',
  'if (n == LANES) {',
  'STORE(p, v);',
  'return;',
  '}',
  'if (n >= 4) {',
  '_mm_storeu_ps(p, rest);',
  'rest = _mm256_extractf128_ps((__m256)v, 1);',
  'p += 4;',
  '}',
  'if ((n & 2) != 0) {',
  '_mm_storel_pi((__m64 *)(void *)p, rest);',
  'rest = _mm_movehl_ps(rest, rest);',
  'p += 2;',
  '}',
  'if ((n & 1) != 0) {',
  '_mm_store_ss(p, rest);',
  '}',
  '#elif defined(__wasm_simd128__)',
  'if (n == LANES) {',
  'STORE(p, v);',
  'return;',
  '}',
  'p[0] = v[0];',
  'if (n > 1) {',
  'p[1] = v[1];',
  '}',
  'if (n > 2) {',
  'p[2] = v[2];',
  '}',
  '#else',
  'float t[LANES] = { 0.0f };',
  'STORE(t, v);',
  'for (int i = 0; i < LANES && i < n; i++) {',
  'p[i] = t[i];',
  '}',
  '#endif',
  '}',
  '',
  '/* Every second float from p on; nothing after the last of them is read. */',
  'static inline vecf load_even(const float *p)',
  '{',
  '#if LANES == 16',
  'const __m512i even = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 14, 12, 10, 8, 6, 4, 2, 0);',
  'return (vecf)_mm512_permutex2var_ps(_mm512_loadu_ps(p), even, _mm512_loadu_ps(p + 15));',
  '#elif defined(__AVX__)',
  'const __m256 a = _mm256_loadu_ps(p);',
  'const __m256 b = _mm256_loadu_ps(p + 7);',
  'const __m256 low = _mm256_permute2f128_ps(a, b, 0x20);',
  'const __m256 high = _mm256_permute2f128_ps(a, b, 0x31);',
  'const __m256 first = _mm256_shuffle_ps(low, high, 0x88);',
  'const __m256 second = _mm256_shuffle_ps(low, high, 0xdd);',
  'return (vecf)_mm256_blend_ps(first, second, 0xf0);',
  '#elif LANES == 4 && defined(__clang__)',
  'return __builtin_shufflevector(LOAD(p), LOAD(p + 3), 0, 2, 5, 7);',
  '#elif LANES == 4',
  'const veci even = { 0, 2, 5, 7 };',
  'return __builtin_shuffle(LOAD(p), LOAD(p + 3), even);',
  '#else',
  'return *p;',
  '#endif',
  '}',
  '',
  '/* Sum of the lanes. */',
  'static inline float lane_sum(vecf v)',
  '{',
  'float t[LANES] = { 0.0f };',
  'float sum = 0.0f;',
  'STORE(t, v);',
  'for (int i = 0; i < LANES; i++) {',
  'sum += t[i];',
  '}',
  'return sum;',
  '}',
  '',
];
