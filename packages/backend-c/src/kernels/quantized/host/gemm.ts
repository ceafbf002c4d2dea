import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/** Lanes of the widest instruction set. */
export const MOST_LANES = 16;

/** Sums in registers: some output channels of pairs of groups of HALF8 pixels. */
export interface Tile {
  readonly rows: number;
  readonly pairs: number;
}

/** Twelve registers: each load of an input serves three channels, each widened weight four groups. */
export const wideTile: Tile = { rows: 3, pairs: 2 };

/** Parameters of all kernels here. */
export const layerParams = (weights: 'int8_t' | 'int32_t'): string[] => [
  'const int8_t *x',
  `const ${weights} *w`,
  'const int32_t *q',
  'int8_t *y',
  'int8_t *scratch',
];

/** The products of a block: pairs of groups of HALF8 pixels and some output channels. */
export interface BlockText {
  readonly tile: Tile;
  /** Declarations of the first quads of all groups, and the loop over quads that runs `dots(...)` on where they are. */
  readonly quads: (dots: (at: readonly string[]) => string[]) => string[];
  /** Stores `sums`, LANES8 pixels of a pair of groups and of channel r of the block. */
  readonly store: (r: number, pair: number, stored: (target: string) => string) => string[];
  /** Bytes between output channels. */
  readonly plane: number;
}

/** All output channels of a group of the convolution; `wg`, `qg` and `yg` are its weights, its table and its first output. */
export function channelBlocks({ geometry, plan }: Int8Layer, text: BlockText): string[] {
  const { rows: most, pairs } = text.tile;
  const channels = geometry.m / geometry.group;
  const whole = channels - (channels % most);
  const block = (rows: number): string[] => [
    `vquad ${range(rows)
      .flatMap((r) => range(2 * pairs).map((g) => `${sum(r, g)} = v_none()`))
      .join(', ')};`,
    ...text.quads((at) => dots(rows, at)),
    ...range(rows).flatMap((r) => [
      '{',
      `const int32_t *const qr = qm + ${r * plan.words};`,
      ...requantConstants(plan, 'qr'),
      ...range(pairs).flatMap((pair) => [
        '{',
        `const vsum sums = v_add(v_pixels(${sum(r, 2 * pair)}, ${sum(r, 2 * pair + 1)}), bias);`,
        ...text.store(r, pair, (target) => requantStore(plan, 'sums', target)),
        '}',
      ]),
      '}',
    ]),
  ];
  const step = [`qm += ${most * plan.words};`, `ym += ${most * text.plane};`];
  return [
    'const int8_t *wk = wg;',
    'const int32_t *qm = qg;',
    'int8_t *ym = yg;',
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${most}) {`, ...block(most), ...step, '}'] : []),
    ...(channels % most ? block(channels % most) : []),
  ];
}

const sum = (row: number, group: number): string => `a${row}_${group}`;

/** Adds the products of a quad of `rows` channels with the groups `at`. */
function dots(rows: number, at: readonly string[]): string[] {
  return [
    `const vpair ${range(rows)
      .map((r) => `w${r} = v_quads(wk${r ? ` + ${4 * r}` : ''})`)
      .join(', ')};`,
    ...at.flatMap((from, g) => [
      `const vpair x${g} = v_load(${from});`,
      ...range(rows).map((r) => `${sum(r, g)} = v_quad(${sum(r, g)}, x${g}, w${r});`),
    ]),
    `wk += ${4 * rows};`,
  ];
}

interface GroupWeights {
  readonly type: 'int8_t' | 'int32_t';
  /** Weights of an output channel. */
  readonly perChannel: number;
  /** Weights and table of the layer. */
  readonly w?: string;
  readonly q?: string;
}

/** For every image and group: `wg` and `qg` are its weights and its table, x and y its first elements. */
export function overGroups(
  { geometry, plan }: Int8Layer,
  { type, perChannel, w = 'w', q = 'q' }: GroupWeights,
  body: readonly string[],
): string[] {
  const { batch, group, channels, height, width, m, outHeight, outWidth } = geometry;
  const perGroup = m / group;
  const inside = [
    `const ${type} *const wg = ${w}${group > 1 ? ` + g * ${perGroup * perChannel}` : ''};`,
    `const int32_t *const qg = ${q}${group > 1 ? ` + g * ${perGroup * plan.words}` : ''};`,
    ...body,
  ];
  if (batch * group === 1) return inside;
  const part = [
    ...inside,
    `x += ${(channels / group) * height * width};`,
    `y += ${perGroup * outHeight * outWidth};`,
  ];
  const groups = group > 1 ? [`for (int g = 0; g < ${group}; g++) {`, ...part, '}'] : part;
  return batch > 1 ? [`for (int n = 0; n < ${batch}; n++) {`, ...groups, '}'] : groups;
}

/** The weight of a channel at an index of a quad; -1 for none. */
export type QuadOrder = (step: number, lane: number) => number;

/** Weights [m][inner] by blocks of channels: [block][step][channel][4], zeros where there is none. */
export function packQuads(
  { geometry, weight }: Int8Layer,
  { rows: most }: Tile,
  { steps, order }: { readonly steps: number; readonly order: QuadOrder },
): Int8Array {
  const { m, group, inner } = geometry;
  const packed = new Int8Array(m * steps * 4);
  const perGroup = m / group;
  for (let row = 0; row < m; row++) {
    const g = Math.floor(row / perGroup);
    const r = row % perGroup;
    const first = r - (r % most);
    const rows = Math.min(most, perGroup - first);
    const base = (g * perGroup + first) * steps * 4;
    for (let i = 0; i < steps * 4; i++) {
      const from = order(i >> 2, i & 3);
      if (from >= 0)
        packed[base + (i >> 2) * rows * 4 + (r - first) * 4 + (i & 3)] = weight[row * inner + from] ?? 0;
    }
  }
  return packed;
}
