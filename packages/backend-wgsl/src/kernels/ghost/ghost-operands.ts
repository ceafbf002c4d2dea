import type { Node } from '@ghostc/ir';
import type { KernelContext } from '../../kernel.ts';
import { constantOf, weightOf } from '../operands.ts';
import { packBias, packChannels } from '../pack-channels.ts';
import { packRows } from './cheap-taps.ts';
import type { GhostSizes } from './ghost-sizes.ts';

/** Where the weights of both parts are, and the sizes that both kernels' texts name. */
export function ghostInts(
  { node, weights, matrix }: KernelContext,
  { K, INIT, CHEAP, H, W, size, multiplier }: GhostSizes,
): Record<string, number> {
  const packing = { groups: 1, perGroup: INIT };
  return {
    W_AT: matrix(packChannels(weightOf(node, 1), { ...packing, inner: K })),
    B_AT: weights(packBias(constantOf(node, 2), { ...packing, inner: 1 })) / 4,
    CW_AT: weights(packRows(weightOf(node, 3), size)) / 4,
    CB_AT: weights(constantOf(node, 4) ?? new Float32Array(CHEAP)) / 4,
    ...slopePlaces(node, weights),
    ...{ K, INIT, CHEAP, H, W },
    MULTIPLIER: multiplier,
    BLOCKS: Math.ceil(INIT / 4),
  };
}

/** Where the slopes of PReLU are, in vec4s. */
function slopePlaces(node: Node, weights: KernelContext['weights']): Record<string, number> {
  const [primary, cheap] = [constantOf(node, 7), constantOf(node, 8)];
  return { ...(primary && { S_AT: weights(primary) / 4 }), ...(cheap && { CS_AT: weights(cheap) / 4 }) };
}
