import { CompileError, type TensorType } from '@ghostc/ir';
import { int } from '../attr-spec.ts';
import { type AttrValues, defineOp, type Named } from '../define-op.ts';
import { compositeFacts } from './composite-facts.ts';
import { type GhostModuleAttrs, ghostActivationAttrs, ghostModule, ghostParts } from './ghost-module.ts';
import type { PartMaker } from './part-maker.ts';
import { tensorParts } from './tensor-parts.ts';

export const fusedGhostAttrs = { ratio: int(2), ...ghostActivationAttrs } as const;
/** Attributes of `fused_ghost_module`, with their defaults. */
export type FusedGhostAttrs = AttrValues<typeof fusedGhostAttrs>;

const fusedInputs = [
  'x',
  'primary_weight',
  'primary_bias?',
  'cheap_weight',
  'cheap_bias?',
  'gate?',
  'residual?',
  'slope?',
  'cheap_slope?',
] as const;

/**
 * A Ghost module with its neighbours, for kernels that compute it at once:
 *   y = ghost_module(x * gate) + residual
 * with a 1x1 primary convolution, ratio - 1 cheap channels at most for each primary one, stride 1; gate [N,C,1,1], residual of
 * the output's shape. primary_weight [init,C,1,1], cheap_weight [oup-init,1,d,d].
 */
export const fusedGhostModule = defineOp({
  name: 'fused_ghost_module',
  inputs: fusedInputs,
  attrs: fusedGhostAttrs,
  traits: ['reduction'],
  computed: 'gpu',
  ...compositeFacts,
  error: { kind: 'parts' },
  storage: 'residual',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, primary_weight: primary, cheap_weight: cheap, gate, residual, slope, ...more }, attrs) {
    const { cheap_slope: cheapSlope } = more;
    const inputs = [x, primary, null, cheap, null, slope ?? null, cheapSlope ?? null];
    const [type] = ghostModule.inferTypes(inputs, plainGhostAttrs({ primary, cheap }, attrs));
    expectShape('gate', gate, [x.shape[0], x.shape[1], 1, 1]);
    expectShape('residual', residual, type.shape);
    return type;
  },
  parts: fusedParts,
  evaluate: (inputs, attrs) => fusedParts(inputs, attrs, tensorParts),
  macs: ({ x, primary_weight: primary, cheap_weight: cheap }, attrs, types) =>
    ghostModule.countMacs([x, primary, null, cheap, null], plainGhostAttrs({ primary, cheap }, attrs), types),
});

function fusedParts<V>(
  { gate, residual, ...module }: Named<(typeof fusedInputs)[number], V>,
  attrs: FusedGhostAttrs,
  maker: PartMaker<V>,
): V {
  const { x, primary_weight, cheap_weight } = module;
  const primary = { shape: maker.shapeOf(primary_weight) };
  const cheap = { shape: maker.shapeOf(cheap_weight) };
  const scaled = gate ? maker.make('mul', [x, gate]) : x;
  const y = ghostParts({ ...module, x: scaled }, plainGhostAttrs({ primary, cheap }, attrs), maker);
  return residual ? maker.make('add', [y, residual]) : y;
}

interface GhostWeights {
  readonly primary: { readonly shape: TensorType['shape'] };
  readonly cheap: { readonly shape: TensorType['shape'] };
}

/** The attributes of the `ghost_module` inside. */
function plainGhostAttrs({ primary, cheap }: GhostWeights, attrs: FusedGhostAttrs): GhostModuleAttrs {
  const oup = Number(primary.shape[0]) + Number(cheap.shape[0]);
  return { ...attrs, oup, kernel_size: 1, dw_size: Number(cheap.shape[2]), stride: 1 };
}

function expectShape(what: string, type: TensorType | undefined, shape: readonly unknown[]): void {
  if (!type || type.shape.join() === shape.join()) return;
  const problem = `${what} expects [${shape.join(',')}], found [${type.shape.join(',')}]`;
  throw new CompileError('fused_ghost_module/infer', problem);
}
