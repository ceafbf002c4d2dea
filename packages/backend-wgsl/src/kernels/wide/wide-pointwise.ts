import { epilogueOf } from '../../epilogue.ts';
import type { KernelContext, Lane, Step } from '../../kernel.ts';
import { groupSize } from '../../text/module-text.ts';
import type { Parts } from '../../tuning.ts';
import { accumulateBlock, type ChannelBlock, component, sumNames } from '../channel-block.ts';
import { constantOf, sourceOf, weightOf } from '../operands.ts';
import { packBias, packChannels } from '../pack-channels.ts';
import { pointwise, pointwiseShape } from '../pointwise.ts';
import type { WindowGeometry } from '../window-geometry.ts';
import { itemsOf, joinedParts, partialSums, partsFor, partText, rangeOf } from './parts.ts';

/** A 1x1 convolution whose sums are cut into parts; whole where there are enough of them to keep a GPU busy. */
export function widePointwise(context: KernelContext, geometry: WindowGeometry): Step {
  const { node, arena, weights, matrix } = context;
  const { N, C, H, W, M } = geometry;
  const residual = node.inputs[3];
  const { key, text, floats } = epilogueOf(node.attrs, 'vec4f');
  const packing = { groups: 1, perGroup: M, inner: C };
  const { parts } = pointwiseShape(context, geometry, partsOf({ N, K: C, M, plane: H * W }));
  if (parts === 1) return pointwise(context, geometry);
  return splitPointwise({
    parts,
    N,
    K: C,
    M,
    plane: H * W,
    id: 'pointwise',
    key,
    functions: [text],
    floats,
    applied: (sum) => `apply(${sum})`,
    places: {
      X_AT: arena(sourceOf(node, 0)),
      Y_AT: arena(node.output),
      ...(residual && { R_AT: arena(residual) }),
    },
    image: M * H * W,
    ints: () => ({
      W_AT: matrix(packChannels(weightOf(node, 1), packing)),
      B_AT: weights(packBias(constantOf(node, 2), packing)) / 4,
      K: C,
      M,
      BLOCKS: Math.ceil(M / 4),
    }),
  });
}

interface Sizes {
  readonly N: number;
  readonly K: number;
  readonly M: number;
  readonly plane: number;
}

/** The parts that the static cost model gives a 1x1 convolution. */
export function partsOf({ N, K, M, plane }: Sizes): Parts {
  return partsFor({ count: N * Math.ceil(M / 4) * Math.ceil(plane / 4), loads: K });
}

/** A 1x1 convolution [N,K,plane] to M channels of images that are `image` floats apart. */
export interface SplitPointwise extends Sizes {
  /** More than one. */
  readonly parts: Parts;
  readonly id: string;
  /** Distinguishes the functions. */
  readonly key: string;
  readonly functions: readonly string[];
  readonly floats: Readonly<Record<string, number>>;
  /** The activation of four sums of channel `m`. */
  readonly applied: (sum: string, channel: string) => string;
  /** In floats: X_AT, Y_AT, R_AT of a residual. */
  readonly places: { readonly X_AT: number; readonly Y_AT: number; readonly R_AT?: number };
  /** Place of the gate of each input channel, in floats. */
  readonly gate?: number | undefined;
  readonly image: number;
  /** W_AT, B_AT, K, M, BLOCKS, and what `applied` names. */
  readonly ints: () => Readonly<Record<string, number>>;
}

/** An invocation sums one part of the input channels for 4 channels x 4 pixels; then the workgroup joins the parts. */
export function splitPointwise(task: SplitPointwise): Step {
  const { N, K, M, plane, parts, places, gate, image, id, key, functions, floats } = task;
  const blocks = Math.ceil(M / 4);
  const lane: Lane = [plane, image, gate ?? 0, ...Object.values(places)].every((size) => size % 4 === 0)
    ? 'vec4f'
    : 'f32';
  const unit = lane === 'vec4f' ? 4 : 1;
  const block: ChannelBlock = { blocks: 1, lane, gate: gate !== undefined, tail: K % 4 !== 0 };
  const tiles = Math.ceil(plane / (4 * itemsOf(parts)));
  const options = { tail: block.tail, gate: block.gate, residual: places.R_AT !== undefined };
  return {
    id: [
      ...[id, `${parts}parts`, lane, key],
      ...Object.entries(options).flatMap(([name, on]) => (on ? [name] : [])),
    ].join('_'),
    arena: lane,
    weights: 'vec4f',
    matrix: true,
    group: groupSize,
    functions: [partialSums(4), ...functions],
    body: body(block, task),
    ints: {
      ...Object.fromEntries(Object.entries(places).map(([name, at]) => [name, at / unit])),
      ...(gate !== undefined && { G_AT: gate }),
      ...task.ints(),
      P: plane / unit,
      IMAGE: image / unit,
      SIZE: Math.ceil(Math.floor(K / 4) / parts),
      TILES: tiles,
      CHANNEL_TILES: blocks,
    },
    floats,
    count: N * blocks * tiles,
  };
}

function body(block: ChannelBlock, { parts, places, applied }: SplitPointwise): string {
  const vector = block.lane === 'vec4f';
  const items = itemsOf(parts);
  const pixel = (one: string): string => `((tile % TILES) * ${items} + ${one})${vector ? '' : ' * 4'}`;
  return `${partText(parts, 'K / 4')}
let p = min(${pixel('one')}, P - 1);
${vector ? '' : 'let q = min(vec4i(0, 1, 2, 3), vec4i(P - 1 - p));'}
let m4 = (tile / TILES) % CHANNEL_TILES;
let n = tile / (TILES * CHANNEL_TILES);
var x = X_AT + n * K * P + p + 4 * begin * P;
${block.gate ? 'let gate_at = G_AT + n * K;' : ''}
${accumulateBlock(block, 'plain', rangeOf(parts))}
${sumNames(block)
  .map((sum, i) => `partial[${i * groupSize} + lane] = ${sum};`)
  .join('\n')}
workgroupBarrier();
for (var o = lane; o < ${4 * items}; o += ${groupSize}) {
let one = o % ${items};
let c = o / ${items};
let m = m4 * 4 + c;
let p = ${pixel('one')};
if (m >= M || p >= P) {
continue;
}
${joinedParts(parts, `c * ${groupSize}`)}
let y = n * IMAGE + m * P + p;
${store(block, { places, applied })}
}`;
}

function store(
  { lane }: ChannelBlock,
  { places, applied }: Pick<SplitPointwise, 'places' | 'applied'>,
): string {
  const residual = places.R_AT !== undefined;
  if (lane === 'vec4f')
    return `arena[Y_AT + y] = ${applied(residual ? 'sum + arena[R_AT + y]' : 'sum', 'm')};`;
  const addend = component.map((_, j) => `arena[R_AT + y + min(${j}, P - 1 - p)]`).join(', ');
  return `let v = ${applied(residual ? `sum + vec4f(${addend})` : 'sum', 'm')};
for (var j = 0; j < min(4, P - p); j++) {
arena[Y_AT + y + j] = v[j];
}`;
}
