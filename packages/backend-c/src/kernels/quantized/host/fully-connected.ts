import { range } from '../../../text/range.ts';
import { denseOf, type Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
import { layerParams, MOST_LANES } from './gemm.ts';
import { lanesPrelude } from './prelude.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/** Outputs of a block: their sums share each load of x. */
const ROWS = 4;

/** Inputs that one load of int16 takes at most. */
const STEP = 2 * MOST_LANES;

/** y[n][m] = requant(b[m] + sum_k w[m][k] x[n][k]): x is widened to int16 once; the last row of weights is followed by zeros. */
export function denseText(layer: Int8Layer): LayerText {
  const { rows, inner, outputs, plan } = denseOf(layer);
  const padded = Math.ceil(inner / STEP) * STEP;
  const block = (count: number): string[] => [
    `const int8_t *wk = w + m * ${inner};`,
    `vquad ${range(count)
      .map((r) => `a${r} = v_none()`)
      .join(', ')};`,
    `for (int k = 0; k < ${inner}; k += 2 * LANES8) {`,
    'const vpair v = v_load(wide + k);',
    ...range(count).map((r) => `a${r} = v_quad(a${r}, v, v_widen(wk + k${r ? ` + ${r * inner}` : ''}));`),
    '}',
    ...range(count).flatMap((r) => [
      '{',
      `const int32_t *const qm = q + (m + ${r}) * ${plan.words};`,
      ...requantConstants(plan, 'qm'),
      'int8_t tile[LANES8];',
      `const vsum sums = v_add(v_set(v_all(a${r})), bias);`,
      requantStore(plan, 'sums', 'tile'),
      `y[m + ${r}] = tile[0];`,
      '}',
    ]),
  ];
  const whole = outputs - (outputs % ROWS);
  const body = [
    'int16_t *const wide = (int16_t *)(void *)scratch;',
    ...(rows > 1 ? [`for (int n = 0; n < ${rows}; n++) {`] : []),
    `for (int k = 0; k < ${inner}; k++) {`,
    'wide[k] = x[k];',
    '}',
    ...(padded > inner ? [`memset(wide + ${inner}, 0, ${2 * (padded - inner)});`] : []),
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${ROWS}) {`, ...block(ROWS), '}'] : []),
    ...(outputs % ROWS ? ['{', `const int m = ${whole};`, ...block(outputs % ROWS), '}'] : []),
    ...(rows > 1 ? [`x += ${inner};`, `y += ${outputs};`, '}'] : []),
  ];
  return {
    fn: { hint: `q_dense_${inner}_${outputs}`, needs: [lanesPrelude], params: layerParams('int8_t'), body },
    packWeight: () => {
      const weight = new Int8Array(outputs * inner + STEP);
      weight.set(layer.weight);
      return weight;
    },
    scratch: { bytes: 2 * padded, type: 'int8_t' },
    inPlace: false,
  };
}
