import type { Node } from '@ghostc/ir';
import type { KernelContext, Lane, Step } from '../../kernel.ts';
import type { Parts } from '../../tuning.ts';
import { accumulateBlock, blocksFor, element, type Reading, sumNames } from '../channel-block.ts';
import { sourceOf } from '../operands.ts';
import { type ShapeOfParts, shapeOf } from '../wide/parts.ts';
import { cheapRow } from './cheap-taps.ts';
import { type GhostActivations, ghostActivations } from './ghost-activations.ts';
import { type GhostText, ghostId } from './ghost-id.ts';
import { ghostInts } from './ghost-operands.ts';
import { type GhostSizes, ghostSizesOf, hasWholePlanes } from './ghost-sizes.ts';

interface Form extends GhostText {
  readonly group: number;
}

/**
 * A Ghost module in one dispatch. A workgroup has four or eight primary channels with their whole planes: it writes them to
 * the arena, waits for its own writes, and computes their cheap channels from there. So nothing is computed twice, and there
 * is no workgroup memory, which software adapters clear element by element. With a residual, which may share the output's
 * memory, the primary planes go to scratch memory first.
 */
export function wholePlanes(context: KernelContext, sizes: GhostSizes): Step {
  const { node } = context;
  const { H, W, K, size } = sizes;
  const offsets = [node.inputs[0], node.inputs[5], node.output].map((v) => (v ? context.arena(v) : 0));
  const lane: Lane = [H * W, context.scratch(), ...offsets].every((n) => n % 4 === 0) ? 'vec4f' : 'f32';
  const { blocks, group } = ghostShape(context, sizes);
  const block = { blocks, lane, gate: !!node.inputs[5], tail: K % 4 !== 0 };
  const activations = ghostActivations(node);
  const form = { block, size, residual: !!node.inputs[6], group, applied: activations.applied };
  return step(context, { sizes, form, activations });
}

/** The module's shape; on a GPU with the parts of each sum, `parts` if none were measured. */
export function ghostShape(
  context: KernelContext,
  { K, INIT, H, W }: GhostSizes,
  parts?: Parts,
): ShapeOfParts {
  const shape = { blocks: blocksFor(INIT), group: barrierGroup(H * W), parts };
  return shapeOf(context, `ghost ${K}x${INIT} ${H * W}`, shape);
}

/** Bytes of scratch memory: the primary planes, where a residual may lie in the output's place. */
export function ghostScratchBytes(node: Node): number {
  const sizes = ghostSizesOf(node);
  const { N, INIT, H, W } = sizes;
  return node.inputs[6] && hasWholePlanes(sizes) ? 4 * N * INIT * H * W : 0;
}

/**
 * Invocations of a workgroup that waits at a barrier. A software adapter pays for each of them there; a GPU likes a whole
 * subgroup.
 */
function barrierGroup(pixels: number): 16 | 32 {
  return pixels <= 64 ? 16 : 32;
}

interface Task {
  readonly sizes: GhostSizes;
  readonly form: Form;
  readonly activations: GhostActivations;
}

function step(context: KernelContext, { sizes, form, activations }: Task): Step {
  const { block, group } = form;
  const channelTiles = Math.ceil(sizes.INIT / (4 * block.blocks));
  return {
    id: ghostId('ghost', `g${group}`, form, activations.key),
    arena: block.lane,
    weights: 'vec4f',
    matrix: true,
    group,
    functions: activations.functions,
    floats: activations.floats,
    body: body(form, 'plain'),
    subgroupBody: body(form, 'subgroups'),
    ints: {
      ...placesOf(context, sizes, block.lane),
      ...ghostInts(context, sizes),
      P: (sizes.H * sizes.W) / (block.lane === 'vec4f' ? 4 : 1),
      W4: Math.ceil(sizes.W / 4),
      CHANNEL_TILES: channelTiles,
    },
    count: sizes.N * channelTiles,
  };
}

/** X_AT in the arena's units; the others, whose elements are read or written one by one, in floats. */
function placesOf(
  { node, arena, scratch }: KernelContext,
  { INIT, CHEAP, H, W }: GhostSizes,
  lane: Lane,
): Record<string, number> {
  const unit = lane === 'vec4f' ? 4 : 1;
  const [gate, residual] = [node.inputs[5], node.inputs[6]];
  const y = arena(node.output);
  return {
    X_AT: arena(sourceOf(node, 0)) / unit,
    ...(gate && { G_AT: arena(gate) }),
    Y_AT: y,
    ...(residual && { R_AT: arena(residual) }),
    // the primary planes: their place, and how far images are apart
    T_AT: residual ? scratch() : y,
    T_IMAGE: (residual ? INIT : INIT + CHEAP) * H * W,
  };
}

function body(form: Form, reading: Reading): string {
  const { block } = form;
  return `let m = (tile % CHANNEL_TILES) * ${4 * block.blocks};
let m4 = m / 4;
let n = tile / CHANNEL_TILES;
let plane = H * W;
let primary = T_AT + n * T_IMAGE + m * plane;
let image = n * (INIT + CHEAP) * plane;
${block.gate ? 'let gate_at = G_AT + n * K;' : ''}
${primary(form, reading)}
storageBarrier();
${form.residual ? addResidual(form) : ''}
${cheap(form)}`;
}

/** The planes, four pixels at a time. The invocations of a workgroup stay together. */
function primary({ block, group, applied }: Form, reading: Reading): string {
  const place =
    block.lane === 'vec4f'
      ? 'let p = i;'
      : 'let p = i * 4;\nlet q = min(vec4i(0, 1, 2, 3), vec4i(P - 1 - p));';
  return `let items = (plane + 3) / 4;
for (var start = 0; start < items; start += ${group}) {
let i = min(start + lane, items - 1);
${place}
var x = X_AT + n * K * P + p;
${accumulateBlock(block, reading)}
if (start + lane < items) {
${sumNames(block)
  .map(
    (sum, c) => `if (m + ${c} < INIT) {\n${storePixels(applied.primary(sum, `m + ${c}`), c, block.lane)}\n}`,
  )
  .join('\n')}
}
}`;
}

function storePixels(value: string, c: number, lane: Lane): string {
  const index = `primary + ${c} * plane`;
  if (lane === 'vec4f') return `arena[(${index}) / 4 + p] = ${value};`;
  return `let v = ${value};
for (var j = 0; j < min(4, P - p); j++) {
arena[${index} + p + j] = v[j];
}`;
}

/** The primary planes with the residual, one element an invocation; neighbours write neighbours. */
function addResidual({ block, group }: Form): string {
  const at = element(block.lane);
  return `for (var e = lane; e < min(${4 * block.blocks}, INIT - m) * plane; e += ${group}) {
let o = image + m * plane + e;
${at('Y_AT + o')} = ${at('primary + e')} + ${at('R_AT + o')};
}`;
}

/** The cheap planes of the workgroup's primary ones, four neighbours of a row at a time. */
function cheap(form: Form): string {
  return `for (var item = lane; item < min(${4 * form.block.blocks} * MULTIPLIER, CHEAP - m * MULTIPLIER) * H * W4; item += ${form.group}) {
let j = (item % W4) * 4;
let r = (item / W4) % H;
let c = item / (W4 * H);
let cheap = m * MULTIPLIER + c;
${cheapRow(form, 'primary + (c / MULTIPLIER) * plane')}
}`;
}
