import type { Node } from '@ghostc/ir';
import { mayFilter, minimalFilters } from '@ghostc/ops';
import { activateRegister, activationOf } from '../activation-text.ts';
import { type CFunction, helperName, type KernelCall, type KernelContext, type Prelude } from '../kernel.ts';
import { mostTileRows } from '../lanes.ts';
import { activationNeeds } from '../register-formulas.ts';
import { loop } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { type ConvGeometry, geometryName } from './conv-geometry.ts';
import { floatRuns } from './float-runs.ts';
import { type FloatTile, tileArguments, tileFunction } from './float-tile.ts';
import { packRows } from './gemm-block.ts';
import { weightData } from './operands.ts';
import { overImages } from './over-images.ts';
import { weightedCall } from './weighted-call.ts';
import {
  type Arithmetic,
  eachRun,
  fillsRegisters,
  inputTransform,
  LINES,
  outputTransform,
  overBlocks,
  PLACES,
  runWidth,
  tileSizes,
  type WinogradPlan,
  winogradBytes,
  winogradPlan,
} from './winograd-plan.ts';

/** 3x3 convolution at stride 1 by minimal filtering. G g G' is computed here, in double precision. */
export function winogradConv(context: KernelContext, geometry: ConvGeometry): KernelCall {
  const { node } = context;
  const residual = Boolean(node.inputs[3]);
  const plan = winogradPlan(geometry, geometry.channels);
  const rows = context.lanes.tileRows;
  const all = tiles(plan, rows);
  const helpers = [inputHelper(plan), outputHelper(plan, node), ...all.map(tileFunction)];
  const shortcut = residual ? ['r'] : [];
  return weightedCall(context, {
    hint: `conv_winograd_${geometryName(geometry)}`,
    body: overImages(geometry, { residual, body: imageBody(plan, { all, rows, shortcut }) }),
    weight: packPlaces(weightData(node, 1), geometry, rows),
    channels: geometry.m,
    working: 'work',
    helpers,
    needs: [zeroBias],
  });
}

/** Does minimal filtering apply, and gain? */
export function takesWinograd(node: Node, geometry: ConvGeometry): boolean {
  return mayFilter(node) && fillsRegisters(geometry);
}

export function winogradScratch(geometry: ConvGeometry): number {
  return winogradBytes(winogradPlan(geometry, geometry.channels));
}

/** G g G' as [place][output channel][channel], each place packed for tiles. */
function packPlaces(weight: Float32Array, { m, channels }: ConvGeometry, rows: number): Float32Array {
  const filters = minimalFilters(weight);
  const packed = new Float32Array(filters.length);
  const one = new Float32Array(m * channels);
  for (let place = 0; place < PLACES; place++) {
    for (let i = 0; i < one.length; i++) one[i] = filters[i * PLACES + place] ?? 0;
    packed.set(packRows(one, { m, k: channels }, rows), place * one.length);
  }
  return packed;
}

const zeroBias: Prelude = {
  name: 'zero-bias',
  lines: [`static const float zero_bias[${mostTileRows}] = { 0.0f };`],
};

/** The place whose sum occurs in all four outputs with the same sign: the bias is added there. */
const BIASED = 5;

const INPUT = 0;
const OUTPUT = 1;
const FIRST_TILE = 2;

function tiles({ geometry }: WinogradPlan, rows: number): FloatTile[] {
  return tileSizes(geometry.m, rows).map((size) => ({
    ...size,
    ...{ residual: false, partial: false, ahead: false },
    act: { activation: 'none', activation_params: [] },
    tail: { kind: 'none' },
  }));
}

interface ImageText {
  readonly all: readonly FloatTile[];
  /** Output channels of the tiles, but for the last ones. */
  readonly rows: number;
  /** What is added to the sums, if anything. */
  readonly shortcut: readonly string[];
}

function imageBody(plan: WinogradPlan, { all, rows: most, shortcut }: ImageText): string[] {
  const { geometry, block, inputs, sums } = plan;
  const { m, channels } = geometry;
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
  return [
    `float *const v = work + ${plan.work};`,
    `float *const s = v + ${PLACES * inputs};`,
    ...overBlocks(plan, { rows: most, lanes: 'LANES', call }, [
      `${helperName(INPUT)}(x, q, count, work, v);`,
      `${helperName(OUTPUT)}(${['s', ...shortcut, 'y', 'q', 'count', 'work'].join(', ')});`,
    ]),
  ];
}

const arithmetic: Arithmetic = { plus: (a, b) => `${a} + ${b}`, minus: (a, b) => `${a} - ${b}` };

/** v[place][channel][square] = B' d B. */
function inputHelper(plan: WinogradPlan): CFunction {
  const { geometry, block, inputs, line } = plan;
  const { channels, height, width, padTop, padLeft } = geometry;
  const transform = inputTransform({
    ...arithmetic,
    type: 'vecf',
    load: (u, c) => `LOAD(at + ${(2 * u + (c % 2)) * line + (c >> 1)})`,
    store: (place, name) => `STORE(to + ${place * inputs}, ${name});`,
  });
  const copyLine = (u: number, odd: number): string[] => [
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
  ];
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
            ...range(2).flatMap((odd) => copyLine(u, odd)),
            '}',
          ]),
          runWidth('LANES'),
          'for (int t = 0; t < wide; t += LANES) {',
          'const float *const at = lines + t;',
          'float *const to = v + done + t;',
          ...transform,
          '}',
        ]),
        `x += ${height * width};`,
        `v += ${block};`,
      ]),
    ],
  };
}

/** y of a block of squares: A' s A of each place, laid out as two rows, then the residual, the activation and the copy to y. */
function outputHelper(plan: WinogradPlan, node: Node): CFunction {
  const { geometry, block, sums } = plan;
  const { m, outHeight, outWidth } = geometry;
  const act = activationOf(node);
  const residual = Boolean(node.inputs[3]);
  const row = 2 * block;
  const { columns, rows } = outputTransform({
    ...arithmetic,
    type: 'vecf',
    load: (place) => `LOAD(from + ${place * sums})`,
  });
  const lane = (load: (from: string) => string): string[] => [
    `vecf v = ${load('from')};`,
    ...(residual ? [`v += ${load('res')};`] : []),
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
      ...rows.map(([a, b], u) => `store_pairs(rows + ${u * row} + 2 * t, ${a}, ${b});`),
      '}',
      ...eachRun(plan, [
        `const int wide = ${outWidth} - 2 * j < 2 * size ? ${outWidth} - 2 * j : 2 * size;`,
        `for (int u = 0; u < 2 && 2 * i + u < ${outHeight}; u++) {`,
        `const float *const from = rows + u * ${row} + 2 * done;`,
        ...(residual ? [`const float *const res = r + (2 * i + u) * ${outWidth} + 2 * j;`] : []),
        `float *const to = y + (2 * i + u) * ${outWidth} + 2 * j;`,
        'int k = 0;',
        'for (; k + LANES <= wide; k += LANES) {',
        ...lane((from) => `LOAD(${from} + k)`),
        'STORE(to + k, v);',
        '}',
        'if (k < wide) {',
        'const int left = wide - k;',
        ...lane((from) => `load_part(${from} + k, left)`),
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
    '#if LANES == 16',
    'const __m512i first = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);',
    'const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));',
    '_mm512_storeu_ps(p, _mm512_permutex2var_ps((__m512)a, first, (__m512)b));',
    '_mm512_storeu_ps(p + 16, _mm512_permutex2var_ps((__m512)a, second, (__m512)b));',
    '#elif defined(__AVX__)',
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
