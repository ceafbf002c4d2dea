import type { CFunction } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { Dense } from '../int8-layer.ts';
import { requantStores } from '../requant-stores.ts';
import { dspPrelude } from './prelude.ts';

/** Outputs per block. */
const BLOCK = 4;

/** Words of four k, and the words of x that they are multiplied with. */
const quads = (inner: number): number => Math.ceil(inner / 4);

/** Bytes of the widened input. */
export function dspDenseScratch(inner: number): number {
  return 8 * quads(inner);
}

/** Weights [outputs][inner] as words of four k, the words of four outputs side by side; k padded with zeros. */
export function packDspDense(weight: Int8Array, outputs: number, inner: number): Int8Array {
  const words = quads(inner);
  const packed = new Int8Array(outputs * words * 4);
  for (let m = 0; m < outputs; m++) {
    const first = m - (m % BLOCK);
    const height = Math.min(BLOCK, outputs - first);
    for (let k = 0; k < inner; k++)
      packed[(first * words + (k >> 2) * height + (m - first)) * 4 + (k & 3)] = weight[m * inner + k] ?? 0;
  }
  return packed;
}

/** y[n][m] = requant(b[m] + sum_k w[m][k] x[n][k]): x is widened to int16 once, four outputs share each of its words. */
export function dspFullyConnected({ rows, inner, outputs, plan }: Dense): CFunction {
  const row = [...widen(inner), ...outputBlocks({ inner, outputs, plan })];
  return {
    hint: `q_dense_${inner}_${outputs}`,
    needs: [dspPrelude],
    params: ['const int8_t *x', 'const int32_t *w', 'const int32_t *q', 'int8_t *y', 'int32_t *wide'],
    body:
      rows === 1
        ? row
        : [`for (int n = 0; n < ${rows}; n++) {`, ...row, `x += ${inner};`, `y += ${outputs};`, '}'],
  };
}

function widen(inner: number): string[] {
  const whole = Math.floor(inner / 4);
  const rest = inner % 4;
  const element = (i: number): string => (i < rest ? `x[${4 * whole + i}]` : '0');
  return [
    ...(whole
      ? [
          `for (int k = 0; k < ${whole}; k++) {`,
          'const int32_t v = load4(x + 4 * k);',
          'wide[2 * k] = even_bytes(v);',
          'wide[2 * k + 1] = odd_bytes(v);',
          '}',
        ]
      : []),
    ...(rest
      ? [
          `wide[${2 * whole}] = low_halves(${element(0)}, ${element(2)});`,
          `wide[${2 * whole + 1}] = low_halves(${element(1)}, ${element(3)});`,
        ]
      : []),
  ];
}

type Outputs = Pick<Dense, 'inner' | 'outputs' | 'plan'>;

function outputBlocks(of: Outputs): string[] {
  const { outputs } = of;
  const whole = outputs - (outputs % BLOCK);
  return [
    'const int32_t *wk = w;',
    'const int32_t *qk = q;',
    'int8_t *ym = y;',
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${BLOCK}) {`, ...outputBlock(of, BLOCK), '}'] : []),
    ...(outputs % BLOCK ? outputBlock(of, outputs % BLOCK) : []),
  ];
}

function outputBlock({ inner, plan }: Outputs, count: number): string[] {
  const unroll = quads(inner) % 2 === 0 ? 2 : 1;
  return [
    ...range(count).map((i) => `int32_t a${i} = qk[${i * plan.words}];`),
    'const int32_t *c = wide;',
    `const int32_t *const end = wide + ${2 * quads(inner)};`,
    'do {',
    ...range(unroll).flatMap((step) => [
      '{',
      `const int32_t x0 = c[${2 * step}], x1 = c[${2 * step + 1}];`,
      ...range(count).map((i) => {
        const w = `wk[${step * count + i}]`;
        return `a${i} = __smlad(even_bytes(${w}), x0, a${i}); a${i} = __smlad(odd_bytes(${w}), x1, a${i});`;
      }),
      '}',
    ]),
    `c += ${2 * unroll};`,
    `wk += ${unroll * count};`,
    '} while (c != end);',
    ...range(count).flatMap((i) =>
      requantStores(plan, {
        q: `qk + ${i * plan.words}`,
        accumulators: [`a${i}`],
        target: () => `ym[${i}]`,
      }),
    ),
    `qk += ${count * plan.words};`,
    `ym += ${count};`,
  ];
}
