import { type ConvGeometry, geometryName, isDense, isPointwise } from '../../conv-geometry.ts';
import { range } from '../../gemm-block.ts';
import { pointwiseInPlace } from '../held-rows.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
import { denseText } from './fully-connected.ts';
import { channelBlocks, layerParams, MOST_LANES, overGroups, packQuads } from './gemm.ts';
import { lanesPrelude } from './prelude.ts';
import { quadPlane } from './quad-plane.ts';

/**
 * A convolution of int8 as a matrix product over quads: four inputs and four weights that belong together stand side by
 * side as int16, and one instruction multiplies those of several pixels.
 */
export function convText(layer: Int8Layer): LayerText {
  const { geometry } = layer;
  if (isDense(geometry)) return denseText(layer);
  const direct = isPointwise(geometry) && geometry.height * geometry.width >= MOST_LANES;
  return direct ? pointwiseText(layer) : windowText(layer);
}

/** Blocks of LANES8 pixels are copied to `col` [quad][pixel][4]; the last block steps back to end with the plane. */
function pointwiseText(layer: Int8Layer): LayerText {
  const { geometry } = layer;
  const { inner, height, width } = geometry;
  const plane = height * width;
  const quads = Math.ceil(inner / 4);
  const body = overGroups(layer, quads, [
    `for (int b = 0; b < ${plane}; b += LANES8) {`,
    `const int p = b < ${plane} - LANES8 ? b : ${plane} - LANES8;`,
    ...packColumns(inner, plane),
    'int8_t *const yg = y + p;',
    ...channelBlocks(layer, {
      quads: (dots) => [
        'const int16_t *c = col;',
        `for (int k = 0; k < ${quads}; k++) {`,
        ...dots('c', 'c + 2 * LANES8'),
        'c += 4 * LANES8;',
        '}',
      ],
      store: (r, stored) => [stored(`ym + ${r * plane}`)],
      plane,
    }),
    '}',
  ]);
  return {
    fn: {
      hint: `q_conv_${name(geometry)}`,
      needs: [lanesPrelude],
      params: layerParams,
      body: [
        'int16_t *const col = (int16_t *)(void *)scratch;',
        ...(inner % 4 ? [`static const int8_t zeros[${MOST_LANES}] = { 0 };`] : []),
        ...body,
      ],
    },
    weight: packQuads(layer, quads, (step, lane) => (4 * step + lane < inner ? 4 * step + lane : -1)),
    scratch: { bytes: 2 * 4 * quads * MOST_LANES, type: 'int8_t' },
    inPlace: pointwiseInPlace(geometry) && plane % MOST_LANES === 0,
  };
}

function packColumns(inner: number, plane: number): string[] {
  const whole = Math.floor(inner / 4);
  const pack = (to: string, used: number): string =>
    `v_pack(${to}, ${range(4)
      .map((i) => (i < used ? `s${i ? ` + ${i * plane}` : ''}` : 'zeros'))
      .join(', ')});`;
  return [
    'const int8_t *s = x + p;',
    ...(whole
      ? [`for (int k = 0; k < ${whole}; k++) {`, pack('col + k * 4 * LANES8', 4), `s += ${4 * plane};`, '}']
      : []),
    ...(inner % 4 ? [pack(`col + ${whole} * 4 * LANES8`, inner % 4)] : []),
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
    `const int v${i} = ${i ? `b + 1 < ${groups} ? b + 1 : b` : 'b'};`,
    `const int i${i} = v${i} / ${perRow}, j${i} = group_column(v${i} % ${perRow}, ${outWidth});`,
    `const int16_t *const s${i} = quads + ${plane.address(`i${i}`, `j${i}`)};`,
  ];
  const body = overGroups(layer, plane.steps, [
    ...plane.fill,
    `for (int b = 0; b < ${groups}; b += 2) {`,
    ...range(2).flatMap(at),
    'int8_t *const yg = y;',
    ...channelBlocks(layer, {
      quads: plane.overQuads,
      store: (r, store) => [
        'int8_t tile[LANES8];',
        store('tile'),
        ...range(2).map(
          (i) =>
            `memcpy(ym + ${r * pixels} + i${i} * ${outWidth} + j${i}, tile${i ? ' + HALF8' : ''}, ${stored});`,
        ),
      ],
      plane: pixels,
    }),
    '}',
  ]);
  return {
    fn: {
      hint: `q_conv_${name(geometry)}`,
      needs: [lanesPrelude],
      params: layerParams,
      body: [...plane.declarations, ...body],
    },
    weight: packQuads(layer, plane.steps, plane.order),
    scratch: { bytes: plane.bytes, type: 'int8_t' },
    inPlace: batch * group === 1 && m * pixels <= channels * height * width,
  };
}

function name(geometry: ConvGeometry): string {
  return `${geometryName(geometry)}${geometry.group > 1 ? `_g${geometry.group}` : ''}`;
}
