import { numElements } from '@ghostc/ir';
import type { KernelContext, Lane, Step } from '../../kernel.ts';
import { groupSize } from '../../text/module-text.ts';
import type { GhostTile } from '../../tuning.ts';
import { accumulateBlock, type Reading, sumNames } from '../channel-block.ts';
import { sourceOf } from '../operands.ts';
import { addTaps } from './cheap-taps.ts';
import { ghostActivations } from './ghost-activations.ts';
import { type GhostText, ghostId } from './ghost-id.ts';
import { ghostInts } from './ghost-operands.ts';
import type { GhostSizes } from './ghost-sizes.ts';
import { type Region, regionOf } from './tile-region.ts';

interface Form extends GhostText {
  readonly region: Region;
}

/**
 * A Ghost module in one dispatch, tiled in space. A workgroup has four or eight primary channels of a tile and of the halo
 * that its cheap windows reach: it computes them into workgroup memory, those of the tile itself into the arena too, and
 * their cheap channels from workgroup memory. Pixels outside the image are what the language clears that memory to. Elements
 * of a residual are read by the invocation that writes the output, so it may lie in the output's place.
 */
export function tiledPlanes(context: KernelContext, sizes: GhostSizes, tile: GhostTile): Step {
  const { node, arena } = context;
  const [gate, residual] = [node.inputs[5], node.inputs[6]];
  const places = {
    X_AT: arena(sourceOf(node, 0)),
    Y_AT: arena(node.output),
    ...(residual && { R_AT: arena(residual) }),
  };
  const gateAt = gate ? arena(gate) : 0;
  const lane: Lane = [sizes.W, gateAt, ...Object.values(places)].every((n) => n % 4 === 0) ? 'vec4f' : 'f32';
  const block = { blocks: tile.blocks, lane, gate: !!gate, tail: sizes.K % 4 !== 0 };
  const region = regionOf(tile, sizes.size);
  const activations = ghostActivations(node);
  const form = { block, region, size: sizes.size, residual: !!residual, applied: activations.applied };
  const unit = lane === 'vec4f' ? 4 : 1;
  const counts = {
    TILES_X: Math.ceil(sizes.W / tile.columns),
    TILES_Y: Math.ceil(sizes.H / tile.rows),
    CHANNEL_TILES: Math.ceil(sizes.INIT / (4 * tile.blocks)),
  };
  return {
    id: ghostId('ghost_tile', `v${region.vectors}`, form, activations.key),
    arena: lane,
    weights: 'vec4f',
    matrix: true,
    group: groupSize,
    functions: [`var<workgroup> primary: array<vec4f, ${region.vectors}>;`, ...activations.functions],
    floats: activations.floats,
    body: body(form, 'plain'),
    subgroupBody: body(form, 'subgroups'),
    ints: {
      ...Object.fromEntries(Object.entries(places).map(([name, at]) => [name, at / unit])),
      ...(gate && { G_AT: gateAt }),
      ...ghostInts(context, sizes),
      P: (sizes.H * sizes.W) / unit,
      ROWS: tile.rows,
      COLUMNS: tile.columns,
      REGION_ROWS: region.rows,
      REGION_GROUPS: region.groups,
      ...counts,
    },
    count: sizes.N * numElements(Object.values(counts)),
  };
}

function body(form: Form, reading: Reading): string {
  const { block, region } = form;
  return `let first_column = (tile % TILES_X) * COLUMNS;
var rest = tile / TILES_X;
let first_row = (rest % TILES_Y) * ROWS;
rest = rest / TILES_Y;
let m = (rest % CHANNEL_TILES) * ${4 * block.blocks};
let m4 = m / 4;
let n = rest / CHANNEL_TILES;
let image = n * (INIT + CHEAP) * P;
let end_row = min(first_row + ROWS, H);
let end_column = min(first_column + COLUMNS, W);
let top = first_row - ${form.size >> 1};
let left = first_column - ${4 * region.side};
${block.gate ? 'let gate_at = G_AT + n * K;' : ''}
${primary(form, reading)}
workgroupBarrier();
${cheap(form)}`;
}

/** The part of the region that is in the image, four pixels at a time. The invocations of a workgroup stay together. */
function primary(form: Form, reading: Reading): string {
  const { block } = form;
  return `let inner_top = max(top, 0);
let inner_left = max(left, 0);
let groups_in = (min(left + REGION_GROUPS * 4, W) - inner_left + 3) / 4;
let items = (min(top + REGION_ROWS, H) - inner_top) * groups_in;
for (var start = 0; start < items; start += ${groupSize}) {
let i = min(start + lane, items - 1);
let row = inner_top + i / groups_in;
let column = inner_left + (i % groups_in) * 4;
${block.lane === 'vec4f' ? 'let p = (row * W + column) / 4;' : 'let p = row * W + column;\nlet q = min(vec4i(0, 1, 2, 3), vec4i(W - 1 - column));'}
var x = X_AT + n * K * P + p;
${accumulateBlock(block, reading)}
if (start + lane < items) {
let place = (row - top) * REGION_GROUPS + (column - left) / 4;
let own = row >= first_row && row < end_row && column >= first_column && column < end_column;
${sumNames(block)
  .map((sum, c) => storePrimary(form, sum, c))
  .join('\n')}
}
}`;
}

/** To workgroup memory, zero beyond the image; the tile's own pixels to the output. */
function storePrimary(form: Form, sum: string, c: number): string {
  const { block, region, residual } = form;
  const kept =
    block.lane === 'vec4f' ? `v${c}` : `select(vec4f(0.0), v${c}, vec4i(0, 1, 2, 3) < vec4i(W - column))`;
  return `if (m + ${c} < INIT) {
let v${c} = ${form.applied.primary(sum, `m + ${c}`)};
primary[${c * region.vectorsOfChannel} + place] = ${kept};
if (own) {
${storeOut({ block, residual, value: `v${c}`, index: `image + (m + ${c}) * P + p` })}
}
}`;
}

interface Out extends Pick<Form, 'block' | 'residual'> {
  readonly value: string;
  /** In the arena's units, without Y_AT. */
  readonly index: string;
}

/** Four neighbours of a row, from `column` on. */
function storeOut({ block, residual, value, index }: Out): string {
  if (block.lane === 'vec4f')
    return `arena[Y_AT + ${index}] = ${value}${residual ? ` + arena[R_AT + ${index}]` : ''};`;
  return `for (var j = 0; j < min(4, W - column); j++) {
arena[Y_AT + ${index} + j] = ${value}[j]${residual ? ` + arena[R_AT + ${index} + j]` : ''};
}`;
}

/** Four neighbours of a row of a cheap channel. */
function cheap({ block, region, size, residual, applied }: Form): string {
  const groups = Array.from({ length: 1 + 2 * region.side }, (_, g) => g);
  const pixel = (c: number): string => {
    const at = 4 * region.side - (size >> 1) + c;
    return `v${at >> 2}.${'xyzw'[at & 3]}`;
  };
  const p = block.lane === 'vec4f' ? '(row * W + column) / 4' : 'row * W + column';
  return `let groups_out = (end_column - first_column + 3) / 4;
let outputs = (end_row - first_row) * groups_out;
for (var item = lane; item < min(${4 * block.blocks} * MULTIPLIER, CHEAP - m * MULTIPLIER) * outputs; item += ${groupSize}) {
let c = item / outputs;
let r = (item / groups_out) % (end_row - first_row);
let g = item % groups_out;
let cheap = m * MULTIPLIER + c;
var at = (c / MULTIPLIER) * ${region.vectorsOfChannel} + r * REGION_GROUPS + g;
var sum = vec4f(weights[CB_AT + cheap / 4][cheap % 4]);
for (var u = 0; u < ${size}; u++) {
${groups.map((i) => `let v${i} = primary[at + ${i}];`).join('\n')}
${addTaps(size, pixel)}
at += REGION_GROUPS;
}
sum = ${applied.cheap('sum', 'cheap')};
let row = first_row + r;
let column = first_column + g * 4;
${storeOut({ block, residual, value: 'sum', index: `image + (INIT + cheap) * P + ${p}` })}
}`;
}
