import type { Device } from './c-program.ts';

/**
 * How pixels are held in registers. Scalar: a `float` each. Vector: a `vecf` of LANES floats (GNU vector extension; LANES
 * is set by the C preprocessor, 1 to 8, so that the same text compiles everywhere).
 */
export interface Lanes {
  readonly vector: boolean;
  readonly type: 'float' | 'vecf';
  /** Floats per register, as C. */
  readonly width: '1' | 'LANES';
  /** Largest value of `width`. */
  readonly most: number;
}

export const scalarLanes: Lanes = { vector: false, type: 'float', width: '1', most: 1 };
export const vectorLanes: Lanes = { vector: true, type: 'vecf', width: 'LANES', most: 8 };

export function lanesOf(device: Device): Lanes {
  return device === 'host' || device === 'wasm32' ? vectorLanes : scalarLanes;
}

/** Position `count` registers further: `p + 2 * LANES`, `p + 2`. */
export function advance({ vector }: Lanes, base: string, count: number): string {
  if (count === 0) return base;
  return `${base} + ${vector ? (count === 1 ? 'LANES' : `${count} * LANES`) : count}`;
}

/** Value of the register at `pointer[index]`. */
export function load({ vector }: Lanes, pointer: string, index: string): string {
  return vector ? `LOAD(${pointer} + ${index})` : `${pointer}[${index}]`;
}

export function splat({ vector }: Lanes, value: string): string {
  return vector ? `SPLAT(${value})` : value;
}

/** Definitions that vector code stands on. */
export const vectorPrelude: readonly string[] = [
  '#if defined(__GNUC__) && defined(__AVX__)',
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
  '#define RELU(v) ((vecf)((veci)(v) & ~((v) < SPLAT(0.0f))))',
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
  '#endif',
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
