import { geometryName } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { depthwiseInPlace } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
import { layerParams, MOST_LANES } from './gemm.ts';
import { phaseRow } from './phase-row.ts';
import { lanesPrelude } from './prelude.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/**
 * Depthwise convolution, channel by channel: the padded plane is copied to lines [row][phase][position] (columns that differ
 * by a multiple of the stride are of one phase), so that no window has a border and neighbouring windows read neighbouring
 * bytes. Two taps are one multiply-add: their inputs and weights are paired as int16.
 */
export function depthwiseText(layer: Int8Layer): LayerText {
  const { geometry, multiplier, plan, xZeroPoint } = layer;
  const { batch, channels, m, height, width, outHeight, outWidth, padTop } = geometry;
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX } = geometry;
  const rows = (outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
  const positions = Math.max(outWidth, MOST_LANES) + Math.floor(((kernelWidth - 1) * dilationX) / strideX);
  const rowBytes = positions * strideX;
  const tap = (t: number): number => {
    const column = (t % kernelWidth) * dilationX;
    return (
      Math.floor(t / kernelWidth) * dilationY * rowBytes +
      (column % strideX) * positions +
      Math.floor(column / strideX)
    );
  };
  const taps = kernelHeight * kernelWidth;
  const pairs = Math.ceil(taps / 2);
  const pixels = outHeight * outWidth;
  const step = `(${outWidth} < LANES8 ? ${outWidth} : LANES8)`;
  const second = (t: number): string => `p + ${2 * t + 1 < taps ? tap(2 * t + 1) : tap(2 * t)}`;
  const output = [
    `for (int i = 0; i < ${outHeight}; i++) {`,
    `for (int h = 0; h < ${outWidth}; h += LANES8) {`,
    `const int j = h + LANES8 <= ${outWidth} ? h : ${outWidth} > LANES8 ? ${outWidth} - LANES8 : 0;`,
    `const int8_t *const p = lines + i * ${strideY * rowBytes} + j;`,
    'vsum sums = bias;',
    ...range(pairs).map((t) => `sums = v_dot(sums, v_zip(p + ${tap(2 * t)}, ${second(t)}), w${t});`),
    ...(outWidth < MOST_LANES
      ? [
          'int8_t tile[LANES8];',
          requantStore(plan, 'sums', 'tile'),
          `memcpy(y + i * ${outWidth} + j, tile, ${step});`,
        ]
      : [requantStore(plan, 'sums', `y + i * ${outWidth} + j`)]),
    '}',
    '}',
  ];
  const inside = padTop === 0 && rows <= height;
  const copyRow = phaseRow(geometry, positions, { from: `x + row * ${width}`, to: 'line' });
  const fill = [
    'int8_t *line = lines;',
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v - ${padTop};`,
    ...(inside ? copyRow : [`if (row >= 0 && row < ${height}) {`, ...copyRow, '}']),
    `line += ${rowBytes};`,
    '}',
  ];
  const channel = [
    ...(multiplier > 1 ? [`if (m % ${multiplier} == 0) {`, ...fill, '}'] : fill),
    ...range(pairs).map((t) => `const vpair w${t} = v_words(wm[${t}]);`),
    ...requantConstants(plan, 'qm'),
    ...output,
    `wm += ${pairs};`,
    `qm += ${plan.words};`,
    `y += ${pixels};`,
    multiplier > 1
      ? `x += m % ${multiplier} == ${multiplier - 1} ? ${height * width} : 0;`
      : `x += ${height * width};`,
  ];
  const unused = (channels - Math.floor(m / multiplier)) * height * width;
  const image = [
    'const int32_t *wm = w;',
    'const int32_t *qm = q;',
    `for (int m = 0; m < ${m}; m++) {`,
    ...channel,
    '}',
    ...(unused && batch > 1 ? [`x += ${unused};`] : []),
  ];
  const bytes = rows * rowBytes + MOST_LANES;
  return {
    fn: {
      hint: `q_dw_${geometryName(geometry)}`,
      needs: [lanesPrelude],
      params: [layerParams[0], 'const int32_t *w', ...layerParams.slice(2, 4), 'int8_t *lines'],
      body: [
        `memset(lines, ${xZeroPoint}, ${bytes});`,
        ...(batch > 1 ? [`for (int n = 0; n < ${batch}; n++) {`, ...image, '}'] : image),
      ],
    },
    weight: pairedTaps(layer.weight, m, taps),
    scratch: { bytes, type: 'int8_t' },
    inPlace: depthwiseInPlace(layer),
  };
}

/** Weights [m][taps] as words of two int16; the last word of an odd number of taps ends with zero. */
function pairedTaps(weight: Int8Array, m: number, taps: number): Int32Array {
  const pairs = Math.ceil(taps / 2);
  return Int32Array.from({ length: m * pairs }, (_, i) => {
    const at = Math.floor(i / pairs) * taps + 2 * (i % pairs);
    const high = 2 * (i % pairs) + 1 < taps ? (weight[at + 1] ?? 0) : 0;
    return ((weight[at] ?? 0) & 0xffff) | (high << 16);
  });
}
