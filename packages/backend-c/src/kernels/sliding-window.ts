import { loop } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { type ConvGeometry, isUnrolled, tapOffset } from './conv-geometry.ts';
import { copyRun, RUN_SLACK } from './float-runs.ts';
import { stackOrArena } from './stack-or-arena.ts';

/**
 * Windows that slide over planes, on processors with vectors: the rows under a band of output rows are copied to `rows`, padded and
 * sorted by phase (column mod stride), so that no window has an edge and neighbours read neighbours. A few output rows are
 * computed at a time, which share what they load. The last rows of a band stay for the next one. An output row is written
 * when the rows of x up to the last of its window have been read.
 */
export interface SlidingWindow {
  readonly geometry: WindowGeometry;
  /** Output planes, a number or a parameter, and how many of them read one plane of x. */
  readonly planes: number | 'planes';
  readonly multiplier: number;
  /** What is outside x, as C. */
  readonly padding: '0.0f' | '-INFINITY';
  /** Declarations of plane m. */
  readonly plane: readonly string[];
  /** Register that a window starts from. */
  readonly start: string;
  /** Takes the register `e` into `v` for a tap of the window, numbered along its rows; the number is C. */
  readonly tap: (v: string, e: string, tap: string) => string;
  /** Adds the residual r? */
  readonly residual: boolean;
  /** Statements that end with the output in `v`. */
  readonly finish: (v: string) => readonly string[];
}

export type WindowGeometry = Pick<
  ConvGeometry,
  | 'height'
  | 'width'
  | 'outHeight'
  | 'outWidth'
  | 'kernelHeight'
  | 'kernelWidth'
  | 'strideY'
  | 'strideX'
  | 'dilationY'
  | 'dilationX'
  | 'padTop'
  | 'padLeft'
>;

/** A band that the first-level cache holds. */
const BAND_BYTES = 1 << 14;

interface BandPlan {
  readonly geometry: WindowGeometry;
  /** Output rows computed at a time, and of a band: a multiple of it, or all. */
  readonly block: number;
  readonly band: number;
  /** Rows of x under a band. */
  readonly held: number;
  /** Floats of a phase of a row. */
  readonly phase: number;
}

/** Bytes of the arena for the band; 0 where it is on the stack. */
export function slidingScratch(geometry: WindowGeometry): number {
  return stackOrArena(4 * bufferSize(bandPlan(geometry)));
}

function bandPlan(geometry: WindowGeometry): BandPlan {
  const { outHeight, outWidth, width, padLeft, strideX, kernelWidth, dilationX } = geometry;
  const reach = Math.floor(((kernelWidth - 1) * dilationX) / strideX);
  const phase = Math.max(outWidth + reach, Math.ceil((width + padLeft) / strideX)) + RUN_SLACK;
  const block = isUnrolled(geometry) ? Math.min(outHeight, outWidth > RUN_SLACK ? 2 : 4) : 1;
  const rowBytes = 4 * phase * strideX;
  const fitting = Math.floor((BAND_BYTES / rowBytes - heldRows(geometry, 1)) / geometry.strideY) + 1;
  const band = fitting >= outHeight ? outHeight : Math.max(block, fitting - (fitting % block));
  return { geometry, block, band, held: heldRows(geometry, band), phase };
}

/** Rows of x under some output rows. */
function heldRows({ strideY, kernelHeight, dilationY }: WindowGeometry, rows: number): number {
  return (rows - 1) * strideY + (kernelHeight - 1) * dilationY + 1;
}

const rowSize = ({ phase, geometry }: BandPlan): number => phase * geometry.strideX;

const bufferSize = (plan: BandPlan): number => plan.held * rowSize(plan) + RUN_SLACK;

/** The body of a function of x, y, the residual r if there is one, and `rows` where the band is not on the stack. */
export function slidingBody(window: SlidingWindow): string[] {
  const { geometry, planes, multiplier, residual, padding } = window;
  const plan = bandPlan(geometry);
  const { band, held } = plan;
  const { outHeight, outWidth, padTop, height, width, strideY } = geometry;
  const size = rowSize(plan);
  const kept = held - band * strideY;
  const single = Math.ceil(outHeight / band) === 1;
  // small planes: the next is copied while one is computed, or loads would wait for the stores before them
  const ahead = single && multiplier === 1 && planes !== 1 && slidingScratch(geometry) === 0;
  const fill = (rows: string): string[] => [
    `for (; t < ${held}; t++) {`,
    `float *const row = ${rows} + t * ${size};`,
    `const int at = t + ${single ? '' : `i * ${strideY} `}- ${padTop};`.replace('+ - ', '- '),
    ...copyRow(plan, padding),
    '}',
  ];
  const outputs = outputRows(window, plan);
  const next = [`y += ${outHeight * outWidth};`, ...(residual ? [`r += ${outHeight * outWidth};`] : [])];
  const planeOf = (m: string): string => `const float *const xm = x + ${m} * ${height * width};`;
  if (ahead) {
    const one = bufferSize(plan);
    return [
      `float rows[${2 * one}];`,
      `fill_run(rows, ${padding}, ${2 * one - RUN_SLACK});`,
      `for (int m = -1; m < ${planes}; m++) {`,
      `if (m + 1 < ${planes}) {`,
      planeOf('(m + 1)'),
      'int t = 0;',
      ...fill(`rows + ((m + 1) & 1) * ${one}`),
      '}',
      'if (m < 0) {',
      'continue;',
      '}',
      `const float *const band = rows + (m & 1) * ${one};`,
      ...window.plane,
      ...outputs,
      ...next,
      '}',
    ];
  }
  const keep = [
    'if (i > 0) {',
    `for (; t < ${kept}; t++) {`,
    `copy_run(rows + t * ${size}, rows + (t + ${band * strideY}) * ${size}, ${size});`,
    '}',
    '}',
  ];
  const bandText = ['int t = 0;', ...(single || kept <= 0 ? [] : keep), ...fill('rows'), ...outputs];
  const plane = [
    planeOf(multiplier === 1 ? 'm' : `(m / ${multiplier})`),
    ...window.plane,
    'const float *const band = rows;',
    ...(single ? bandText : [`for (int i = 0; i < ${outHeight}; i += ${band}) {`, ...bandText, '}']),
    ...next,
  ];
  return [
    ...(slidingScratch(geometry) ? [] : [`float rows[${bufferSize(plan)}];`]),
    `fill_run(rows, ${padding}, ${held * size});`,
    ...loop('m', planes, plane),
  ];
}

/** Row `at` of x into `row`; padding if it is outside the image. Margins are so from the start. */
function copyRow(
  { geometry: { height, width, padLeft, strideX }, phase }: BandPlan,
  padding: string,
): string[] {
  const copies = range(strideX).flatMap((s) => {
    const first = (((s - padLeft) % strideX) + strideX) % strideX;
    if (first >= width) return [];
    const to = s * phase + (first + padLeft - s) / strideX;
    const count = Math.min(Math.ceil((width - first) / strideX), (s + 1) * phase - RUN_SLACK - to);
    return copyRun(strideX, `row + ${to}`, `source + ${first}`, String(count));
  });
  return [
    `if (at >= 0 && at < ${height}) {`,
    `const float *const source = xm + at * ${width};`,
    ...copies,
    '} else {',
    `fill_run(row, ${padding}, ${phase * strideX});`,
    '}',
  ];
}

/** The output rows of the band from row i on. */
function outputRows(window: SlidingWindow, plan: BandPlan): string[] {
  const { geometry, block, band } = plan;
  const { outHeight } = geometry;
  const single = band >= outHeight;
  const rest = outHeight % block;
  const first = single ? '0' : 'i';
  const whole = outHeight - rest;
  const end = single ? String(whole) : `(i + ${band} < ${whole} ? i + ${band} : ${whole})`;
  const blocks = [
    `for (int o = ${first}; o < ${end}; o += ${block}) {`,
    ...rowsBlock(window, plan, block),
    '}',
  ];
  if (!rest) return blocks;
  const last = [`const int o = ${whole};`, ...rowsBlock(window, plan, rest), '}'];
  return [...blocks, single ? '{' : `if (i + ${band} > ${whole}) {`, ...last];
}

/** `count` output rows from row o on, register by register. */
function rowsBlock(window: SlidingWindow, plan: BandPlan, count: number): string[] {
  const { geometry, band } = plan;
  const { outWidth, strideY } = geometry;
  const row = band >= geometry.outHeight ? 'o' : '(o - i)';
  return [
    `const float *const top = band + ${row} * ${strideY * rowSize(plan)};`,
    `float *const yo = y + o * ${outWidth};`,
    ...(window.residual ? [`const float *const ro = r + o * ${outWidth};`] : []),
    'int j = 0;',
    `for (; j + 2 * LANES <= ${outWidth}; j += 2 * LANES) {`,
    ...registers(window, plan, { count, columns: 2, part: null }),
    '}',
    `for (; j < ${outWidth}; j += LANES) {`,
    `const int part = ${outWidth} - j < LANES ? ${outWidth} - j : LANES;`,
    ...registers(window, plan, { count, columns: 1, part: 'part' }),
    '}',
  ];
}

interface Registers {
  /** Output rows. */
  readonly count: number;
  readonly columns: number;
  /** Lanes that are stored, as C; null for all. */
  readonly part: string | null;
}

function registers(window: SlidingWindow, plan: BandPlan, { count, columns, part }: Registers): string[] {
  const { geometry } = plan;
  const sums = range(count).flatMap((row) =>
    range(columns).map((column) => ({ row, column, v: `a${row}_${column}` })),
  );
  const at = (base: string, row: number, column: number): string =>
    [base, ...(row ? [row * geometry.outWidth] : []), 'j', ...(column ? ['LANES'] : [])].join(' + ');
  return [
    ...sums.map(({ v }) => `vecf ${v} = ${window.start};`),
    ...(isUnrolled(geometry) ? taps(window, plan, { count, columns }) : tapLoops(window, plan, columns)),
    ...(window.residual
      ? sums.map(({ row, column, v }) => {
          const from = at('ro', row, column);
          return `${v} += ${part ? `load_part(${from}, ${part})` : `LOAD(${from})`};`;
        })
      : []),
    ...sums.flatMap(({ v }) => window.finish(v)),
    ...sums.map(({ row, column, v }) => {
      const to = at('yo', row, column);
      return part ? `store_part(${to}, ${v}, ${part});` : `STORE(${to}, ${v});`;
    }),
  ];
}

/** Row by row of x: what several windows read is loaded once. */
function taps(
  window: SlidingWindow,
  plan: BandPlan,
  { count, columns }: Pick<Registers, 'count' | 'columns'>,
): string[] {
  const { geometry, phase } = plan;
  const { kernelHeight, kernelWidth, dilationX, dilationY, strideX, strideY } = geometry;
  const lines: string[] = [];
  for (let row = 0; row < heldRows(geometry, count); row++) {
    for (let v = 0; v < kernelWidth; v++) {
      const offset = ((v * dilationX) % strideX) * phase + Math.floor((v * dilationX) / strideX);
      const users = range(count).flatMap((o) => {
        const u = (row - o * strideY) / dilationY;
        return Number.isInteger(u) && u >= 0 && u < kernelHeight ? [{ o, u }] : [];
      });
      if (!users.length) continue;
      for (let column = 0; column < columns; column++) {
        const from = `top + ${row * rowSize(plan) + offset} + j${column ? ' + LANES' : ''}`;
        lines.push(
          '{',
          `const vecf e = LOAD(${from});`,
          ...users.map(({ o, u }) => window.tap(`a${o}_${column}`, 'e', String(u * kernelWidth + v))),
          '}',
        );
      }
    }
  }
  return lines;
}

/** The taps of one output row. */
function tapLoops(window: SlidingWindow, plan: BandPlan, columns: number): string[] {
  const { kernelHeight, kernelWidth, dilationY } = plan.geometry;
  const loads = range(columns).flatMap((column) => [
    '{',
    `const vecf e = LOAD(at${column ? ' + LANES' : ''});`,
    window.tap(`a0_${column}`, 'e', `u * ${kernelWidth} + v`),
    '}',
  ]);
  const from = `const float *const at = top + u * ${dilationY * rowSize(plan)} + ${tapOffset(plan)} + j;`;
  return loop('u', kernelHeight, loop('v', kernelWidth, [from, ...loads]));
}
