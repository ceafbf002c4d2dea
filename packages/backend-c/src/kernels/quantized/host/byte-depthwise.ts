import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { type ByteText, bytesPrelude } from './bytes.ts';
import { MOST_LANES } from './gemm.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/** Output rows that share what they load. */
const ROWS = 4;

/** Registers of weights and of sums at most. */
const MOST_QUADS = 14;
const MOST_SUMS = 10;

/** Of planes up to this many bytes the next is copied while one is computed: loads would wait for the stores before them. */
const SMALL_PLANE = 2048;

/** Bytes of a register. */
const REGISTER = 64;

/**
 * A depthwise convolution with VNNI, channel by channel: four taps of a row are a quad. The padded plane is copied to rows, with 128
 * added; from a load at the first of 16 windows, two shuffles take the quads of all of them. Null where a quad of four windows
 * is wider than the part of a register that a shuffle sees, or the window has too many quads.
 */
export function depthwiseBytes({
  geometry,
  weight,
  plan,
  multiplier,
  xZeroPoint,
}: Int8Layer): ByteText | null {
  const { batch, channels, m, height, width, outHeight, outWidth, padTop, padLeft } = geometry;
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX } = geometry;
  const perRow = Math.ceil(kernelWidth / 4);
  const quads = kernelHeight * perRow;
  if (3 * strideX + 3 * dilationX > 15 || quads > MOST_QUADS) return null;
  const pitch = (outWidth - 1) * strideX + (kernelWidth - 1) * dilationX + 1;
  const rows = (outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
  const lineBytes = rows * pitch + (perRow - 1) * 4 * dilationX + MOST_LANES * strideX + REGISTER;
  const ahead = multiplier === 1 && rows * pitch <= SMALL_PLANE;
  const bytes = lineBytes * (ahead ? 2 : 1);
  const outside = (xZeroPoint + 128) & 255;
  const plane = height * width;
  const perChannel = 4 * (1 + quads);
  const copied = `v_copy_offset(line + ${padLeft}, x + row * ${width}, ${Math.min(width, pitch - padLeft)}, ${xZeroPoint});`;
  const inside = padTop === 0 && rows <= height;
  // a row's copy also writes what follows it, which later rows write again
  const fill = (to: string): string[] => [
    `int8_t *line = ${to};`,
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v - ${padTop};`,
    ...(inside ? [copied] : [`if (row >= 0 && row < ${height}) {`, copied, '}']),
    `line += ${pitch};`,
    '}',
    ...(multiplier === 1 ? [`x += ${plane};`] : []),
  ];
  /** All registers of `count` output rows from `o` on. */
  const rowsBlock = (count: number): string[] => [
    `for (int h = 0; h < ${outWidth}; h += LANES8) {`,
    `const int j = h + LANES8 <= ${outWidth} ? h : ${Math.max(outWidth - MOST_LANES, 0)};`,
    `const int8_t *const p = at + o * ${strideY * pitch} + j${strideX > 1 ? ` * ${strideX}` : ''};`,
    `vsum ${range(count)
      .map((row) => `a${row} = start`)
      .join(', ')};`,
    ...range((count - 1) * strideY + (kernelHeight - 1) * dilationY + 1).flatMap((row) => {
      const users = range(count).flatMap((o) => {
        const u = (row - o * strideY) / dilationY;
        return Number.isInteger(u) && u >= 0 && u < kernelHeight ? [{ o, u }] : [];
      });
      if (!users.length) return [];
      return range(perRow).flatMap((quad) => [
        '{',
        `const __m512i v = v_window_quads(p + ${row * pitch + 4 * quad * dilationX}, words, bytes);`,
        ...users.map(({ o, u }) => `a${o} = v_bytes_dot(a${o}, v, w${u * perRow + quad});`),
        '}',
      ]);
    }),
    ...range(count).flatMap((row) => stored(`a${row}`, `y + (o + ${row}) * ${outWidth} + j`)),
    '}',
  ];
  const stored = (sum: string, target: string): string[] =>
    outWidth < MOST_LANES
      ? [
          '{',
          'int8_t tile[LANES8];',
          requantStore(plan, sum, 'tile'),
          `memcpy(${target}, tile, ${outWidth});`,
          '}',
        ]
      : [requantStore(plan, sum, target)];
  /** Rows of all that lies in them, also between outputs: fewer registers than rows of their own. */
  const flat = strideX === 1 && strideY === 1 && outWidth < MOST_LANES && outHeight > 1;
  const registers = Math.ceil(((outHeight - 1) * pitch + outWidth) / MOST_LANES);
  const flatText = [
    `int8_t own[${registers * MOST_LANES}];`,
    `for (int i = 0; i < ${registers}; i++) {`,
    `const int8_t *const p = at + i * ${MOST_LANES};`,
    'vsum sum = start;',
    ...range(kernelHeight).flatMap((u) =>
      range(perRow).map(
        (quad) =>
          `sum = v_bytes_dot(sum, v_window_quads(p + ${u * dilationY * pitch + 4 * quad * dilationX}, words, bytes), w${u * perRow + quad});`,
      ),
    ),
    requantStore(plan, 'sum', `own + i * ${MOST_LANES}`),
    '}',
    `for (int o = 0; o < ${outHeight}; o++) {`,
    `memcpy(y + o * ${outWidth}, own + o * ${pitch}, ${outWidth});`,
    '}',
  ];
  const block = Math.min(ROWS, outHeight, Math.max(1, Math.floor(MOST_SUMS / perRow)));
  const rest = outHeight % block;
  const rowsText = [
    `for (int o = 0; o < ${outHeight - rest}; o += ${block}) {`,
    ...rowsBlock(block),
    '}',
    ...(rest ? ['{', `const int o = ${outHeight - rest};`, ...rowsBlock(rest), '}'] : []),
  ];
  const image = [
    'const int8_t *wm = wb;',
    'const int32_t *qm = qb;',
    ...(ahead ? ['{', ...fill('lines'), '}'] : []),
    `for (int m = 0; m < ${m}; m++) {`,
    ...(ahead
      ? [
          `const int8_t *const at = lines + (m & 1) * ${lineBytes};`,
          `if (m + 1 < ${m}) {`,
          ...fill(`lines + (~m & 1) * ${lineBytes}`),
          '}',
        ]
      : [
          'const int8_t *const at = lines;',
          ...(multiplier > 1 ? [`if (m % ${multiplier} == 0) {`, ...fill('lines'), '}'] : fill('lines')),
        ]),
    ...requantConstants(plan, 'qm'),
    'const vsum start = v_add(bias, v_word(wm));',
    ...range(quads).map((quad) => `const __m512i w${quad} = v_word(wm + ${4 * (quad + 1)});`),
    ...(flat ? flatText : rowsText),
    `wm += ${perChannel};`,
    `qm += ${plan.words};`,
    `y += ${outHeight * outWidth};`,
    ...(multiplier > 1 ? [`x += m % ${multiplier} == ${multiplier - 1} ? ${plane} : 0;`] : []),
    '}',
  ];
  const unused = (channels - Math.floor(m / multiplier)) * plane;
  return {
    needs: [bytesPrelude],
    weightBytes: m * perChannel,
    pack: () => packRows(weight, { m, kernelHeight, kernelWidth }),
    bytes,
    body: [
      // word 4 j + i of all words is the i-th of the four that the windows 4 j to 4 j + 3 are in
      `const __m512i words = _mm512_set_epi32(${range(16)
        .map((at) => (at >> 2) * strideX + (at & 3))
        .reverse()
        .join(', ')});`,
      `const __m512i bytes = _mm512_broadcast_i32x4(_mm_set_epi8(${range(16)
        .map((at) => (at >> 2) * strideX + (at & 3) * dilationX)
        .reverse()
        .join(', ')}));`,
      `memset(lines, ${outside}, ${bytes});`,
      ...(batch > 1
        ? [`for (int n = 0; n < ${batch}; n++) {`, ...image, ...(unused ? [`x += ${unused};`] : []), '}']
        : image),
    ],
  };
}

interface Taps {
  readonly m: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/** Of each channel the start of its sums, and its rows of taps as quads. */
function packRows(weight: Int8Array, { m, kernelHeight, kernelWidth }: Taps): Int8Array {
  const perRow = Math.ceil(kernelWidth / 4);
  const area = kernelHeight * kernelWidth;
  const packed = new DataView(new ArrayBuffer(4 * m * (1 + kernelHeight * perRow)));
  let at = 0;
  for (let channel = 0; channel < m; channel++) {
    const taps = weight.subarray(channel * area, (channel + 1) * area);
    packed.setInt32(at, -128 * taps.reduce((sum, w) => sum + w, 0), true);
    at += 4;
    for (let u = 0; u < kernelHeight; u++)
      for (let v = 0; v < 4 * perRow; v++)
        packed.setInt8(at++, v < kernelWidth ? (taps[u * kernelWidth + v] ?? 0) : 0);
  }
  return new Int8Array(packed.buffer);
}
