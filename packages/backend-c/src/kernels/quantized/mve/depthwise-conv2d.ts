import type { CFunction } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { ConvGeometry } from '../../conv-geometry.ts';
import { type Depthwise, planeByPlane } from '../plane-by-plane.ts';
import { mvePrelude } from './prelude.ts';
import { requantConstants, requantVector, storeLanes } from './requant-text.ts';

/** A patch, one vector: this many columns of a word each, and this many rows, a byte of the word each. */
const SIDE = 4;

/** Windows of up to two patches each way: their weights stay in registers. */
export function mveDepthwiseFits(geometry: ConvGeometry): boolean {
  const { dilationX, dilationY, kernelHeight, kernelWidth, strideX } = geometry;
  const isSmall = Math.max(kernelHeight, kernelWidth) <= 2 * SIDE && strideX <= 16;
  return isSmall && dilationX === 1 && dilationY === 1;
}

/** How a plane is computed, some output rows at a time. */
interface Patches {
  /** Patches of a window. */
  readonly down: number;
  readonly across: number;
  /** Output rows, and outputs side by side, whose windows lie in the same patches. */
  readonly rows: number;
  readonly columns: number;
  /** Input rows under the output rows, and how many of them the next output rows read too. */
  readonly read: number;
  readonly kept: number;
  /** Words of a line of columns. */
  readonly words: number;
  /** Bytes of a row of the image in the buffer. */
  readonly rowBytes: number;
}

function patchesOf(geometry: ConvGeometry): Patches {
  const { kernelHeight, kernelWidth, strideY, strideX, padLeft, width, outWidth, outHeight } = geometry;
  const down = Math.ceil(kernelHeight / SIDE);
  const across = Math.ceil(kernelWidth / SIDE);
  const rows = outHeight > 1 && kernelHeight + strideY <= SIDE ? 2 : 1;
  const columns = kernelWidth + strideX <= SIDE ? 2 : 1;
  const read = kernelHeight + (rows - 1) * strideY;
  const lastWindow = (Math.ceil(outWidth / 4) * 4 - columns) * strideX + SIDE * across;
  const rowBytes = Math.ceil(width / 16) * 16;
  const words = Math.max(padLeft + rowBytes, lastWindow);
  const kept = Math.max(read - rows * strideY, 0);
  return { down, across, rows, columns, read, kept, words, rowBytes };
}

/** Words of lines, kept rows, a row of padding and a row for outputs below the plane. */
function bufferWords(geometry: ConvGeometry): number {
  const { down, words, kept, rowBytes } = patchesOf(geometry);
  return down * words + ((kept + 1) * rowBytes) / 4 + Math.ceil(geometry.outWidth / 4);
}

export function mveDepthwiseScratch(geometry: ConvGeometry): number {
  return 4 * bufferWords(geometry);
}

/**
 * Depthwise convolution by products of 16 bytes. A line holds a word for each column of up to four input rows, so that a
 * vector of it is a patch of four by four inputs, and the product with weights laid out so is the sum of a window, or of
 * several windows, one for each way to shift the weights in a patch.
 */
export function mveDepthwiseConv2d(conv: Depthwise): CFunction {
  const { geometry, plan, xZeroPoint } = conv;
  const patches = patchesOf(geometry);
  const body = [
    ...weightVectors(geometry, patches),
    ...requantConstants(plan, 'q', { offset: 'given' }),
    ...buffers(geometry, patches),
    `for (int v = 0; v < ${geometry.outHeight}; v += ${patches.rows}) {`,
    ...fillLines(geometry, patches),
    ...outputRows(conv, patches),
    `y += ${patches.rows * geometry.outWidth};`,
    '}',
  ];
  const padding = { name: 'zero', value: String(Math.imul(xZeroPoint & 255, 0x01010101)) };
  return planeByPlane(conv, {
    needs: mvePrelude,
    body,
    padding,
    lineWords: bufferWords(geometry),
    lines: 1,
  });
}

const weightName = (row: number, column: number, down: number, across: number): string =>
  `w${row}${column}${down}${across}`;

/**
 * Weights by patch and by the place of the window in it: byte 4 c + r of a vector is the weight of row r and column c. A
 * row further down is a shift of all words, a column further right one of the whole vector.
 */
function weightVectors(geometry: ConvGeometry, { down, across, rows, columns }: Patches): string[] {
  const { kernelHeight, kernelWidth } = geometry;
  const inWindow = (i: number, j: number): string => {
    const lanes = range(16).filter(
      (lane) => SIDE * i + (lane % SIDE) < kernelHeight && SIDE * j + Math.floor(lane / SIDE) < kernelWidth,
    );
    return `0x${lanes.reduce((mask, lane) => mask + 2 ** lane, 0).toString(16)}`;
  };
  const patch = (i: number, j: number): string[] => {
    const from = SIDE * (i * kernelWidth + j);
    const load = `vldrbq_gather_offset_z_s8(w${from ? ` + ${from}` : ''}, taps, ${inWindow(i, j)})`;
    const right = `vshlcq_s8(${weightName(0, 0, i, j)}, &none, 32)`;
    const below = (column: number): string =>
      `vreinterpretq_s8_s32(vshlq_n_s32(vreinterpretq_s32_s8(${weightName(0, column, i, j)}), 8))`;
    return range(columns).flatMap((column) => [
      `int8x16_t ${weightName(0, column, i, j)} = ${column ? right : load};`,
      ...(rows > 1 ? [`int8x16_t ${weightName(1, column, i, j)} = ${below(column)};`] : []),
    ]);
  };
  return [
    'const uint8x16_t lane = vidupq_n_u8(0, 1);',
    `const uint8x16_t taps = vaddq_u8(vmulq_n_u8(vandq_u8(lane, vdupq_n_u8(3)), ${kernelWidth}), vshrq_n_u8(lane, 2));`,
    ...(columns > 1 ? ['uint32_t none = 0;'] : []),
    ...range(down).flatMap((i) => range(across).flatMap((j) => patch(i, j))),
  ];
}

/** The places in the buffer, and the rows that the first output rows share with ones before them. */
function buffers(geometry: ConvGeometry, { down, words, rowBytes, kept, rows }: Patches): string[] {
  const { padTop, height, width, outHeight } = geometry;
  const row = (i: number): string[] => {
    const to = `held + ${i * rowBytes}`;
    const inside = i >= padTop && i - padTop < height;
    const from = inside ? `x + ${(i - padTop) * width}` : 'outside';
    return acrossRow(width, (at, load) => [`vstrbq_s8(${to} + ${at}, ${load(from)});`]);
  };
  return [
    ...(kept ? [`int8_t *const held = (int8_t *)(lines + ${down * words});`] : []),
    `int8_t *const outside = (int8_t *)(lines + ${down * words + (kept * rowBytes) / 4});`,
    ...(outHeight % rows ? [`int8_t *const spare = outside + ${rowBytes};`] : ['(void)outside;']),
    ...range(kept).flatMap(row),
  ];
}

/** Lines for each vector of a row, with C that loads it from a row. */
function acrossRow(width: number, lines: (at: string, load: (row: string) => string) => string[]): string[] {
  const rest = width % 16;
  const whole = width - rest;
  const vector = (at: string): string[] => lines(at, (row) => `vldrbq_s8(${row} + ${at})`);
  return [
    ...(whole ? [`for (int i = 0; i < ${whole}; i += 16) {`, ...vector('i'), '}'] : []),
    ...(rest
      ? ['{', ...lines(String(whole), (row) => `vldrbq_z_s8(${row} + ${whole}, vctp8q(${rest}))`), '}']
      : []),
  ];
}

/** Turns the input rows under output rows `v` on into lines, and keeps those that the next ones read. */
function fillLines(geometry: ConvGeometry, { down, words, rows, read, kept, rowBytes }: Patches): string[] {
  const { padTop, padLeft, height, width, strideY, strideX, kernelWidth, outHeight, outWidth } = geometry;
  const step = rows * strideY;
  const lastGroup = rows * (Math.ceil(outHeight / rows) - 1);
  const fresh = range(read).filter((r) => r >= kept);
  const pointer = (r: number): string => {
    const from = `x + (v * ${strideY} + ${r - padTop}) * ${width}`;
    const below = lastGroup * strideY + r - padTop >= height;
    const tests = [
      ...(r < padTop ? [`v * ${strideY} >= ${padTop - r}`] : []),
      ...(below ? [`v * ${strideY} < ${height + padTop - r}`] : []),
    ];
    return `const int8_t *const s${r} = ${tests.length ? `${tests.join(' && ')} ? ${from} : outside` : from};`;
  };
  const right = (outWidth - 1) * strideX + kernelWidth - padLeft - width;
  return [
    ...fresh.map(pointer),
    ...acrossRow(width, (at, load) => [
      ...range(read).map((r) =>
        r < kept
          ? `const int8x16_t r${r} = vldrbq_s8(held + ${r * rowBytes} + ${at});`
          : `const int8x16_t r${r} = ${load(`s${r}`)};`,
      ),
      ...range(down).map((i) => {
        const rowsOf = range(SIDE).map((r) => `r${SIDE * i + r < read ? SIDE * i + r : SIDE * i}`);
        return `store_words(lines + ${i * words + padLeft} + ${at}, ${rowsOf.join(', ')});`;
      }),
      ...range(kept).map((r) => `vstrbq_s8(held + ${r * rowBytes} + ${at}, r${r + step});`),
    ]),
    ...(width % 16
      ? range(down).flatMap((i) =>
          range(Math.max(right, 0)).map((j) => `lines[${i * words + padLeft + width + j}] = zero;`),
        )
      : []),
  ];
}

/** Output rows from `v` on, four outputs at a time; the last ones step back to end with the row. */
function outputRows(conv: Depthwise, patches: Patches): string[] {
  const { outWidth, outHeight, strideX } = conv.geometry;
  const { rows } = patches;
  const whole = Math.floor(outWidth / 4);
  const at = (h: number | 'h', count: number): string[] => [
    '{',
    `const int32_t *const c = lines + ${typeof h === 'number' ? h * strideX : `h * ${strideX}`};`,
    ...outputs(conv, patches, { h: String(h), count }),
    '}',
  ];
  return [
    ...(rows > 1
      ? [
          `int8_t *const below = ${outHeight % rows ? `v < ${outHeight - 1} ? y + ${outWidth} : spare` : `y + ${outWidth}`};`,
        ]
      : []),
    ...(whole > 1
      ? [`for (int h = 0; h < ${4 * whole}; h += 4) {`, ...at('h', 4), '}']
      : whole
        ? at(0, 4)
        : []),
    ...(outWidth % 4 ? (whole ? at(outWidth - 4, 4) : at(0, outWidth)) : []),
  ];
}

/** A vector of outputs of each of the rows; each vector of a line is loaded where it is used, as registers are few. */
function outputs(
  { geometry: { strideX }, plan }: Depthwise,
  { down, across, rows, columns, words }: Patches,
  { h, count }: { readonly h: string; readonly count: number },
): string[] {
  const patch = (j: number, across: number): number => (j - (j % columns)) * strideX + SIDE * across;
  const terms = range(down).flatMap((i) =>
    range(4).flatMap((j) => range(across).map((k) => ({ i, j, k, at: patch(j, k) }))),
  );
  const products = (row: number): string[] =>
    range(down).flatMap((i) => {
      const places = new Set(terms.map(({ at }) => at));
      return [...places].flatMap((at) => [
        '{',
        `const int8x16_t xv = vreinterpretq_s8_s32(vldrwq_s32(c + ${i * words + at}));`,
        ...terms
          .filter((term) => term.i === i && term.at === at)
          .map(({ j, k }) => {
            const factors = `xv, ${weightName(row, j % columns, i, k)}`;
            return `a${j} = ${i || k ? `vmladavaq_s8(a${j}, ${factors})` : `vmladavq_s8(${factors})`};`;
          }),
        '}',
      ]);
    });
  return [
    ...range(rows).flatMap((row) => [
      `int32x4_t sums${row};`,
      '{',
      'int32_t a0, a1, a2, a3;',
      ...products(row),
      `sums${row} = vaddq_n_s32(four(a0, a1, a2, a3), bias);`,
      '}',
    ]),
    ...range(rows).map((row) =>
      storeLanes(`${row ? 'below' : 'y'} + ${h}`, requantVector(plan, `sums${row}`), count),
    ),
  ];
}
