import type { KernelContext, Lane, Step } from '../../kernel.ts';
import type { ChannelBlock } from '../channel-block.ts';
import { cheapRow } from '../ghost/cheap-taps.ts';
import { ghostActivations } from '../ghost/ghost-activations.ts';
import { type GhostText, ghostId } from '../ghost/ghost-id.ts';
import { ghostInts } from '../ghost/ghost-operands.ts';
import type { GhostSizes } from '../ghost/ghost-sizes.ts';
import { ghostShape } from '../ghost/whole-planes.ts';
import { sourceOf } from '../operands.ts';
import { partsOf, splitPointwise } from './wide-pointwise.ts';

/**
 * A Ghost module of small planes in two dispatches: the primary channels, whose sums are cut into parts, and the cheap ones.
 * With a residual, which may share the output's memory, the primary planes go to scratch memory first. Null for sums that are
 * best left whole.
 */
export function wideGhost(context: KernelContext, sizes: GhostSizes): readonly Step[] | null {
  const { node, arena, scratch } = context;
  const { N, K, INIT, CHEAP, H, W, size } = sizes;
  const [gate, residual] = [node.inputs[5], node.inputs[6]];
  const { parts } = ghostShape(context, sizes, partsOf({ N, K, M: INIT, plane: H * W }));
  if (parts === 1) return null;
  const { key, functions, floats, applied } = ghostActivations(node);
  const plane = H * W;
  const y = arena(node.output);
  const primary = { at: residual ? scratch() : y, image: (residual ? INIT : INIT + CHEAP) * plane };
  const ints = ghostInts(context, sizes);
  const first = splitPointwise({
    ...{ N, K, M: INIT, plane, parts, id: 'ghost_primary', key, functions, floats },
    applied: applied.primary,
    places: { X_AT: arena(sourceOf(node, 0)), Y_AT: primary.at },
    gate: gate ? arena(gate) : undefined,
    image: primary.image,
    ints: () => ({ ...ints, M: INIT }),
  });
  const block: ChannelBlock = { blocks: 1, lane: 'f32' satisfies Lane, gate: false, tail: false };
  const form = { block, size, residual: !!residual, applied };
  const W4 = Math.ceil(W / 4);
  return [
    first,
    {
      id: ghostId('ghost_cheap', 'rows', form, key),
      arena: 'f32',
      weights: 'vec4f',
      functions,
      floats,
      body: body(form),
      ints: {
        ...ints,
        Y_AT: y,
        ...(residual && { R_AT: arena(residual) }),
        T_AT: primary.at,
        T_IMAGE: primary.image,
        W4,
      },
      count: N * (CHEAP + (residual ? INIT : 0)) * H * W4,
    },
  ];
}

/** A row's four neighbours an invocation; with a residual, those of the primary planes after the cheap ones. */
function body(form: GhostText): string {
  const channels = form.residual ? '(CHEAP + INIT)' : 'CHEAP';
  return `let j = (item % W4) * 4;
let r = (item / W4) % H;
let cheap = (item / (W4 * H)) % ${channels};
let n = item / (W4 * H * ${channels});
let plane = H * W;
let image = n * (INIT + CHEAP) * plane;
let primary = T_AT + n * T_IMAGE;
${form.residual ? primaryRow : ''}
${cheapRow(form, 'primary + (cheap / MULTIPLIER) * plane')}`;
}

const primaryRow = `if (cheap >= CHEAP) {
let at = (cheap - CHEAP) * plane + r * W + j;
for (var k = 0; k < min(4, W - j); k++) {
arena[Y_AT + image + at + k] = arena[primary + at + k] + arena[R_AT + image + at + k];
}
return;
}`;
