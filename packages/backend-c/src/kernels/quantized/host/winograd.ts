import type { Node } from '@ghostc/ir';
import { mayFilter, minimalFilters } from '@ghostc/ops';
import { type CFunction, helperName } from '../../../kernel.ts';
import { loop } from '../../../text/loops.ts';
import { range } from '../../../text/range.ts';
import { geometryName } from '../../conv-geometry.ts';
import {
  type Arithmetic,
  eachRun,
  fillsRegisters,
  inputTransform,
  outputTransform,
  overBlocks,
  PLACES,
  runWidth,
  tileSizes,
  type WinogradPlan,
  winogradBytes,
  winogradPlan,
} from '../../winograd-plan.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
import { PAIR_ROWS, packPairs, pairProducts, pairSum, pairsPrelude } from './pairs.ts';
import { phaseRow } from './phase-row.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/**
 * 3x3 int8 convolution at stride 1 by minimal filtering, exact: with 2 G for G the weights are integers, and
 * so are all sums, which are four times those of the window. Two channels of a square are interleaved as
 * int16.
 */
export function winogradText(layer: Int8Layer): LayerText {
  const { geometry } = layer;
  const { batch, channels, height, width, m, outHeight, outWidth } = geometry;
  const plan = winogradPlan(geometry, Math.ceil(channels / 2));
  const body = [...convBody(plan), ...(batch > 1 ? [`x += ${channels * height * width};`] : [])];
  return {
    fn: {
      hint: `q_conv_winograd_${geometryName(geometry)}`,
      helpers: [
        inputHelper(layer, plan),
        outputHelper(layer, plan),
        ...tileSizes(m, PAIR_ROWS).map(({ rows, columns }) => tileFunction(rows, columns)),
      ],
      needs: [pairsPrelude],
      params: ['const int8_t *x', 'const int32_t *w', 'const int32_t *table', 'int8_t *y', 'int8_t *scratch'],
      body: [
        `int16_t *const v = (int16_t *)(void *)(scratch + ${4 * plan.work});`,
        `int32_t *const s = (int32_t *)(void *)v + ${PLACES * plan.inputs};`,
        ...(batch > 1 ? loop('n', batch, [...body, `y += ${m * outHeight * outWidth};`]) : body),
      ],
    },
    packWeight: () => packPlaces(layer, plan),
    scratch: { bytes: winogradBytes(plan), type: 'int8_t' },
    inPlace: false,
  };
}

/** Does minimal filtering apply, gain, and stay within int32? */
export function takesWinograd({ geometry, weight }: Int8Layer, node: Node): boolean {
  if (!mayFilter(node) || !fillsRegisters(geometry)) return false;
  const fits = fitting.get(weight) ?? staysInInt32(weight, geometry.m);
  fitting.set(weight, fits);
  return fits;
}

/** Of weights that were looked at: a layer is asked for several times. */
const fitting = new WeakMap<Int8Array, boolean>();

function staysInInt32(weight: Int8Array, channels: number): boolean {
  const filters = minimalFilters(weight);
  const perChannel = filters.length / channels;
  return range(channels).every((m) => {
    const sum = filters
      .subarray(m * perChannel, (m + 1) * perChannel)
      .reduce((total, u) => total + 4 * Math.abs(u), 0);
    return sum * MOST_INPUT < 2 ** 31;
  });
}

/** |B' d B| of int8 at most. */
const MOST_INPUT = 4 * 128;

const INPUT = 0;
const OUTPUT = 1;
const FIRST_TILE = 2;

/** 4 G g G' of two channels in a word, place by place. */
function packPlaces({ geometry, weight }: Int8Layer, { steps }: WinogradPlan): Int32Array {
  const { m, channels } = geometry;
  const filters = minimalFilters(weight);
  const packed = new Int32Array(PLACES * m * steps);
  for (let place = 0; place < PLACES; place++) {
    const one = packPairs({ rows: m, steps }, (row, channel) =>
      channel < channels ? 4 * (filters[(row * channels + channel) * PLACES + place] ?? 0) : 0,
    );
    packed.set(one, place * one.length);
  }
  return packed;
}

function convBody(plan: WinogradPlan): string[] {
  const { geometry, steps, block, inputs, sums } = plan;
  const { m } = geometry;
  const sizes = tileSizes(m, PAIR_ROWS);
  const call = (rows: number, columns: number): string => {
    const index = sizes.findIndex((tile) => tile.rows === rows && tile.columns === columns);
    const words = [
      `w + (place * ${m} + m) * ${steps}`,
      `v + 2 * (place * ${inputs} + p)`,
      ...[String(block), String(steps)],
      `s + place * ${sums} + m * ${block} + p`,
    ];
    return `${helperName(FIRST_TILE + index)}(${words.join(', ')});`;
  };
  return overBlocks(plan, { rows: PAIR_ROWS, lanes: 'LANES8', call }, [
    `${helperName(INPUT)}(x, q, count, scratch, v);`,
    `${helperName(OUTPUT)}(s, table, y, q, count, scratch);`,
  ]);
}

/** s[row][square] = sum over pairs of channels, in `rows` x `columns` registers. */
function tileFunction(rows: number, columns: number): CFunction {
  return {
    hint: `pairs_${rows}x${columns}`,
    params: ['const int32_t *w', 'const int16_t *x', 'int step', 'int depth', 'int32_t *s'],
    needs: [pairsPrelude],
    body: [
      ...pairProducts({ rows, columns }, { x: 'x', w: 'w', step: '2 * step', depth: 'depth' }),
      ...range(rows).flatMap((row) =>
        range(columns).map(
          (column) =>
            `v_keep(s${row ? ` + ${row} * step` : ''}${column ? ` + ${column} * LANES8` : ''}, ${pairSum(row, column)});`,
        ),
      ),
    ],
  };
}

const pairs: Arithmetic = { plus: (a, b) => `v_plus(${a}, ${b})`, minus: (a, b) => `v_minus(${a}, ${b})` };
const sums32: Arithmetic = { plus: (a, b) => `v_add(${a}, ${b})`, minus: (a, b) => `v_sub(${a}, ${b})` };

/** v[place][pair][square][2] = B' d B. */
function inputHelper({ geometry, xZeroPoint }: Int8Layer, plan: WinogradPlan): CFunction {
  const { block, inputs, line } = plan;
  const { channels, height, width, padTop } = geometry;
  const both = 2 * line;
  const lineOf = (u: number, channel: number): string => `lines + ${(2 * u + channel) * both}`;
  const place = (u: number, c: number, channel: number): string =>
    `at + ${(2 * u + channel) * both + (c % 2) * line + (c >> 1)}`;
  const transform = inputTransform({
    ...pairs,
    type: 'vpair',
    load: (u, c) => `v_zip(${place(u, c, 0)}, ${place(u, c, 1)})`,
    store: (at, name) => `v_put(to + ${2 * at * inputs}, ${name});`,
  });
  const copy = (u: number, channel: number): string[] =>
    phaseRow({ ...geometry, strideX: 2 }, line, {
      from: `x + ${channel ? `${height * width} + ` : ''}row * ${width}`,
      to: lineOf(u, channel),
    });
  const copySecond = (u: number): string[] =>
    channels % 2 ? [`if (c + 1 < ${channels}) {`, ...copy(u, 1), '}'] : copy(u, 1);
  return {
    hint: `winograd_in_${height}x${width}`,
    params: ['const int8_t *x', 'int q', 'int n', 'int8_t *lines', 'int16_t *v'],
    needs: [pairsPrelude],
    body: [
      `memset(lines, ${xZeroPoint}, ${8 * both});`,
      `for (int c = 0; c < ${channels}; c += 2) {`,
      ...eachRun(plan, [
        ...range(4).flatMap((u) => [
          '{',
          `const int row = 2 * i + ${u} - ${padTop};`,
          `if (row >= 0 && row < ${height}) {`,
          ...copy(u, 0),
          ...copySecond(u),
          '} else {',
          `memset(${lineOf(u, 0)}, ${xZeroPoint}, ${2 * both});`,
          '}',
          '}',
        ]),
        runWidth('LANES8'),
        'for (int t = 0; t < wide; t += LANES8) {',
        'const int8_t *const at = lines + j + t;',
        'int16_t *const to = v + 2 * (done + t);',
        ...transform,
        '}',
      ]),
      `x += ${2 * height * width};`,
      `v += ${2 * block};`,
      '}',
    ],
  };
}

/** y of a block of squares: A' s A of each place, a quarter of it requantised, laid out as two rows and copied to y. */
function outputHelper({ plan: requant }: Int8Layer, plan: WinogradPlan): CFunction {
  const { geometry, block, sums } = plan;
  const { m, outHeight, outWidth } = geometry;
  const { columns, rows } = outputTransform({
    ...sums32,
    type: 'vsum',
    load: (place) => `v_sums(from + ${place * sums})`,
  });
  return {
    hint: 'q_winograd_out',
    params: ['const int32_t *s', 'const int32_t *table', 'int8_t *y', 'int q', 'int n', 'int8_t *parts'],
    needs: [pairsPrelude],
    body: [
      `int8_t *const rows = parts + ${4 * block};`,
      ...loop('m', m, [
        ...requantConstants(requant, 'table'),
        'for (int t = 0; t < n; t += LANES8) {',
        'const int32_t *const from = s + t;',
        ...columns,
        ...rows
          .flat()
          .flatMap((output, i) => [
            '{',
            `const vsum sum = v_add(v_right(${output}, 2), bias);`,
            requantStore(requant, 'sum', `parts + ${i * block} + t`),
            '}',
          ]),
        '}',
        'for (int t = 0; t < n; t += 16) {',
        ...range(2).map(
          (u) =>
            `v_turn(rows + ${2 * u * block} + 2 * t, parts + ${2 * u * block} + t, parts + ${(2 * u + 1) * block} + t);`,
        ),
        '}',
        ...eachRun(plan, [
          `const int wide = ${outWidth} - 2 * j < 2 * size ? ${outWidth} - 2 * j : 2 * size;`,
          `for (int u = 0; u < 2 && 2 * i + u < ${outHeight}; u++) {`,
          `memcpy(y + (2 * i + u) * ${outWidth} + 2 * j, rows + u * ${2 * block} + 2 * done, (size_t)wide);`,
          '}',
        ]),
        `s += ${block};`,
        `table += ${requant.words};`,
        `y += ${outHeight * outWidth};`,
      ]),
    ],
  };
}
