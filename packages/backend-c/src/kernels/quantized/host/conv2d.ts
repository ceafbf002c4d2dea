import type { Node } from '@ghostc/ir';
import { type ConvGeometry, geometryName, isDense, isPointwise } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { pointwiseInPlace } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
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
import { lanesPrelude } from './prelude.ts';
import { quadPlane } from './quad-plane.ts';
import { takesWinograd, winogradText } from './winograd.ts';

/**
 * A convolution of int8 as a matrix product over quads: four inputs and four weights that belong together stand side by
 * side as int16, and one instruction multiplies those of several pixels.
 */
export function convText(layer: Int8Layer, node: Node): LayerText {
  const { geometry } = layer;
  if (isDense(geometry)) return denseText(layer);
  if (takesWinograd(layer, node)) return winogradText(layer);
  const direct = isPointwise(geometry) && geometry.height * geometry.width >= MOST_LANES;
  return direct ? pointwiseText(layer) : windowText(layer);
}

/**
 * Blocks of pixels are copied to `col` [quad][pixel][4]: wide ones, then some of LANES8, of which the last steps back to end
 * with the plane.
 */
function pointwiseText(layer: Int8Layer): LayerText {
  const { geometry } = layer;
  const { inner, height, width } = geometry;
  const plane = height * width;
  const quads = Math.ceil(inner / 4);
  const block = (tile: Tile): string[] => [
    ...packColumns(inner, plane, tile.pairs),
    'int8_t *const yg = y + p;',
    ...channelBlocks(layer, {
      tile,
      quads: (dots) => [
        'const int16_t *c = col;',
        `for (int k = 0; k < ${quads}; k++) {`,
        ...dots(range(2 * tile.pairs).map((g) => (g ? `c + ${2 * g} * LANES8` : 'c'))),
        `c += ${4 * tile.pairs} * LANES8;`,
        '}',
      ],
      store: (r, pair, stored) => [stored(`ym + ${r * plane}${pair ? ` + ${pair} * LANES8` : ''}`)],
      plane,
    }),
  ];
  const body = overGroups(layer, quads, [
    'int p = 0;',
    `for (; p + ${wideTile.pairs} * LANES8 <= ${plane}; p += ${wideTile.pairs} * LANES8) {`,
    ...block(wideTile),
    '}',
    `for (; p < ${plane}; p += LANES8) {`,
    `p = p < ${plane} - LANES8 ? p : ${plane} - LANES8;`,
    ...block({ ...wideTile, pairs: 1 }),
    '}',
  ]);
  return {
    fn: {
      hint: `q_conv_${name(geometry)}`,
      needs: [lanesPrelude],
      params: layerParams,
      body: [
        'int16_t *const col = (int16_t *)(void *)scratch;',
        ...(inner % 4 ? [`static const int8_t zeros[${wideTile.pairs * MOST_LANES}] = { 0 };`] : []),
        ...body,
      ],
    },
    weight: packQuads(layer, wideTile, {
      steps: quads,
      order: (step, lane) => (4 * step + lane < inner ? 4 * step + lane : -1),
    }),
    scratch: { bytes: 2 * 4 * quads * wideTile.pairs * MOST_LANES, type: 'int8_t' },
    inPlace: pointwiseInPlace(geometry) && plane % MOST_LANES === 0,
  };
}

function packColumns(inner: number, plane: number, pairs: number): string[] {
  const whole = Math.floor(inner / 4);
  const pack = (to: string, used: number): string[] =>
    range(pairs).map((pair) => {
      const at = pair ? ` + ${pair} * LANES8` : '';
      const lines = range(4).map((i) => (i < used ? `s${i ? ` + ${i * plane}` : ''}${at}` : 'zeros'));
      return `v_pack(${to}${pair ? ` + ${4 * pair} * LANES8` : ''}, ${lines.join(', ')});`;
    });
  return [
    'const int8_t *s = x + p;',
    ...(whole
      ? [
          `for (int k = 0; k < ${whole}; k++) {`,
          ...pack(`col + k * ${4 * pairs} * LANES8`, 4),
          `s += ${4 * plane};`,
          '}',
        ]
      : []),
    ...(inner % 4 ? pack(`col + ${whole * 4 * pairs} * LANES8`, inner % 4) : []),
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
  const body = overGroups(layer, plane.steps, [
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
      params: layerParams,
      body: [...plane.declarations, ...body],
    },
    weight: packQuads(layer, wideTile, plane),
    scratch: { bytes: plane.bytes, type: 'int8_t' },
    inPlace: batch * group === 1 && m * pixels <= channels * height * width,
  };
}

function name(geometry: ConvGeometry): string {
  return `${geometryName(geometry)}${geometry.group > 1 ? `_g${geometry.group}` : ''}`;
}
