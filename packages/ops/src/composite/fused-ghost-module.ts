import { CompileError, type TensorType } from '@ghostc/ir';
import { int } from '../attr-spec.ts';
import { type AttrValues, defineOp, evaluateOne } from '../define-op.ts';
import { add, mul } from '../elementwise/binary.ts';
import { type GhostModuleAttrs, ghostActivationAttrs, ghostModule } from './ghost-module.ts';

export const fusedGhostAttrs = { ratio: int(2), ...ghostActivationAttrs } as const;
/** Attributes of `fused_ghost_module`, with their defaults. */
export type FusedGhostAttrs = AttrValues<typeof fusedGhostAttrs>;

/**
 * A Ghost module with its neighbours, for kernels that compute it at once:
 *   y = ghost_module(x * gate) + residual
 * with a 1x1 primary convolution, ratio - 1 cheap channels at most for each primary one, stride 1; gate [N,C,1,1], residual of
 * the output's shape. primary_weight [init,C,1,1], cheap_weight [oup-init,1,d,d].
 */
export const fusedGhostModule = defineOp({
  name: 'fused_ghost_module',
  inputs: [
    ...([
      'x',
      'primary_weight',
      'primary_bias?',
      'cheap_weight',
      'cheap_bias?',
      'gate?',
      'residual?',
    ] as const),
    ...(['slope?', 'cheap_slope?'] as const),
  ],
  attrs: fusedGhostAttrs,
  traits: ['reduction'],
  computed: 'gpu',
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  error: { kind: 'parts' },
  ulp: null,
  storage: 'residual',
  rows: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, primary_weight: primary, cheap_weight: cheap, gate, residual, slope, ...more }, attrs) {
    const { cheap_slope: cheapSlope } = more;
    const inputs = [x, primary, null, cheap, null, slope ?? null, cheapSlope ?? null];
    const [type] = ghostModule.inferTypes(inputs, plainGhostAttrs({ primary, cheap }, attrs)) as [TensorType];
    expectShape('gate', gate, [x.shape[0], x.shape[1], 1, 1]);
    expectShape('residual', residual, type.shape);
    return type;
  },
  evaluate({ x, gate, residual, ...parts }, attrs) {
    const { primary_weight: primary, primary_bias: bias, cheap_weight: cheap, cheap_bias: cheapBias } = parts;
    const scaled = gate ? evaluateOne(mul, [x, gate]) : x;
    const slopes = [parts.slope ?? null, parts.cheap_slope ?? null];
    const inputs = [scaled, primary, bias ?? null, cheap, cheapBias ?? null, ...slopes];
    const y = evaluateOne(ghostModule, inputs, plainGhostAttrs({ primary, cheap }, attrs));
    return residual ? evaluateOne(add, [y, residual]) : y;
  },
  macs: ({ x, primary_weight: primary, cheap_weight: cheap }, attrs, types) =>
    ghostModule.countMacs([x, primary, null, cheap, null], plainGhostAttrs({ primary, cheap }, attrs), types),
});

interface GhostWeights {
  readonly primary: { readonly shape: TensorType['shape'] };
  readonly cheap: { readonly shape: TensorType['shape'] };
}

/** The attributes of the `ghost_module` within. */
export function plainGhostAttrs({ primary, cheap }: GhostWeights, attrs: FusedGhostAttrs): GhostModuleAttrs {
  const oup = Number(primary.shape[0]) + Number(cheap.shape[0]);
  return { ...attrs, oup, kernel_size: 1, dw_size: Number(cheap.shape[2]), stride: 1 };
}

function expectShape(what: string, type: TensorType | undefined, shape: readonly unknown[]): void {
  if (!type || type.shape.join() === shape.join()) return;
  const problem = `${what} expects [${shape.join(',')}], found [${type.shape.join(',')}]`;
  throw new CompileError('fused_ghost_module/infer', problem);
}
