import type { CFunction } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { Dense } from '../int8-layer.ts';
import { mvePrelude } from './prelude.ts';
import { requantConstants, requantVector } from './requant-text.ts';

/** Outputs per block. */
const BLOCK = 4;

/** y[n][m] = requant(b[m] + sum_k w[m][k] x[n][k]): 16 products an instruction, four outputs share each vector of x. */
export function mveFullyConnected(dense: Dense): CFunction {
  const { rows, inner, outputs } = dense;
  const body = outputBlocks(dense);
  return {
    hint: `q_dense_${inner}_${outputs}`,
    needs: [mvePrelude],
    params: ['const int8_t *x', 'const int8_t *w', 'const int32_t *q', 'int8_t *y'],
    body:
      rows === 1
        ? body
        : [`for (int n = 0; n < ${rows}; n++) {`, ...body, `x += ${inner};`, `y += ${outputs};`, '}'],
  };
}

function outputBlocks(dense: Dense): string[] {
  const { outputs, inner, plan } = dense;
  const whole = outputs - (outputs % BLOCK);
  const rest = outputs % BLOCK;
  return [
    'const int8_t *wm = w;',
    'const int32_t *qm = q;',
    'int8_t *ym = y;',
    ...(whole
      ? [
          `for (int m = 0; m < ${whole}; m += ${BLOCK}) {`,
          ...outputBlock(dense, BLOCK),
          `wm += ${BLOCK * inner};`,
          `qm += ${BLOCK * plan.words};`,
          `ym += ${BLOCK};`,
          '}',
        ]
      : []),
    ...(rest ? outputBlock(dense, rest) : []),
  ];
}

function outputBlock({ inner, plan }: Dense, count: number): string[] {
  const whole = Math.floor(inner / 16);
  const row = (i: number): string => (i === 0 ? 'wm' : `wm + ${i * inner}`);
  const products = (x: string): string[] => [
    `const int8x16_t xv = ${x};`,
    ...range(count).flatMap((i) => [`a${i} = vmladavaq_s8(a${i}, xv, vldrbq_s8(w${i}));`, `w${i} += 16;`]),
  ];
  return [
    `const int8_t ${range(count)
      .map((i) => `*w${i} = ${row(i)}`)
      .join(', ')};`,
    'const int8_t *xk = x;',
    `int32_t ${range(count)
      .map((i) => `a${i} = 0`)
      .join(', ')};`,
    ...(whole
      ? [`for (int k = 0; k < ${whole}; k++) {`, ...products('vldrbq_s8(xk)'), 'xk += 16;', '}']
      : []),
    ...(inner % 16 ? ['{', ...products(`vldrbq_z_s8(xk, vctp8q(${inner % 16}))`), '}'] : []),
    ...range(count).flatMap((i) => [
      '{',
      ...requantConstants(plan, i ? `(qm + ${i * plan.words})` : 'qm'),
      `ym[${i}] = (int8_t)vgetq_lane_s32(${requantVector(plan, `vdupq_n_s32(a${i} + bias)`)}, 0);`,
      '}',
    ]),
  ];
}
