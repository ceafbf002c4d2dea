import { vectorLanes } from '../lanes.ts';
import type { ConvGeometry } from './conv-geometry.ts';

/**
 * Minimal filtering of a 3x3 window, F(2x2, 3x3) of Winograd: Y = A'[(G g G') * (B' d B)]A, where d are the 4x4 inputs of a
 * square of 2x2 outputs: 16 products a channel instead of 36. At each of the 16 places the sums over channels are a matrix
 * product over squares.
 */
export interface WinogradPlan {
  readonly geometry: ConvGeometry;
  /** Steps of the sums: channels, or pairs of them. */
  readonly steps: number;
  /** Squares of a row, of the image, and of a block. */
  readonly across: number;
  readonly squares: number;
  readonly block: number;
  /** Words of 4 bytes of a place: of the transformed inputs [step][square], and of the sums [output channel][square]. */
  readonly inputs: number;
  readonly sums: number;
  /** Elements of a line of input, of which there are `LINES`. */
  readonly line: number;
  /** Words that the transforms work in: all lines, or two rows of output of all squares. */
  readonly work: number;
}

export const PLACES = 16;
/** Four rows, columns of even and odd places apart. */
export const LINES = 8;

/** Registers of a tile along the squares. */
const COLUMNS = 2;
/** Both sides of the products of a block of squares use up to this, unless they have too many channels. */
const BLOCK_BYTES = 1 << 18;
/** What a load or a store may take past an end. */
const SLACK = vectorLanes.most;

/** Fewer squares do not fill registers. */
const LEAST_SQUARES = 16;

export function fillsRegisters(geometry: ConvGeometry): boolean {
  return squaresOf(geometry) >= LEAST_SQUARES;
}

function squaresOf({ outHeight, outWidth }: ConvGeometry): number {
  return Math.ceil(outHeight / 2) * Math.ceil(outWidth / 2);
}

export function winogradPlan(geometry: ConvGeometry, steps: number): WinogradPlan {
  const { m, outWidth } = geometry;
  const squares = squaresOf(geometry);
  const across = Math.ceil(outWidth / 2);
  const widest = COLUMNS * vectorLanes.most;
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (4 * PLACES * (steps + m) * widest)));
  const blocks = Math.ceil(squares / widest / most);
  const unit = blocks > 1 ? widest : vectorLanes.most;
  const block = Math.ceil(squares / blocks / unit) * unit;
  const line = Math.ceil((across + 1 + 2 * SLACK) / SLACK) * SLACK;
  return {
    ...{ geometry, steps, across, squares, block, line },
    // places do not lie a power of two apart: they are written together
    inputs: steps * block + SLACK,
    sums: m * block + SLACK,
    work: Math.max(LINES * line, 4 * block),
  };
}

export function winogradBytes({ inputs, sums, work }: WinogradPlan): number {
  return 4 * (PLACES * (inputs + sums) + work);
}

interface Products {
  /** Output channels of a tile. */
  readonly rows: number;
  /** The macro of the lanes of a register. */
  readonly lanes: string;
  /** The call of tile (rows, columns) at `place`, from output channel `m` and square `p` of the block. */
  readonly call: (rows: number, columns: number) => string;
}

/** Block by block: `before`, the products of all places, `after`; `q` is a block's first square, `count` how many it has. */
export function overBlocks(
  { geometry: { m }, squares, block }: WinogradPlan,
  { rows: most, lanes, call }: Products,
  [before, after]: readonly [string, string],
): string[] {
  const whole = m - (m % most);
  const rows = (columns: number): string[] => [
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${most}) {`, call(most, columns), '}'] : []),
    ...(m > whole ? ['{', `const int m = ${whole};`, call(m - whole, columns), '}'] : []),
  ];
  return [
    `for (int q = 0; q < ${squares}; q += ${block}) {`,
    `const int count = ${squares} - q < ${block} ? ${squares} - q : ${block};`,
    before,
    `for (int place = 0; place < ${PLACES}; place++) {`,
    'int p = 0;',
    `for (; count - p > ${lanes}; p += ${COLUMNS} * ${lanes}) {`,
    ...rows(COLUMNS),
    '}',
    'if (count > p) {',
    ...rows(1),
    '}',
    '}',
    after,
    '}',
  ];
}

/** Rows and columns of all tiles: full rows and those left over, of two registers and of one. */
export function tileSizes(m: number, most: number): { readonly rows: number; readonly columns: number }[] {
  const heights = [...(m >= most ? [most] : []), ...(m % most ? [m % most] : [])];
  return heights.flatMap((rows) => [COLUMNS, 1].map((columns) => ({ rows, columns })));
}

/** Loops over the runs of the squares q to q + n - 1 that lie in one row: `size` from square (i, j), the block's `done`-th. */
export function eachRun({ across }: WinogradPlan, body: readonly string[]): string[] {
  return [
    'for (int done = 0; done < n;) {',
    `const int i = (q + done) / ${across};`,
    `const int j = (q + done) % ${across};`,
    `const int size = n - done < ${across} - j ? n - done : ${across} - j;`,
    ...body,
    'done += size;',
    '}',
  ];
}

/**
 * Squares of a run that are transformed. A run may write a register's lanes past its end: what should be
 * there is written later, except after the last step, where there is nothing. The last run fills its
 * register.
 */
export function runWidth(lanes: string): string {
  return `const int wide = done + size < n ? size : (n + ${lanes} - 1) / ${lanes} * ${lanes} - done;`;
}

/** The four places of B' d, or of A's rows, from four operands, combined by `minus` and `plus`. */
function filtered(
  [a = '', b = '', c = '', e = '']: readonly string[],
  { name, plus, minus }: Arithmetic & { readonly name: (place: number) => string },
): string {
  return [
    `${name(0)} = ${minus(a, c)}`,
    `${name(1)} = ${plus(b, c)}`,
    `${name(2)} = ${minus(c, b)}`,
    `${name(3)} = ${minus(b, e)}`,
  ].join(', ');
}

export interface Arithmetic {
  readonly plus: (a: string, b: string) => string;
  readonly minus: (a: string, b: string) => string;
}

const FOUR = [0, 1, 2, 3] as const;

/** B' d B of registers of `type`: `load` gives input (row, column) of a square, `store` writes a place. */
export function inputTransform({
  type,
  load,
  store,
  ...arithmetic
}: Arithmetic & {
  readonly type: string;
  readonly load: (row: number, column: number) => string;
  readonly store: (place: number, name: string) => string;
}): string[] {
  return [
    ...FOUR.flatMap((u) => [
      `const ${type} ${FOUR.map((c) => `x${u}_${c} = ${load(u, c)}`).join(', ')};`,
      `const ${type} ${filtered(
        FOUR.map((c) => `x${u}_${c}`),
        { ...arithmetic, name: (c) => `d${u}_${c}` },
      )};`,
    ]),
    ...FOUR.flatMap((c) => [
      `const ${type} ${filtered(
        FOUR.map((u) => `d${u}_${c}`),
        { ...arithmetic, name: (u) => `t${u}_${c}` },
      )};`,
      ...FOUR.map((u) => store(4 * u + c, `t${u}_${c}`)),
    ]),
  ];
}

/** A' s A in registers of `type`, from the sums of each place: what to compute first, and then the outputs of both rows. */
export function outputTransform({
  type,
  load,
  ...arithmetic
}: Arithmetic & { readonly type: string; readonly load: (place: number) => string }): {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [string, string])[];
} {
  const columns = FOUR.flatMap((c) => {
    const names = FOUR.map((u) => `s${u}_${c}`);
    const [even, odd] = gathered(names, arithmetic);
    return [
      `const ${type} ${names.map((name, u) => `${name} = ${load(4 * u + c)}`).join(', ')};`,
      `const ${type} e${c} = ${even}, o${c} = ${odd};`,
    ];
  });
  const rows = ['e', 'o'].map((name) =>
    gathered(
      FOUR.map((c) => `${name}${c}`),
      arithmetic,
    ),
  );
  return { columns, rows };
}

/** A' s of four: the sums of both outputs. */
function gathered(
  [a = '', b = '', c = '', e = '']: readonly string[],
  { plus, minus }: Arithmetic,
): [string, string] {
  return [plus(plus(a, b), c), minus(minus(b, c), e)];
}
