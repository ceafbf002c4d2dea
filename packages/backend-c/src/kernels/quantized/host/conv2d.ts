import type { Node } from '@ghostc/ir';
import { range } from '../../../text/range.ts';
import { type ConvGeometry, geometryName, isDense, isPointwise } from '../../conv-geometry.ts';
import { pointwiseInPlace } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
import { pointwiseBytes, windowBytes } from './byte-conv.ts';
import { withBytes } from './bytes.ts';
import { denseText } from './fully-connected.ts';
import {
  channelBlocks,
  layerParams,
  MOST_LANES,
  overGroups,
  packQuads,
  type Tile,
  wideTile,
} from './gemm.ts';
import { PAIR_COLUMNS, PAIR_ROWS, packPairs, pairProducts, pairSum, pairsPrelude } from './pairs.ts';
import { lanesPrelude } from './prelude.ts';
import { quadPlane } from './quad-plane.ts';
import { requantConstants, requantStore } from './requant-text.ts';
import { takesWinograd, winogradText } from './winograd.ts';

/**
 * An int8 convolution as a matrix product over quads: four inputs and four weights are stored together as
 * int16, and one instruction multiplies those of several pixels.
 */
export function convText(layer: Int8Layer, node: Node): LayerText {
  if (isDense(layer.geometry)) return denseText(layer);
  if (takesWinograd(layer, node)) return winogradText(layer);
  return isDirect(layer) ? pointwiseText(layer) : windowText(layer);
}

/** The same, and with VNNI where the processor has it. */
export function x86ConvText(layer: Int8Layer, node: Node): LayerText {
  const text = convText(layer, node);
  if (isDense(layer.geometry)) return text;
  return withBytes(text, isDirect(layer) ? pointwiseBytes(layer) : windowBytes(inOneLine(layer)));
}

/** The pixels of a small plane side by side, where each output is made of one input. */
function inOneLine(layer: Int8Layer): Int8Layer {
  const { geometry } = layer;
  if (!isPointwise(geometry)) return layer;
  const line = { height: 1, width: geometry.height * geometry.width };
  return {
    ...layer,
    geometry: { ...geometry, ...line, outHeight: line.height, outWidth: line.width, strideY: 1, strideX: 1 },
  };
}

/** Are the pixels of its input those of its output, and enough of them? */
function isDirect({ geometry }: Int8Layer): boolean {
  return isPointwise(geometry) && geometry.height * geometry.width >= MOST_LANES;
}

/**
 * Blocks of pixels are copied to `col` [pair][pixel][2]: wide ones, then some of LANES8, of which the last steps back to end
 * with the plane.
 */
function pointwiseText(layer: Int8Layer): LayerText {
  const { geometry, weight } = layer;
  const { inner, height, width, m, group } = geometry;
  const plane = height * width;
  const steps = Math.ceil(inner / 2);
  const perGroup = m / group;
  const rest = perGroup % PAIR_ROWS;
  const tile = (rows: number, columns: number): string[] => pointwiseTile(layer, { rows, columns, steps });
  const block = (columns: number): string[] => [
    ...packColumns(inner, plane, columns),
    'const int32_t *wm = wg;',
    'const int32_t *qm = qg;',
    'int8_t *ym = y + p;',
    ...(perGroup > rest
      ? [`for (int m = 0; m < ${perGroup - rest}; m += ${PAIR_ROWS}) {`, ...tile(PAIR_ROWS, columns), '}']
      : []),
    ...(rest ? tile(rest, columns) : []),
  ];
  const body = overGroups(layer, { type: 'int32_t', perChannel: steps }, [
    'int p = 0;',
    `for (; p + ${PAIR_COLUMNS} * LANES8 <= ${plane}; p += ${PAIR_COLUMNS} * LANES8) {`,
    ...block(PAIR_COLUMNS),
    '}',
    `for (; p < ${plane}; p += LANES8) {`,
    `p = p < ${plane} - LANES8 ? p : ${plane} - LANES8;`,
    ...block(1),
    '}',
  ]);
  const packGroup = (g: number): Int32Array =>
    packPairs({ rows: perGroup, steps }, (row, channel) =>
      channel < inner ? (weight[(g * perGroup + row) * inner + channel] ?? 0) : 0,
    );
  return {
    fn: {
      hint: `q_conv_${name(geometry)}`,
      needs: [pairsPrelude],
      params: layerParams('int32_t'),
      body: [
        'int16_t *const col = (int16_t *)(void *)scratch;',
        ...(inner % 2 ? [`static const int8_t zeros[${PAIR_COLUMNS * MOST_LANES}] = { 0 };`] : []),
        ...body,
      ],
    },
    packWeight: () => Int32Array.from(range(group).flatMap((g) => [...packGroup(g)])),
    scratch: { bytes: 2 * 2 * steps * PAIR_COLUMNS * MOST_LANES, type: 'int8_t' },
    inPlace: pointwiseInPlace(geometry) && plane % MOST_LANES === 0,
  };
}

interface PointwiseTile {
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
}

function pointwiseTile({ geometry, plan }: Int8Layer, { rows, columns, steps }: PointwiseTile): string[] {
  const plane = geometry.height * geometry.width;
  return [
    'const int16_t *c = col;',
    ...pairProducts(
      { rows, columns },
      { x: 'c', w: 'wm', step: `${2 * columns} * LANES8`, depth: String(steps), product: 'v_products' },
    ),
    ...range(rows).flatMap((row) => [
      '{',
      `const int32_t *const qr = qm + ${row * plan.words};`,
      ...requantConstants(plan, 'qr'),
      ...range(columns).flatMap((column) => [
        '{',
        `const vsum sum = v_add(${pairSum(row, column)}, bias);`,
        requantStore(plan, 'sum', `ym + ${row * plane}${column ? ` + ${column} * LANES8` : ''}`),
        '}',
      ]),
      '}',
    ]),
    `qm += ${rows * plan.words};`,
    `ym += ${rows * plane};`,
  ];
}

function packColumns(inner: number, plane: number, columns: number): string[] {
  const pack = (to: string, second: string): string[] =>
    range(columns).map((column) => {
      const at = column ? ` + ${column} * LANES8` : '';
      return `v_put(${to}${column ? ` + ${2 * column} * LANES8` : ''}, v_both(s${at}, ${second}${at}));`;
    });
  const whole = Math.floor(inner / 2);
  return [
    'const int8_t *s = x + p;',
    ...(whole
      ? [
          `for (int k = 0; k < ${whole}; k++) {`,
          ...pack(`col + k * ${2 * columns} * LANES8`, `s + ${plane}`),
          `s += ${2 * plane};`,
          '}',
        ]
      : []),
    ...(inner % 2 ? pack(`col + ${whole * 2 * columns} * LANES8`, 'zeros') : []),
  ];
}

/**
 * Any window: the padded input is copied once to quads, so that every tap of a group of pixels is one load. Groups of HALF8
 * pixels lie in one row; the last one of a row steps back to end with it.
 */
function windowText(layer: Int8Layer): LayerText {
  const { geometry } = layer;
  const { batch, group, channels, height, width, m, outHeight, outWidth } = geometry;
  const plane = quadPlane(layer);
  const perRow = `((${outWidth} + HALF8 - 1) / HALF8)`;
  const groups = `${outHeight} * ${perRow}`;
  const pixels = outHeight * outWidth;
  const stored = `(${outWidth} < HALF8 ? ${outWidth} : HALF8)`;
  const at = (i: number): string[] => [
    `const int v${i} = ${i ? `b + ${i} < ${groups} ? b + ${i} : b` : 'b'};`,
    `const int i${i} = v${i} / ${perRow}, j${i} = group_column(v${i} % ${perRow}, ${outWidth});`,
    `const int16_t *const s${i} = quads + ${plane.address(`i${i}`, `j${i}`)};`,
  ];
  const block = (tile: Tile): string[] => [
    ...range(2 * tile.pairs).flatMap(at),
    'int8_t *const yg = y;',
    ...channelBlocks(layer, {
      tile,
      quads: (dots) => plane.overQuads(2 * tile.pairs, dots),
      store: (r, pair, store) => [
        'int8_t tile[LANES8];',
        store('tile'),
        ...[2 * pair, 2 * pair + 1].map(
          (i) =>
            `memcpy(ym + ${r * pixels} + i${i} * ${outWidth} + j${i}, tile${i % 2 ? ' + HALF8' : ''}, ${stored});`,
        ),
      ],
      plane: pixels,
    }),
  ];
  const body = overGroups(layer, { type: 'int8_t', perChannel: 4 * plane.steps }, [
    ...plane.fill,
    'int b = 0;',
    `for (; b + ${2 * wideTile.pairs} <= ${groups}; b += ${2 * wideTile.pairs}) {`,
    ...block(wideTile),
    '}',
    `for (; b < ${groups}; b += 2) {`,
    ...block({ ...wideTile, pairs: 1 }),
    '}',
  ]);
  return {
    fn: {
      hint: `q_conv_${name(geometry)}`,
      needs: [lanesPrelude],
      params: layerParams('int8_t'),
      body: [...plane.declarations, ...body],
    },
    packWeight: () => packQuads(layer, wideTile, plane),
    scratch: { bytes: plane.bytes, type: 'int8_t' },
    inPlace: batch * group === 1 && m * pixels <= channels * height * width,
  };
}

function name(geometry: ConvGeometry): string {
  return `${geometryName(geometry)}${geometry.group > 1 ? `_g${geometry.group}` : ''}`;
}
