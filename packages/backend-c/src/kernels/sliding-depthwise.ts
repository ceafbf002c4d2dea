import type { Node } from '@ghostc/ir';
import { type ActivationName, attrsOf, depthwiseConv2d as definition } from '@ghostc/ops';
import { activateRegister, activationOf } from '../activation-text.ts';
import type { KernelCall, KernelContext } from '../kernel.ts';
import { activationNeeds } from '../register-formulas.ts';
import { loop } from '../text/loops.ts';
import { convGeometry, geometryName, planeName } from './conv-geometry.ts';
import { floatRuns } from './float-runs.ts';
import { weightData } from './operands.ts';
import { slidingBody, slidingScratch } from './sliding-window.ts';
import { weightedCall } from './weighted-call.ts';

/** Depthwise convolution on processors with vectors. */
export function slidingDepthwise(context: KernelContext): KernelCall {
  const { node, scratch } = context;
  const { multiplier, ...attrs } = attrsOf(definition, node);
  const geometry = convGeometry(node, attrs);
  const { batch, m, channels, height, width, kernelHeight, kernelWidth } = geometry;
  // layers of one plane share their code
  const shared = multiplier === 1 && batch === 1;
  const act = activationOf(node);
  const limit = shared && context.lanes.sharesCode ? lowerLimits[act.activation] : undefined;
  const planes = slidingBody({
    geometry,
    planes: shared ? 'planes' : m,
    multiplier,
    padding: '0.0f',
    plane: [`const float *const wm = w + m * ${kernelHeight * kernelWidth};`],
    start: 'SPLAT(b[m])',
    tap: (v, e, tap) => `${v} += wm[${tap}] * ${e};`,
    residual: Boolean(node.inputs[3]),
    finish: (v) => (limit === undefined ? activateRegister(act, v) : [`${v} = AT_LEAST(${v}, low);`]),
  });
  return weightedCall(context, {
    hint: `depthwise_${shared ? planeName(geometry) : geometryName(geometry)}`,
    body: batch === 1 ? planes : loop('n', batch, [...planes, `x += ${channels * height * width};`]),
    weight: weightData(node, 1),
    channels: m,
    differs: {
      ...(shared && { 'int planes': String(m) }),
      ...(limit !== undefined && { 'float low': limit }),
    },
    working: scratch === null ? undefined : 'rows',
    needs: [floatRuns, ...activationNeeds(act)],
  });
}

/** The least output, of activations that do nothing else, as C. */
const lowerLimits: Readonly<Partial<Record<ActivationName, string>>> = { relu: '0.0f', none: '-INFINITY' };

/** Bytes of the arena for its band of rows. */
export function depthwiseScratch(node: Node): number {
  const { multiplier: _, ...attrs } = attrsOf(definition, node);
  return slidingScratch(convGeometry(node, attrs));
}
