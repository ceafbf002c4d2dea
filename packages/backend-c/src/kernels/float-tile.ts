import type { Activation } from '@ghostc/ops';
import { activateRegister } from '../activation-text.ts';
import type { CFunction } from '../kernel.ts';
import { activationNeeds } from '../register-formulas.ts';
import { range } from '../text/range.ts';

/**
 * y[m][p] = act(b[m] (+ r[m][p]) + sum_k w[m][k] * x[k][p]) in `rows` x `columns` registers. Weights are packed: `rows` values
 * for k = 0, then for k = 1, and so on.
 */
export interface FloatTile {
  readonly rows: number;
  /** Registers along p. */
  readonly columns: number;
  readonly act: Activation;
  readonly residual: boolean;
  /** Sums may start from y, and end there without activation, as `first` and `last` specify. */
  readonly partial: boolean;
  /** Which lanes of the last register exist. */
  readonly tail: Tail;
  /** Does it fetch the weights after its own into the cache? */
  readonly ahead: boolean;
}

export type Tail =
  /** All of them. */
  | { readonly kind: 'none' }
  /** So many, a constant as C; x ends there, too. */
  | { readonly kind: 'constant'; readonly lanes: string }
  /** As many as the function is told. x, a panel, has them all. */
  | { readonly kind: 'given' };

/** The tile as a function; its arguments are what `tileArguments` puts in order. */
export function tileFunction(tile: FloatTile): CFunction {
  const { rows, columns, act, residual, partial, tail } = tile;
  return {
    hint: `tile_${rows}x${columns}${tail.kind === 'none' ? '' : '_tail'}`,
    params: [
      'const float *w',
      'const float *x',
      'int step_x',
      'int depth',
      'const float *b',
      ...(residual ? ['const float *r'] : []),
      'float *y',
      'int step_y',
      ...(partial ? ['int first', 'int last'] : []),
      ...(tail.kind === 'given' ? ['int n'] : []),
    ],
    body: [...(rows === 1 ? ['(void)step_y;'] : []), ...start(tile), ...products(tile), ...finish(tile)],
    needs: activationNeeds(act),
  };
}

export interface TileArguments {
  readonly w: string;
  readonly x: string;
  readonly stepX: string;
  readonly depth: string;
  readonly b: string;
  readonly r: string;
  readonly y: string;
  readonly stepY: string;
  readonly first: string;
  readonly last: string;
  readonly n: string;
}

export function tileArguments({ residual, partial, tail }: FloatTile, to: TileArguments): string[] {
  return [
    ...[to.w, to.x, to.stepX, to.depth, to.b],
    ...(residual ? [to.r] : []),
    ...[to.y, to.stepY],
    ...(partial ? [to.first, to.last] : []),
    ...(tail.kind === 'given' ? [to.n] : []),
  ];
}

const sum = (row: number, column: number): string => `a${row}_${column}`;

/** Address of a register of x, y or r. */
function at(base: string, column: number): string {
  return column ? `${base} + ${column === 1 ? '' : `${column} * `}LANES` : base;
}

/** Where row `row` of y or r is. */
function rowOf(base: string, row: number): string {
  return row ? `${base} + ${row === 1 ? '' : `${row} * `}step_y` : base;
}

/** Lanes of the register that exist, null for all. */
function lanesOf({ columns, tail }: FloatTile, column: number): string | null {
  if (column < columns - 1 || tail.kind === 'none') return null;
  return tail.kind === 'given' ? 'n' : tail.lanes;
}

function loaded(tile: FloatTile, base: string, column: number): string {
  const lanes = lanesOf(tile, column);
  return lanes === null ? `LOAD(${at(base, column)})` : `load_part(${at(base, column)}, ${lanes})`;
}

function eachSum(
  { rows, columns }: FloatTile,
  text: (row: number, column: number) => string | readonly string[],
): string[] {
  return range(rows).flatMap((row) => range(columns).flatMap((column) => text(row, column)));
}

/** The residual is added to sums. */
function residualOf(tile: FloatTile): string[] {
  if (!tile.residual) return [];
  const added = (row: number, column: number): string => loaded(tile, rowOf('r', row), column);
  return eachSum(tile, (row, column) => `${sum(row, column)} += ${added(row, column)};`);
}

/**
 * The residual comes last: at the start, all products would be rounded at its size. Sums that are continued from y need it
 * first, since y may be where it was.
 */
function start(tile: FloatTile): string[] {
  const { rows, columns, partial } = tile;
  const bias = range(rows).map(
    (row) =>
      `vecf ${range(columns)
        .map((column) => `${sum(row, column)} = SPLAT(b[${row}])`)
        .join(', ')};`,
  );
  if (!partial) return bias;
  const added = residualOf(tile);
  const continued = eachSum(
    tile,
    (row, column) => `${sum(row, column)} = ${loaded(tile, rowOf('y', row), column)};`,
  );
  return [
    ...bias,
    'if (first == 0) {',
    ...continued,
    '}',
    ...(added.length ? ['else {', ...added, '}'] : []),
  ];
}

function products({ rows, columns, tail, ahead }: FloatTile): string[] {
  const load = (column: number): string =>
    column === columns - 1 && tail.kind === 'constant'
      ? `load_part(${at('x', column)}, ${tail.lanes})`
      : `LOAD(${at('x', column)})`;
  return [
    ...(ahead ? [`const float *next = w + depth * ${rows};`] : []),
    'for (int k = 0; k < depth; k++) {',
    `const vecf ${range(columns)
      .map((column) => `x${column} = ${load(column)}`)
      .join(', ')};`,
    ...range(rows).map((row) =>
      range(columns)
        .map((column) => `${sum(row, column)} += w[${row}] * x${column};`)
        .join(' '),
    ),
    'x += step_x;',
    `w += ${rows};`,
    ...(ahead ? ['PREFETCH(next);', `next += ${rows};`] : []),
    '}',
  ];
}

function finish(tile: FloatTile): string[] {
  const { act, partial } = tile;
  const activate = eachSum(tile, (row, column) => activateRegister(act, sum(row, column)));
  const stores = eachSum(tile, (row, column) => {
    const lanes = lanesOf(tile, column);
    const to = at(rowOf('y', row), column);
    return lanes === null
      ? `STORE(${to}, ${sum(row, column)});`
      : `store_part(${to}, ${sum(row, column)}, ${lanes});`;
  });
  if (!partial) return [...residualOf(tile), ...activate, ...stores];
  if (!activate.length) return ['(void)last;', ...stores];
  return ['if (last != 0) {', ...activate, '}', ...stores];
}
