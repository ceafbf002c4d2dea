import { epilogueOf } from '../epilogue.ts';
import type { KernelContext, Lane, Step } from '../kernel.ts';
import type { Parts } from '../tuning.ts';
import {
  accumulateBlock,
  blocksFor,
  type ChannelBlock,
  component,
  type Reading,
  sumNames,
} from './channel-block.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { packBias, packChannels } from './pack-channels.ts';
import { type ShapeOfParts, shapeOf } from './wide/parts.ts';
import type { WindowGeometry } from './window-geometry.ts';

/**
 * 1x1 convolution, x [N,K,P] to y [N,M,P]: an invocation keeps 4 or 8 channels x 4 pixels in registers. A workgroup has the
 * same channels and neighbouring pixels.
 */
export function pointwise(context: KernelContext, { N, C, H, W, M }: WindowGeometry): Step {
  const { node, arena, weights, matrix } = context;
  const plane = H * W;
  const packing = { groups: 1, perGroup: M, inner: C };
  const residual = node.inputs[3];
  const [x, y, r] = [arena(sourceOf(node, 0)), arena(node.output), residual ? arena(residual) : 0];
  const lane: Lane = [plane, x, y, r].every((size) => size % 4 === 0) ? 'vec4f' : 'f32';
  const unit = lane === 'vec4f' ? 4 : 1;
  const { blocks, group } = pointwiseShape(context, { C, H, W, M });
  const block: ChannelBlock = { blocks, lane, gate: false, tail: C % 4 !== 0 };
  const tiles = { channels: Math.ceil(M / (4 * block.blocks)), pixels: Math.ceil(plane / (4 * group)) };
  const { key, text, floats } = epilogueOf(node.attrs, 'vec4f');
  const store = { lane, residual: !!residual };
  return {
    id: [
      'pointwise',
      `${4 * block.blocks}c`,
      `g${group}`,
      ...(block.tail ? ['tail'] : []),
      lane,
      key,
      ...(residual ? ['residual'] : []),
    ].join('_'),
    arena: lane,
    weights: 'vec4f',
    matrix: true,
    group,
    functions: [text],
    body: body(block, store, { group, reading: 'plain' }),
    subgroupBody: body(block, store, { group, reading: 'subgroups' }),
    ints: {
      X_AT: x / unit,
      Y_AT: y / unit,
      ...(residual && { R_AT: r / unit }),
      W_AT: matrix(packChannels(weightOf(node, 1), packing)),
      B_AT: weights(packBias(constantOf(node, 2), packing)) / 4,
      K: C,
      M,
      P: plane / unit,
      BLOCKS: Math.ceil(M / 4),
      TILES: tiles.pixels,
      CHANNEL_TILES: tiles.channels,
    },
    floats,
    count: N * tiles.channels * tiles.pixels,
  };
}

/** The layer's shape; on a GPU with the parts of each sum, `parts` if none were measured. */
export function pointwiseShape(
  context: KernelContext,
  { C, H, W, M }: Pick<WindowGeometry, 'C' | 'H' | 'W' | 'M'>,
  parts?: Parts,
): ShapeOfParts {
  const plane = H * W;
  const shape = { blocks: blocksFor(M), group: groupFor(Math.ceil(plane / 4)), parts };
  return shapeOf(context, `pointwise ${C}x${M} ${plane}`, shape);
}

/** Invocations of a workgroup for this many items that share their weights: few if 64 would leave most idle. */
function groupFor(items: number): 16 | 32 | 64 {
  return items <= 16 ? 16 : items <= 32 ? 32 : 64;
}

interface Store {
  readonly lane: Lane;
  readonly residual: boolean;
}

interface Form {
  readonly group: number;
  readonly reading: Reading;
}

function body(block: ChannelBlock, store: Store, { group, reading }: Form): string {
  const vector = block.lane === 'vec4f';
  const place = vector
    ? `let first = (tile % TILES) * ${group} + lane;
let p = min(first, P - 1);`
    : `let first = ((tile % TILES) * ${group} + lane) * 4;
let p = min(first, P - 1);
let q = min(vec4i(0, 1, 2, 3), vec4i(P - 1 - p));`;
  return `${place}
let m4 = ((tile / TILES) % CHANNEL_TILES) * ${block.blocks};
let n = tile / (TILES * CHANNEL_TILES);
var x = X_AT + n * K * P + p;
${accumulateBlock(block, reading)}
if (first >= P) {
return;
}
let m = m4 * 4;
let y = (n * M + m) * P + p;
${sumNames(block)
  .map((sum, i) => storePixels(sum, i, store))
  .join('\n')}`;
}

/** Writes four pixels of channel m + i. */
function storePixels(sum: string, i: number, { lane, residual }: Store): string {
  const index = `y + ${i} * P`;
  if (lane === 'vec4f') {
    const value = residual ? `${sum} + arena[R_AT + ${index}]` : sum;
    return `if (m + ${i} < M) {\narena[Y_AT + ${index}] = apply(${value});\n}`;
  }
  const r = `R_AT + ${index}`;
  const addend = residual
    ? ` + vec4f(arena[${r}], arena[${r} + q.y], arena[${r} + q.z], arena[${r} + q.w])`
    : '';
  const writes = component.map((c, j) =>
    j === 0
      ? `arena[Y_AT + ${index}] = t${i}.x;`
      : `if (p + ${j} < P) {\narena[Y_AT + ${index} + ${j}] = t${i}.${c};\n}`,
  );
  return `if (m + ${i} < M) {\nlet t${i} = apply(${sum}${addend});\n${writes.join('\n')}\n}`;
}
