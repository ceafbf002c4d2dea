import { range } from '../../../text/range.ts';
import { type ConvGeometry, geometryName } from '../../conv-geometry.ts';
import { depthwiseInPlace } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { RequantPlan } from '../requant-plan.ts';
import type { LayerText } from '../tuned-layer.ts';
import { layerParams, MOST_LANES } from './gemm.ts';
import { phaseRow } from './phase-row.ts';
import { lanesPrelude } from './prelude.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/**
 * Depthwise convolution, channel by channel: the padded plane is copied to lines [row][phase][position] (columns that differ
 * by a multiple of the stride are of one phase), so that no window has an edge and neighbouring windows read neighbouring
 * bytes. Two taps are one multiply-add: their inputs and weights are paired as int16.
 */
export function depthwiseText(layer: Int8Layer): LayerText {
  const { geometry, xZeroPoint } = layer;
  const { batch, m, kernelHeight, kernelWidth } = geometry;
  const lines = linesOf(geometry);
  const bytes = lines.rows * lines.rowBytes + MOST_LANES;
  const image = imageText(layer, lines);
  return {
    fn: {
      hint: `q_dw_${geometryName(geometry)}`,
      needs: [lanesPrelude],
      params: [...layerParams('int32_t').slice(0, 4), 'int8_t *lines'],
      body: [
        `memset(lines, ${xZeroPoint}, ${bytes});`,
        ...(batch > 1 ? [`for (int n = 0; n < ${batch}; n++) {`, ...image, '}'] : image),
      ],
    },
    packWeight: () => pairedTaps(layer.weight, m, kernelHeight * kernelWidth),
    scratch: { bytes, type: 'int8_t' },
    inPlace: depthwiseInPlace(layer),
  };
}

/** The padded plane. */
interface Lines {
  readonly rows: number;
  readonly rowBytes: number;
  /** Of a phase. */
  readonly positions: number;
  /** Where each tap of the window at the first byte is. */
  readonly taps: readonly number[];
}

function linesOf(geometry: ConvGeometry): Lines {
  const { outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX } = geometry;
  const positions = Math.max(outWidth, MOST_LANES) + Math.floor(((kernelWidth - 1) * dilationX) / strideX);
  const rowBytes = positions * strideX;
  const tap = (u: number, column: number): number =>
    u * dilationY * rowBytes + (column % strideX) * positions + Math.floor(column / strideX);
  return {
    rows: (outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1,
    rowBytes,
    positions,
    taps: range(kernelHeight).flatMap((u) => range(kernelWidth).map((v) => tap(u, v * dilationX))),
  };
}

/** All channels of an image. */
function imageText({ geometry, multiplier, plan }: Int8Layer, lines: Lines): string[] {
  const { batch, channels, m, height, width, outHeight, outWidth } = geometry;
  const plane = height * width;
  const pairs = Math.ceil(lines.taps.length / 2);
  const fill = fillLines(geometry, lines);
  const unused = (channels - Math.floor(m / multiplier)) * plane;
  return [
    'const int32_t *wm = w;',
    'const int32_t *qm = q;',
    `for (int m = 0; m < ${m}; m++) {`,
    ...(multiplier > 1 ? [`if (m % ${multiplier} == 0) {`, ...fill, '}'] : fill),
    ...range(pairs).map((t) => `const vpair w${t} = v_words(wm[${t}]);`),
    ...requantConstants(plan, 'qm'),
    ...outputRows(geometry, plan, lines),
    `wm += ${pairs};`,
    `qm += ${plan.words};`,
    `y += ${outHeight * outWidth};`,
    multiplier > 1 ? `x += m % ${multiplier} == ${multiplier - 1} ? ${plane} : 0;` : `x += ${plane};`,
    '}',
    ...(unused && batch > 1 ? [`x += ${unused};`] : []),
  ];
}

function fillLines(geometry: ConvGeometry, { rows, rowBytes, positions }: Lines): string[] {
  const { height, width, padTop } = geometry;
  const inside = padTop === 0 && rows <= height;
  const copyRow = phaseRow(geometry, positions, { from: `x + row * ${width}`, to: 'line' });
  return [
    'int8_t *line = lines;',
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v - ${padTop};`,
    ...(inside ? copyRow : [`if (row >= 0 && row < ${height}) {`, ...copyRow, '}']),
    `line += ${rowBytes};`,
    '}',
  ];
}

/** LANES8 outputs at a time; the last ones of a row step back to end with it. */
function outputRows(
  { outHeight, outWidth, strideY }: ConvGeometry,
  plan: RequantPlan,
  { rowBytes, taps }: Lines,
): string[] {
  const target = `y + i * ${outWidth} + j`;
  const stored =
    outWidth < MOST_LANES
      ? [
          'int8_t tile[LANES8];',
          requantStore(plan, 'sums', 'tile'),
          `memcpy(${target}, tile, (${outWidth} < LANES8 ? ${outWidth} : LANES8));`,
        ]
      : [requantStore(plan, 'sums', target)];
  // the last of an odd number of taps is paired with itself: its second weight is 0
  const sums = range(Math.ceil(taps.length / 2)).map((t) => {
    const [first, second] = [taps[2 * t], taps[2 * t + 1] ?? taps[2 * t]];
    return `sums = v_products(sums, v_both(p + ${first}, p + ${second}), w${t});`;
  });
  return [
    `for (int i = 0; i < ${outHeight}; i++) {`,
    `for (int h = 0; h < ${outWidth}; h += LANES8) {`,
    `const int j = h + LANES8 <= ${outWidth} ? h : ${outWidth} > LANES8 ? ${outWidth} - LANES8 : 0;`,
    `const int8_t *const p = lines + i * ${strideY * rowBytes} + j;`,
    'vsum sums = bias;',
    ...sums,
    ...stored,
    '}',
    '}',
  ];
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
