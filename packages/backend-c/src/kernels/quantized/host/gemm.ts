import { range } from '../../gemm-block.ts';
import type { Int8Layer } from '../int8-layer.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/** Lanes of the widest instruction set. */
export const MOST_LANES = 8;

/** Output channels of a block. */
const ROWS = 4;

/** Parameters of all kernels here. */
export const layerParams = [
  'const int8_t *x',
  'const int8_t *w',
  'const int32_t *q',
  'int8_t *y',
  'int8_t *scratch',
] as const;

/** The products of a block: two groups of HALF8 pixels and some output channels. */
export interface BlockText {
  /** Declarations of `c0` and `c1`, the first quads of both groups, and the loop over quads that runs `dots(...)`. */
  readonly quads: (dots: (first: string, second: string) => string[]) => string[];
  /** Stores `sums`, LANES8 pixels of channel r of the block. */
  readonly store: (r: number, stored: (target: string) => string) => string[];
  /** Bytes between output channels. */
  readonly plane: number;
}

/** All output channels of a group of the convolution; `wg`, `qg` and `yg` are its weights, its table and its first output. */
export function channelBlocks({ geometry, plan }: Int8Layer, text: BlockText): string[] {
  const channels = geometry.m / geometry.group;
  const whole = channels - (channels % ROWS);
  const block = (rows: number): string[] => [
    `vsum ${range(rows)
      .flatMap((r) => [`a${r} = v_set(0)`, `b${r} = v_set(0)`])
      .join(', ')};`,
    ...text.quads((first, second) => dots(rows, first, second)),
    ...range(rows).flatMap((r) => [
      '{',
      `const int32_t *const qr = qm + ${r * plan.words};`,
      ...requantConstants(plan, 'qr'),
      `const vsum sums = v_add(v_join(a${r}, b${r}), bias);`,
      ...text.store(r, (target) => requantStore(plan, 'sums', target)),
      '}',
    ]),
  ];
  const step = [`qm += ${ROWS * plan.words};`, `ym += ${ROWS * text.plane};`];
  return [
    'const int8_t *wk = wg;',
    'const int32_t *qm = qg;',
    'int8_t *ym = yg;',
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${ROWS}) {`, ...block(ROWS), ...step, '}'] : []),
    ...(channels % ROWS ? block(channels % ROWS) : []),
  ];
}

/** Adds the products of a quad of `rows` channels. */
function dots(rows: number, first: string, second: string): string[] {
  return [
    `const vpair x0 = v_load(${first}), x1 = v_load(${second});`,
    ...range(rows).flatMap((r) => [
      `const vpair w${r} = v_quads(wk${r ? ` + ${4 * r}` : ''});`,
      `a${r} = v_dot(a${r}, x0, w${r});`,
      `b${r} = v_dot(b${r}, x1, w${r});`,
    ]),
    `wk += ${4 * rows};`,
  ];
}

/** For every image and group: `wg` and `qg` are its weights and its table, x and y its first elements. */
export function overGroups({ geometry, plan }: Int8Layer, steps: number, body: readonly string[]): string[] {
  const { batch, group, channels, height, width, m, outHeight, outWidth } = geometry;
  const perGroup = m / group;
  const inside = [
    `const int8_t *const wg = w${group > 1 ? ` + g * ${perGroup * steps * 4}` : ''};`,
    `const int32_t *const qg = q${group > 1 ? ` + g * ${perGroup * plan.words}` : ''};`,
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

/** Which weight of a channel stands at a place of a quad; -1 for none. */
export type QuadOrder = (step: number, lane: number) => number;

/** Weights [m][inner] by blocks of channels: [block][step][channel][4], zeros where there is none. */
export function packQuads({ geometry, weight }: Int8Layer, steps: number, order: QuadOrder): Int8Array {
  const { m, group, inner } = geometry;
  const packed = new Int8Array(m * steps * 4);
  const perGroup = m / group;
  for (let row = 0; row < m; row++) {
    const g = Math.floor(row / perGroup);
    const r = row % perGroup;
    const first = r - (r % ROWS);
    const rows = Math.min(ROWS, perGroup - first);
    const base = (g * perGroup + first) * steps * 4;
    for (let i = 0; i < steps * 4; i++) {
      const from = order(i >> 2, i & 3);
      if (from >= 0)
        packed[base + (i >> 2) * rows * 4 + (r - first) * 4 + (i & 3)] = weight[row * inner + from] ?? 0;
    }
  }
  return packed;
}
