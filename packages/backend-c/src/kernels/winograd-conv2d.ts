import type { Node } from '@ghostc/ir';
import { mayFilter, minimalFilters } from '@ghostc/ops';
import { activateRegister, activationOf } from '../activation-text.ts';
import { type CFunction, helperName, type KernelCall, type KernelContext, type Prelude } from '../kernel.ts';
import { vectorLanes } from '../lanes.ts';
import { activationNeeds } from '../register-formulas.ts';
import { loop } from '../text/loops.ts';
import { type ConvGeometry, geometryName } from './conv-geometry.ts';
import { floatRuns, RUN_SLACK } from './float-runs.ts';
import { type FloatTile, tileArguments, tileFunction } from './float-tile.ts';
import { packRows, range } from './gemm-block.ts';
import { weightData } from './operands.ts';
import { overImages } from './over-images.ts';
import { weightedCall } from './weighted-call.ts';

/**
 * 3x3 convolution at stride 1 by minimal filtering, F(2x2, 3x3) of Winograd: Y = A'[(G g G') * (B' d B)]A, where d are the 4x4
 * inputs of a square of 2x2 outputs: 16 products a channel instead of 36. At each of the 16 places the sums over channels are a
 * matrix product over squares. G g G' is computed here, in double precision.
 */
export function winogradConv(context: KernelContext, geometry: ConvGeometry): KernelCall {
  const { node } = context;
  const residual = Boolean(node.inputs[3]);
  const plan = planOf(geometry);
  const helpers = [inputHelper(plan), outputHelper(plan, node), ...tiles(plan).map(tileFunction)];
  return weightedCall(context, {
    hint: `conv_winograd_${geometryName(geometry)}`,
    body: overImages(geometry, { residual, body: convBody(plan, residual) }),
    weight: packPlaces(weightData(node, 1), geometry),
    channels: geometry.m,
    working: 'work',
    helpers,
    needs: [zeroBias],
  });
}

/** Fewer squares do not fill registers. */
const LEAST_SQUARES = 16;

/** Does minimal filtering apply, and gain? */
export function takesWinograd(node: Node, geometry: ConvGeometry): boolean {
  return mayFilter(node) && squaresOf(geometry) >= LEAST_SQUARES;
}

/** Bytes of the arena for both sides of the products, and the lines of one input channel. */
export function winogradScratch(geometry: ConvGeometry): number {
  const { inputs, sums, work } = planOf(geometry);
  return 4 * (PLACES * (inputs + sums) + work);
}

const PLACES = 16;
/** Four rows of input, columns of even and odd places apart. */
const LINES = 8;
/** Output channels of a tile, and its registers along the squares. */
const ROWS = 6;
const COLUMNS = 2;
/** Both sides of the products of a block of squares take up to this, if they are not of so many channels. */
const BLOCK_BYTES = 1 << 21;

interface Plan {
  readonly geometry: ConvGeometry;
  /** Squares of a row, of the image, and of a block. */
  readonly across: number;
  readonly squares: number;
  readonly block: number;
  /** Floats of a place: of the transformed inputs [channel][square], and of the sums [output channel][square]. */
  readonly inputs: number;
  readonly sums: number;
  /** Floats of a line, and of what helpers work in: all lines, or two rows of output of all squares. */
  readonly line: number;
  readonly work: number;
}

function squaresOf({ outHeight, outWidth }: ConvGeometry): number {
  return Math.ceil(outHeight / 2) * Math.ceil(outWidth / 2);
}

function planOf(geometry: ConvGeometry): Plan {
  const { channels, m, outWidth } = geometry;
  const squares = squaresOf(geometry);
  const across = Math.ceil(outWidth / 2);
  const widest = COLUMNS * vectorLanes.most;
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (4 * PLACES * (channels + m) * widest)));
  const blocks = Math.ceil(squares / widest / most);
  const block = Math.ceil(squares / blocks / widest) * widest;
  const apart = 2 * RUN_SLACK;
  const line = Math.ceil((Math.min(across, block) + 1 + 3 * RUN_SLACK) / RUN_SLACK) * RUN_SLACK;
  return {
    ...{ geometry, across, squares, block, line },
    // places do not lie a power of two apart: they are written together
    inputs: channels * block + apart,
    sums: m * block + apart,
    work: Math.max(LINES * line, 4 * block),
  };
}

/** G g G' as [place][output channel][channel], each place packed for tiles. */
function packPlaces(weight: Float32Array, { m, channels }: ConvGeometry): Float32Array {
  const filters = minimalFilters(weight);
  const packed = new Float32Array(filters.length);
  const one = new Float32Array(m * channels);
  for (let place = 0; place < PLACES; place++) {
    for (let i = 0; i < one.length; i++) one[i] = filters[i * PLACES + place] ?? 0;
    packed.set(packRows(one, { m, k: channels }, ROWS), place * one.length);
  }
  return packed;
}

const zeroBias: Prelude = {
  name: 'zero-bias',
  lines: [`static const float zero_bias[${ROWS}] = { 0.0f };`],
};

/** The place whose sum stands in all four outputs, with the same sign: the bias starts it. */
const BIASED = 5;

const INPUT = 0;
const OUTPUT = 1;
const FIRST_TILE = 2;

/** Full rows and those left over, of two registers and of one. */
function tiles({ geometry: { m } }: Plan): FloatTile[] {
  const heights = [...(m >= ROWS ? [ROWS] : []), ...(m % ROWS ? [m % ROWS] : [])];
  return heights.flatMap((rows) =>
    [COLUMNS, 1].map((columns) => ({
      ...{ rows, columns, residual: false, partial: false, ahead: false },
      act: { activation: 'none', activation_params: [] },
      tail: { kind: 'none' },
    })),
  );
}

function convBody(plan: Plan, residual: boolean): string[] {
  const { geometry, squares, block, inputs, sums } = plan;
  const { m, channels } = geometry;
  const all = tiles(plan);
  const call = (rows: number, columns: number): string => {
    const index = all.findIndex((tile) => tile.rows === rows && tile.columns === columns);
    const words = {
      w: `w + (place * ${m} + m) * ${channels}`,
      x: `v + place * ${inputs} + p`,
      stepX: String(block),
      depth: String(channels),
      b: `place == ${BIASED} ? b + m : zero_bias`,
      y: `s + place * ${sums} + m * ${block} + p`,
      stepY: String(block),
      ...{ r: '', first: '', last: '', n: '' },
    };
    const tile = all[index];
    return tile ? `${helperName(FIRST_TILE + index)}(${tileArguments(tile, words).join(', ')});` : '';
  };
  const whole = m - (m % ROWS);
  const rows = (columns: number): string[] => [
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${ROWS}) {`, call(ROWS, columns), '}'] : []),
    ...(m > whole ? ['{', `const int m = ${whole};`, call(m - whole, columns), '}'] : []),
  ];
  return [
    `float *const v = work + ${plan.work};`,
    `float *const s = v + ${PLACES * inputs};`,
    `for (int q = 0; q < ${squares}; q += ${block}) {`,
    `const int count = ${squares} - q < ${block} ? ${squares} - q : ${block};`,
    `${helperName(INPUT)}(x, q, count, work, v);`,
    `for (int place = 0; place < ${PLACES}; place++) {`,
    'int p = 0;',
    `for (; count - p > LANES; p += ${COLUMNS} * LANES) {`,
    ...rows(COLUMNS),
    '}',
    'if (count > p) {',
    ...rows(1),
    '}',
    '}',
    `${helperName(OUTPUT)}(s, ${residual ? 'r, ' : ''}y, q, count, work);`,
    '}',
  ];
}

/** Loops over the runs of the squares q to q + n - 1 that lie in one row: `size` from square (i, j), the block's `done`-th. */
function eachRun({ across }: Plan, body: readonly string[]): string[] {
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
 * v[place][channel][square] = B' d B. A run of squares may write up to LANES - 1 beyond its end: what stands there is written
 * later, but after the last channel, where nothing stands. The last run fills its register.
 */
function inputHelper(plan: Plan): CFunction {
  const { geometry, block, inputs, line } = plan;
  const { channels, height, width, padTop, padLeft } = geometry;
  const d = (u: number, s: number): string => `d${u}_${s}`;
  const loads = range(4).flatMap((u) => [
    `const vecf e${u} = LOAD(at + ${2 * u * line}), o${u} = LOAD(at + ${(2 * u + 1) * line});`,
    `const vecf f${u} = LOAD(at + ${2 * u * line + 1}), p${u} = LOAD(at + ${(2 * u + 1) * line + 1});`,
    `const vecf ${filtered([`e${u}`, `o${u}`, `f${u}`, `p${u}`], (s) => d(u, s))};`,
  ]);
  const stores = range(4).flatMap((s) => [
    `const vecf ${filtered(
      range(4).map((u) => d(u, s)),
      (u) => `t${u}_${s}`,
    )};`,
    ...range(4).map((u) => `STORE(to + ${(4 * u + s) * inputs}, t${u}_${s});`),
  ]);
  return {
    hint: `winograd_in_${height}x${width}`,
    params: ['const float *x', 'int q', 'int n', 'float *lines', 'float *v'],
    needs: [floatRuns],
    body: [
      `fill_run(lines, 0.0f, ${LINES * line});`,
      ...loop('c', channels, [
        ...eachRun(plan, [
          ...range(4).flatMap((u) => [
            '{',
            `const int row = 2 * i + ${u} - ${padTop};`,
            `const int inside = row >= 0 && row < ${height} ? ${width} : 0;`,
            `const float *const from = x + row * ${width};`,
            ...range(2).flatMap((odd) => [
              '{',
              `const int first = 2 * j + ${odd} - ${padLeft};`,
              `float *const to = lines + ${(2 * u + odd) * line};`,
              'const int low = first < 0 ? (1 - first) / 2 : 0;',
              'const int end = inside > first ? (inside - first + 1) / 2 : 0;',
              'const int high = end < size + 1 ? end : size + 1;',
              'if (high > low) {',
              'fill_run(to, 0.0f, low);',
              'copy_run_2(to + low, from + first + 2 * low, high - low);',
              'fill_run(to + high, 0.0f, size + 1 - high);',
              '} else {',
              'fill_run(to, 0.0f, size + 1);',
              '}',
              '}',
            ]),
            '}',
          ]),
          'const int wide = done + size < n ? size : (n + LANES - 1) / LANES * LANES - done;',
          'for (int t = 0; t < wide; t += LANES) {',
          'const float *const at = lines + t;',
          'float *const to = v + done + t;',
          ...loads,
          ...stores,
          '}',
        ]),
        `x += ${height * width};`,
        `v += ${block};`,
      ]),
    ],
  };
}

/** B' of four: what `name` says of each place. */
function filtered(
  [a = '', b = '', c = '', e = '']: readonly string[],
  name: (place: number) => string,
): string {
  return [
    `${name(0)} = ${a} - ${c}`,
    `${name(1)} = ${b} + ${c}`,
    `${name(2)} = ${c} - ${b}`,
    `${name(3)} = ${b} - ${e}`,
  ].join(', ');
}

/** y of a block of squares: A' s A of each place, laid out as two rows, then the residual, the activation and the copy to y. */
function outputHelper(plan: Plan, node: Node): CFunction {
  const { geometry, block, sums } = plan;
  const { m, outHeight, outWidth } = geometry;
  const act = activationOf(node);
  const residual = Boolean(node.inputs[3]);
  const row = 2 * block;
  const columns = range(4).flatMap((s) => {
    const at = (u: number): string => `LOAD(from + ${(4 * u + s) * sums})`;
    return [
      `const vecf m${s} = ${at(1)}, k${s} = ${at(2)};`,
      `const vecf a${s} = ${at(0)} + m${s} + k${s}, b${s} = m${s} - k${s} - ${at(3)};`,
    ];
  });
  const lane = (load: string): string[] => [
    `vecf v = ${load}(from + k${load === 'LOAD' ? '' : ', left'});`,
    ...(residual ? [`v += ${load}(res + k${load === 'LOAD' ? '' : ', left'});`] : []),
    ...activateRegister(act, 'v'),
  ];
  return {
    hint: 'winograd_out',
    params: [
      'const float *s',
      ...(residual ? ['const float *r'] : []),
      ...['float *y', 'int q', 'int n', 'float *rows'],
    ],
    needs: [interleave, ...activationNeeds(act)],
    body: loop('m', m, [
      'for (int t = 0; t < n; t += LANES) {',
      'const float *const from = s + t;',
      ...columns,
      `store_pairs(rows + 2 * t, a0 + a1 + a2, a1 - a2 - a3);`,
      `store_pairs(rows + ${row} + 2 * t, b0 + b1 + b2, b1 - b2 - b3);`,
      '}',
      ...eachRun(plan, [
        `const int wide = ${outWidth} - 2 * j < 2 * size ? ${outWidth} - 2 * j : 2 * size;`,
        `for (int u = 0; u < 2 && 2 * i + u < ${outHeight}; u++) {`,
        `const float *const from = rows + u * ${row} + 2 * done;`,
        ...(residual ? [`const float *const res = r + (2 * i + u) * ${outWidth} + 2 * j;`] : []),
        `float *const to = y + (2 * i + u) * ${outWidth} + 2 * j;`,
        'int k = 0;',
        'for (; k + LANES <= wide; k += LANES) {',
        ...lane('LOAD'),
        'STORE(to + k, v);',
        '}',
        'if (k < wide) {',
        'const int left = wide - k;',
        ...lane('load_part'),
        'store_part(to + k, v, left);',
        '}',
        '}',
      ]),
      `s += ${block};`,
      ...(residual ? [`r += ${outHeight * outWidth};`] : []),
      `y += ${outHeight * outWidth};`,
    ]),
  };
}

const interleave: Prelude = {
  name: 'interleave',
  lines: [
    '/* a[0], b[0], a[1], b[1], ... */',
    'static inline void store_pairs(float *p, vecf a, vecf b)',
    '{',
    '#if defined(__AVX__)',
    'const __m256 low = _mm256_unpacklo_ps((__m256)a, (__m256)b);',
    'const __m256 high = _mm256_unpackhi_ps((__m256)a, (__m256)b);',
    '_mm256_storeu_ps(p, _mm256_permute2f128_ps(low, high, 0x20));',
    '_mm256_storeu_ps(p + 8, _mm256_permute2f128_ps(low, high, 0x31));',
    '#elif LANES == 4 && defined(__clang__)',
    'STORE(p, __builtin_shufflevector(a, b, 0, 4, 1, 5));',
    'STORE(p + 4, __builtin_shufflevector(a, b, 2, 6, 3, 7));',
    '#elif LANES == 4',
    'const veci low = { 0, 4, 1, 5 };',
    'const veci high = { 2, 6, 3, 7 };',
    'STORE(p, __builtin_shuffle(a, b, low));',
    'STORE(p + 4, __builtin_shuffle(a, b, high));',
    '#else',
    'p[0] = a;',
    'p[1] = b;',
    '#endif',
    '}',
  ],
};
