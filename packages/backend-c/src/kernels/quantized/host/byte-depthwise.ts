import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { type ByteText, blockBytes, bytesPrelude, byteWeights } from './bytes.ts';
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
export function depthwiseBytes(layer: Int8Layer): ByteText | null {
  const { batch, channels, m, height, width, strideX, dilationX } = layer.geometry;
  const plan = depthwisePlan(layer);
  const { perRow, quads, bytes } = plan;
  if (3 * strideX + 3 * dilationX > 15 || quads > MOST_QUADS) return null;
  const { kernelWidth } = layer.geometry;
  const unused = (channels - Math.floor(m / layer.multiplier)) * height * width;
  const image = imageText(layer, plan);
  return {
    needs: [bytesPrelude],
    ...byteWeights(
      { ...layer, geometry: { ...layer.geometry, group: m } },
      {
        steps: quads,
        order: (step, lane) => {
          const v = 4 * (step % perRow) + lane;
          return v < kernelWidth ? Math.floor(step / perRow) * kernelWidth + v : -1;
        },
      },
    ),
    bytes,
    body: [
      // word 4 j + i of all words is the i-th of the four that the windows 4 j to 4 j + 3 are in
      `const __m512i words = _mm512_set_epi32(${downFrom16((at) => (at >> 2) * strideX + (at & 3))});`,
      `const __m512i bytes = _mm512_broadcast_i32x4(_mm_set_epi8(${downFrom16((at) => (at >> 2) * strideX + (at & 3) * dilationX)}));`,
      `memset(lines, ${(layer.xZeroPoint + 128) & 255}, ${bytes});`,
      ...(batch > 1
        ? [`for (int n = 0; n < ${batch}; n++) {`, ...image, ...(unused ? [`x += ${unused};`] : []), '}']
        : image),
    ],
  };
}

/** What `_mm_set` instructions take: the last of 16 comes first. */
function downFrom16(value: (at: number) => number): string {
  return range(16).map(value).reverse().join(', ');
}

interface DepthwisePlan {
  /** Quads of a row of the window, and of all rows. */
  readonly perRow: number;
  readonly quads: number;
  /** Bytes of a row of the padded plane, its rows, and what the last load takes past them. */
  readonly pitch: number;
  readonly rows: number;
  readonly lineBytes: number;
  /** Is the next plane copied while one is computed? */
  readonly ahead: boolean;
  /** Of scratch. */
  readonly bytes: number;
}

function depthwisePlan({ geometry, multiplier }: Int8Layer): DepthwisePlan {
  const { outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX } = geometry;
  const perRow = Math.ceil(kernelWidth / 4);
  const pitch = (outWidth - 1) * strideX + (kernelWidth - 1) * dilationX + 1;
  const rows = (outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
  const lineBytes = rows * pitch + (perRow - 1) * 4 * dilationX + MOST_LANES * strideX + REGISTER;
  const ahead = multiplier === 1 && rows * pitch <= SMALL_PLANE;
  const bytes = lineBytes * (ahead ? 2 : 1);
  return { perRow, quads: kernelHeight * perRow, pitch, rows, lineBytes, ahead, bytes };
}

/** All channels of an image. */
function imageText(layer: Int8Layer, plan: DepthwisePlan): string[] {
  const { geometry, multiplier, plan: requant } = layer;
  const { m, height, width, outHeight, outWidth, strideX, strideY } = geometry;
  const { quads, lineBytes, ahead } = plan;
  const plane = height * width;
  const copy = (to: string): string[] => fill(layer, plan, to);
  const flat = strideX === 1 && strideY === 1 && outWidth < MOST_LANES && outHeight > 1;
  return [
    'const int8_t *wm = wb;',
    'const int32_t *qm = qb;',
    ...(ahead ? ['{', ...copy('lines'), '}'] : []),
    `for (int m = 0; m < ${m}; m++) {`,
    ...(ahead
      ? [
          `const int8_t *const at = lines + (m & 1) * ${lineBytes};`,
          `if (m + 1 < ${m}) {`,
          ...copy(`lines + (~m & 1) * ${lineBytes}`),
          '}',
        ]
      : [
          'const int8_t *const at = lines;',
          ...(multiplier > 1 ? [`if (m % ${multiplier} == 0) {`, ...copy('lines'), '}'] : copy('lines')),
        ]),
    ...requantConstants(requant, 'qm'),
    'const vsum start = v_add(bias, v_word(wm));',
    ...range(quads).map((quad) => `const __m512i w${quad} = v_word(wm + ${4 * (quad + 1)});`),
    ...(flat ? flatText(layer, plan) : rowsText(layer, plan)),
    `wm += ${blockBytes(1, quads)};`,
    `qm += ${requant.words};`,
    `y += ${outHeight * outWidth};`,
    ...(multiplier > 1 ? [`x += m % ${multiplier} == ${multiplier - 1} ? ${plane} : 0;`] : []),
    '}',
  ];
}

/** Copies the plane at x to rows at `to`. A row's copy also writes what follows it, which later rows write again. */
function fill({ geometry, multiplier, xZeroPoint }: Int8Layer, plan: DepthwisePlan, to: string): string[] {
  const { height, width, padTop, padLeft } = geometry;
  const { pitch, rows } = plan;
  const copied = `v_copy_offset(line + ${padLeft}, x + row * ${width}, ${Math.min(width, pitch - padLeft)}, ${xZeroPoint});`;
  const inside = padTop === 0 && rows <= height;
  return [
    `int8_t *line = ${to};`,
    `for (int v = 0; v < ${rows}; v++) {`,
    `const int row = v - ${padTop};`,
    ...(inside ? [copied] : [`if (row >= 0 && row < ${height}) {`, copied, '}']),
    `line += ${pitch};`,
    '}',
    ...(multiplier === 1 ? [`x += ${height * width};`] : []),
  ];
}

/** Output rows, some at a time. */
function rowsText(layer: Int8Layer, plan: DepthwisePlan): string[] {
  const { outHeight } = layer.geometry;
  const block = Math.min(ROWS, outHeight, Math.max(1, Math.floor(MOST_SUMS / plan.perRow)));
  const rest = outHeight % block;
  return [
    `for (int o = 0; o < ${outHeight - rest}; o += ${block}) {`,
    ...rowsBlock(layer, plan, block),
    '}',
    ...(rest ? ['{', `const int o = ${outHeight - rest};`, ...rowsBlock(layer, plan, rest), '}'] : []),
  ];
}

/** All registers of `count` output rows from `o` on. */
function rowsBlock(
  { geometry, plan: requant }: Int8Layer,
  { perRow, pitch }: DepthwisePlan,
  count: number,
): string[] {
  const { outWidth, kernelHeight, strideY, strideX, dilationY, dilationX } = geometry;
  const held = range((count - 1) * strideY + (kernelHeight - 1) * dilationY + 1);
  const stored = (sum: string, target: string): string[] =>
    outWidth < MOST_LANES
      ? [
          '{',
          'int8_t tile[LANES8];',
          requantStore(requant, sum, 'tile'),
          `memcpy(${target}, tile, ${outWidth});`,
          '}',
        ]
      : [requantStore(requant, sum, target)];
  return [
    `for (int h = 0; h < ${outWidth}; h += LANES8) {`,
    `const int j = h + LANES8 <= ${outWidth} ? h : ${Math.max(outWidth - MOST_LANES, 0)};`,
    `const int8_t *const p = at + o * ${strideY * pitch} + j${strideX > 1 ? ` * ${strideX}` : ''};`,
    `vsum ${range(count)
      .map((row) => `a${row} = start`)
      .join(', ')};`,
    ...held.flatMap((row) => {
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
}

/** Short rows, with all that lies between their outputs: fewer registers than rows of their own. */
function flatText({ geometry, plan: requant }: Int8Layer, { perRow, pitch }: DepthwisePlan): string[] {
  const { outHeight, outWidth, kernelHeight, dilationY, dilationX } = geometry;
  const registers = Math.ceil(((outHeight - 1) * pitch + outWidth) / MOST_LANES);
  return [
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
    requantStore(requant, 'sum', `own + i * ${MOST_LANES}`),
    '}',
    `for (int o = 0; o < ${outHeight}; o++) {`,
    `memcpy(y + o * ${outWidth}, own + o * ${pitch}, ${outWidth});`,
    '}',
  ];
}
