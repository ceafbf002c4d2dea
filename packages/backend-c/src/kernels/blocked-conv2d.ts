import type { Node } from '@ghostc/ir';
import { attrsOf, conv2d as definition } from '@ghostc/ops';
import { activationOf } from '../activation-text.ts';
import { type CFunction, helperName, type KernelCall, type KernelContext } from '../kernel.ts';
import { vectorLanes } from '../lanes.ts';
import { type ConvGeometry, convGeometry, geometryName, isPointwise } from './conv-geometry.ts';
import { RUN_SLACK } from './float-runs.ts';
import { type FloatTile, type Tail, tileArguments, tileFunction } from './float-tile.ts';
import { weightData } from './operands.ts';
import { overImages } from './over-images.ts';
import { packBlocks } from './pack-blocks.ts';
import { packPixelsHelper } from './pack-pixels.ts';
import { stackOrArena } from './stack-or-arena.ts';
import { weightedCall } from './weighted-call.ts';

/**
 * Convolution on processors with vectors: a matrix product in tiles of registers. A 1x1 convolution reads its input in place.
 * Any other copies the windows of a block of pixels and some channels to `col` [k][pixel], a panel that the second-level cache
 * holds, and sums over the blocks of channels in y.
 */
export function blockedConv(context: KernelContext, geometry: ConvGeometry): KernelCall {
  const { node } = context;
  const { m, group } = geometry;
  const panel = panelOf(geometry);
  const tiles = new Tiles({ node, geometry, panel, most: context.lanes.tileRows });
  const body = overImages(geometry, { residual: tiles.residual, body: convBody(tiles) });
  const depth = panel ? panel.channels * panel.taps : geometry.inner;
  return weightedCall(context, {
    hint: `${panel ? 'conv_pack' : 'conv'}_${geometryName(geometry)}${group > 1 ? `_g${group}` : ''}`,
    body: panel && context.scratch === null ? [`float col[${panelSize(panel)}];`, ...body] : body,
    weight: packBlocks(weightData(node, 1), geometry, { depth, rows: tiles.most }),
    channels: m,
    working: panel && context.scratch !== null ? 'col' : undefined,
    helpers: tiles.helpers,
  });
}

/** Bytes of the arena that the panel takes. */
export function blockedScratch(node: Node): number {
  const panel = panelOf(convGeometry(node, attrsOf(definition, node)));
  return panel ? stackOrArena(4 * panelSize(panel), STACK_BYTES) : 0;
}

const panelSize = (panel: Panel): number => pitchOf(panel) * panel.channels * panel.taps;

/** A panel up to this size is on the stack. */
const STACK_BYTES = 6144;

/** Registers of a tile along the pixels. */
const COLUMNS = 2;
/** Products that a sum takes from a panel at most, unless one channel has more: its tile stays in the first-level cache. */
const DEPTH = 384;
/** Pixels of a panel at most; of one with few products, which is often the largest buffer of a small model, fewer. */
const PANEL_PIXELS = 112;
const SHALLOW_PIXELS = 64;
const SHALLOW = 64;
/** Beyond these weights, or panels, the second-level cache is left. */
const CACHE_BYTES = 1 << 18;

interface Panel {
  /** Input channels of a panel, and weights of one of them. */
  readonly channels: number;
  readonly taps: number;
  /** Output pixels: registers of them. */
  readonly pixels: number;
}

/** Floats between the rows of a panel. */
function pitchOf({ pixels }: Panel): number {
  return pixels + RUN_SLACK;
}

/** Null for a convolution that reads its input in place. */
function panelOf(geometry: ConvGeometry): Panel | null {
  if (isPointwise(geometry)) return null;
  const { channels, group, kernelHeight, kernelWidth, outHeight, outWidth } = geometry;
  const taps = kernelHeight * kernelWidth;
  const inputs = channels / group;
  const blocks = Math.ceil(inputs / Math.max(1, Math.floor(DEPTH / taps)));
  const perBlock = Math.ceil(inputs / blocks);
  const most = perBlock * taps > SHALLOW ? PANEL_PIXELS : SHALLOW_PIXELS;
  const parts = Math.ceil((outHeight * outWidth) / most);
  // whole tiles, of the widest registers, where there are many
  const unit = vectorLanes.most * (parts > 1 ? COLUMNS : 1);
  const pixels = Math.ceil((outHeight * outWidth) / parts / unit) * unit;
  return { channels: perBlock, taps, pixels };
}

function inputBlocks({ channels, group }: ConvGeometry, panel: Panel): number {
  return Math.ceil(channels / group / panel.channels);
}

interface Call {
  readonly last: 'full' | 'tail';
  /** Are its weights followed by those of the next tile? */
  readonly ahead: boolean;
}

interface TilesOptions extends Pick<Tiles, 'geometry' | 'panel' | 'most'> {
  readonly node: Node;
}

/** The tile functions that a convolution calls, and the calls. */
class Tiles {
  readonly geometry: ConvGeometry;
  readonly panel: Panel | null;
  readonly helpers: CFunction[] = [];
  readonly residual: boolean;
  /** Output channels of a tile, but for the last ones. */
  readonly most: number;
  readonly #node: Node;

  constructor({ node, geometry, panel, most }: TilesOptions) {
    this.#node = node;
    this.geometry = geometry;
    this.panel = panel;
    this.most = most;
    this.residual = Boolean(node.inputs[3]);
    if (panel) this.helpers.push(packPixelsHelper(geometry, pitchOf(panel)));
  }

  get #partial(): boolean {
    return this.panel !== null && inputBlocks(this.geometry, this.panel) > 1;
  }

  /** The call of a tile of output channels from `m` and pixels from `p`. */
  call(rows: number, columns: number, { last, ahead }: Call): string {
    const { m, group, inner, outHeight, outWidth } = this.geometry;
    const plane = outHeight * outWidth;
    const tile: FloatTile = {
      rows,
      columns,
      act: activationOf(this.#node),
      residual: this.residual,
      partial: this.#partial,
      tail: last === 'full' ? { kind: 'none' } : this.#tail(plane),
      ahead,
    };
    const first = this.panel ? 'q + p' : 'p';
    const depth = this.panel ? 'depth' : String(inner);
    const words = tileArguments(tile, {
      w: `wb + m * ${depth}`,
      x: this.panel ? 'col + p' : 'x + p',
      stepX: String(this.panel ? pitchOf(this.panel) : plane),
      depth,
      b: m === group ? 'b' : 'b + m',
      r: `r + m * ${plane} + ${first}`,
      y: `y + m * ${plane} + ${first}`,
      stepY: String(plane),
      first: 'c == 0',
      last: `c + ${this.panel?.channels} >= ${this.geometry.channels / group}`,
      n: `count - p${columns > 1 ? ' - LANES' : ''}`,
    });
    return `${this.#name(tileFunction(tile))}(${words.join(', ')});`;
  }

  #tail(plane: number): Tail {
    return this.panel ? { kind: 'given' } : { kind: 'constant', lanes: `(${plane} - 1) % LANES + 1` };
  }

  #name(fn: CFunction): string {
    const text = JSON.stringify(fn);
    const known = this.helpers.findIndex((helper) => JSON.stringify(helper) === text);
    if (known >= 0) return helperName(known);
    this.helpers.push(fn);
    return helperName(this.helpers.length - 1);
  }
}

function convBody(tiles: Tiles): string[] {
  const { geometry, panel } = tiles;
  const { m, group, outHeight, outWidth, channels } = geometry;
  const plane = outHeight * outWidth;
  const perGroup = m / group;
  if (!panel) {
    const weights = 4 * perGroup * geometry.inner;
    const inputs = 4 * plane * geometry.inner;
    const rowsFirst = weights > CACHE_BYTES && inputs <= CACHE_BYTES;
    return ['const float *const wb = w;', ...product(tiles, { count: String(plane), rowsFirst })];
  }
  const blocks = inputBlocks(geometry, panel);
  const rowsFirst = 4 * perGroup * panel.channels * panel.taps > CACHE_BYTES;
  const inputs = channels / group;
  const used =
    inputs % panel.channels === 0
      ? String(panel.channels)
      : `(c + ${panel.channels} <= ${inputs} ? ${panel.channels} : ${inputs % panel.channels})`;
  const block = [
    `const float *const wb = w + c * ${perGroup * panel.taps};`,
    `const int depth = ${used} * ${panel.taps};`,
    `${helperName(0)}(x, c, ${used}, q, count, col);`,
    ...product(tiles, { count: 'count', rowsFirst }),
  ];
  const blockLoop =
    blocks > 1
      ? [`for (int c = 0; c < ${inputs}; c += ${panel.channels}) {`, ...block, '}']
      : ['const int c = 0;', ...block];
  if (panel.pixels >= plane)
    return ['{', 'const int q = 0;', `const int count = ${plane};`, ...blockLoop, '}'];
  return [
    `for (int q = 0; q < ${plane}; q += ${panel.pixels}) {`,
    `const int count = q + ${panel.pixels} <= ${plane} ? ${panel.pixels} : ${plane} - q;`,
    ...blockLoop,
    '}',
  ];
}

interface Product {
  /** Pixels, as C. */
  readonly count: string;
  /** Are all pixels of some channels computed first, or all channels of some pixels? */
  readonly rowsFirst: boolean;
}

/** All output channels of `count` pixels. */
function product(tiles: Tiles, { count, rowsFirst }: Product): string[] {
  const { most, geometry } = tiles;
  const channels = geometry.m / geometry.group;
  const whole = channels - (channels % most);
  const rows = (body: (rows: number) => string[]): string[] => [
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${most}) {`, ...body(most), '}'] : []),
    ...(channels > whole ? ['{', `const int m = ${whole};`, ...body(channels - whole), '}'] : []),
  ];
  const columns = (body: (columns: number, last: 'full' | 'tail') => string[]): string[] => [
    `const int whole = ${count} - (${count} % (${COLUMNS} * LANES));`,
    `for (int p = 0; p < whole; p += ${COLUMNS} * LANES) {`,
    ...body(COLUMNS, 'full'),
    '}',
    `if (${count} - whole > LANES) {`,
    'const int p = whole;',
    ...body(COLUMNS, 'tail'),
    '}',
    `else if (${count} > whole) {`,
    'const int p = whole;',
    ...body(1, 'tail'),
    '}',
  ];
  return rowsFirst
    ? rows((r) => columns((c, last) => [tiles.call(r, c, { last, ahead: true })]))
    : columns((c, last) => rows((r) => [tiles.call(r, c, { last, ahead: false })]));
}
