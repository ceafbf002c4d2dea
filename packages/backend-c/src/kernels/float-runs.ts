import type { Prelude } from '../kernel.ts';
import { vectorLanes } from '../lanes.ts';

/** Floats past its end that a fill may write, or a register read. */
export const RUN_SLACK = vectorLanes.most;

/** Copies rows of floats by registers. `fill_run` may write up to LANES - 1 floats past its end. */
export const floatRuns: Prelude = {
  name: 'float-runs',
  lines: [
    'static inline void fill_run(float *to, float v, int n)',
    '{',
    'for (int t = 0; t < n; t += LANES) {',
    'STORE(to + t, SPLAT(v));',
    '}',
    '}',
    '',
    'static inline void copy_run(float *to, const float *from, int n)',
    '{',
    'int t = 0;',
    'for (; t + LANES <= n; t += LANES) {',
    'STORE(to + t, LOAD(from + t));',
    '}',
    '#if LANES == 16',
    'if (t < n) {',
    'store_part(to + t, load_part(from + t, n - t), n - t);',
    '}',
    '#else',
    'if (t < n && n > LANES) {',
    'STORE(to + n - LANES, LOAD(from + n - LANES));',
    '} else {',
    'for (; t < n; t++) {',
    'to[t] = from[t];',
    '}',
    '}',
    '#endif',
    '}',
    '',
    '/* Every second float. */',
    'static inline void copy_run_2(float *to, const float *from, int n)',
    '{',
    'int t = 0;',
    'for (; t + LANES <= n; t += LANES) {',
    'STORE(to + t, load_even(from + 2 * t));',
    '}',
    '#if LANES == 16',
    'if (t < n) {',
    'const int all = 2 * (n - t) - 1;',
    'const vecf high = load_part(from + 2 * t + 15, all > 15 ? all - 15 : 0);',
    'store_part(to + t, even_lanes(load_part(from + 2 * t, all < 16 ? all : 16), high), n - t);',
    '}',
    '#else',
    'if (t < n && n > LANES) {',
    'STORE(to + n - LANES, load_even(from + 2 * (n - LANES)));',
    '} else {',
    'for (; t < n; t++) {',
    'to[t] = from[2 * t];',
    '}',
    '}',
    '#endif',
    '}',
  ],
};

/** Copies `n` floats that are `stride` apart; all are C expressions but the stride. */
export function copyRun(stride: number, to: string, from: string, n: string): string[] {
  if (stride === 1) return [`copy_run(${to}, ${from}, ${n});`];
  if (stride === 2) return [`copy_run_2(${to}, ${from}, ${n});`];
  return [`for (int px = 0; px < ${n}; px++) {`, `(${to})[px] = (${from})[px * ${stride}];`, '}'];
}
