import type { Node, Value } from '@ghostc/ir';
import { attrsOf, ghostModule } from '@ghostc/ops';
import { any, op } from '../pattern.ts';
import { type Rule, rule } from '../rule.ts';

/** Which Ghost modules a backend fuses into one kernel, of those that the op can express. */
export type FusesGhost = (ghost: Node) => boolean;

// ghost_module(x)   =>   fused_ghost_module(x): a 1x1 primary convolution, cheap channels for each of its channels
export function fuseGhostModules(fuses: FusesGhost): Rule {
  return rule({
    name: 'fuse-ghost-module',
    match: op('ghost_module', any('x')).as('ghost').others(),
    unless: ({ x, ghost }) => {
      const { kernel_size, stride, dw_size } = attrsOf(ghostModule, ghost);
      if (x.type.shape.length !== 4) return 'it is no image';
      if (!ghost.inputs[3]) return 'there is no cheap part';
      if (kernel_size !== 1 || stride !== 1)
        return `the primary part is ${kernel_size}x${kernel_size}, stride ${stride}`;
      if (dw_size % 2 === 0) return `the cheap kernel is ${dw_size}x${dw_size}`;
      return !fuses(ghost) && 'the backend wants two kernels';
    },
    rewrite({ x, ghost }, build) {
      const [, weight = null, bias = null, cheapWeight = null, cheapBias = null, ...slopes] = ghost.inputs;
      const { oup, kernel_size, dw_size, stride, ratio, ...activations } = ghost.attrs;
      const attrs = { ...activations, ...(ratio !== 2 && { ratio }) };
      const inputs = [
        x,
        weight,
        bias,
        cheapWeight,
        cheapBias,
        ...(slopes.length ? [null, null, ...slopes] : []),
      ];
      return build.node('fused_ghost_module', inputs, attrs);
    },
  });
}

// squeeze_excite(x)   =>   x * squeeze_excite_gate(x)
export const splitSqueezeExcite = rule({
  name: 'split-squeeze-excite',
  match: op('squeeze_excite', any('x')).as('se').others(),
  rewrite: ({ x, se }, build) =>
    build.node('mul', [x, build.node('squeeze_excite_gate', se.inputs, se.attrs)]),
});

// fused_ghost_module(x * g)   =>   fused_ghost_module(x, gate = g),  g [N,C,1,1]
export const fuseGate = rule({
  name: 'fuse-gate',
  match: op('fused_ghost_module', op('mul', any('x'), any('g')).as('product').anyEpilogue())
    .as('ghost')
    .others(),
  unless: ({ x, g, product, ghost }) => {
    if (ghost.inputs[5]) return 'there is a gate already';
    if ((product.attrs.activation ?? 'none') !== 'none') return 'the product has an activation';
    if (g.constant) return `%${g.name} is constant`;
    return !isGateOf(g, x) && `%${g.name} [${g.type.shape.join(',')}] is no factor of a channel`;
  },
  rewrite: ({ x, g, ghost }, build) =>
    build.node(ghost.op, withInputs([x, ...ghost.inputs.slice(1)], 5, g), ghost.attrs),
});

// fused_ghost_module(x) + r   =>   fused_ghost_module(x, residual = r)
export const fuseGhostResidual = rule({
  name: 'fuse-ghost-residual',
  match: op('add', op('fused_ghost_module', any('x')).as('ghost').others(), any('r'))
    .as('sum')
    .anyEpilogue(),
  unless: ({ ghost, r, sum }) => {
    if (ghost.inputs[6]) return 'there is a residual already';
    if ((sum.attrs.activation ?? 'none') !== 'none') return 'the sum has an activation';
    if (r.constant) return `%${r.name} is constant`;
    return (
      r.type.shape.join() !== ghost.output.type.shape.join() &&
      `%${r.name} [${r.type.shape.join(',')}] broadcasts`
    );
  },
  rewrite: ({ ghost, r }, build) => build.node(ghost.op, withInputs(ghost.inputs, 6, r), ghost.attrs),
});

function isGateOf({ type }: Value, x: Value): boolean {
  return type.shape.join() === [...x.type.shape.slice(0, 2), 1, 1].join();
}

/** The inputs with `value` at `index`, padded with absent ones. */
function withInputs(inputs: readonly (Value | null)[], index: number, value: Value): (Value | null)[] {
  return Array.from({ length: Math.max(index + 1, inputs.length) }, (_, i) =>
    i === index ? value : (inputs[i] ?? null),
  );
}
