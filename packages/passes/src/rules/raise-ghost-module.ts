import { type Attrs, isStatic, type Node, type Shape, type Value } from '@ghostc/ir';
import {
  type Activation,
  type AttrValues,
  attrsOf,
  conv2d,
  depthwiseConv2d,
  slice as sliceOp,
  type windowAttrs,
} from '@ghostc/ops';
import type { Build } from '../build.ts';
import { constantData, sliceChannels } from '../constant-math.ts';
import { any, constant, either, op, same } from '../pattern.ts';
import { rule } from '../rule.ts';

const primary = op('conv2d', any('x'), constant('primary_weight')).as('primary').others().anyEpilogue();
const cheap = op('depthwise_conv2d', same('primary'), constant('cheap_weight'))
  .as('cheap')
  .others()
  .anyEpilogue();

// concat(p, c)[:, :oup],  p = act(conv(x)), c = act(depthwise(p))   =>   ghost_module(x), cheap weights cut to oup - init channels
export const raiseSlicedGhostModule = rule({
  name: 'raise-sliced-ghost-module',
  match: op('slice', op('concat', primary, cheap).where(isChannelConcat)).as('slice'),
  unless: ({ slice, primary, cheap }) =>
    keptChannels(slice, primary, cheap).reason ?? ghostRefusal(primary, cheap),
  rewrite: ({ x, slice, primary, cheap }, build) =>
    ghostModule(build, {
      x,
      primary,
      cheap,
      oup: keptChannels(slice, primary, cheap).oup,
      last: [slice.inputs[0]?.producer, slice],
    }),
});

// concat(p, c),  p = act(conv(x)), c = act(depthwise(p))   =>   ghost_module(x)
export const raiseGhostModule = rule({
  name: 'raise-ghost-module',
  match: op('concat', primary, cheap).others().where(isChannelConcat).as('concat'),
  unless: ({ primary, cheap, concat }) => {
    const [user] = concat.output.users;
    if (
      concat.output.users.size === 1 &&
      user?.op === 'slice' &&
      !ghostRefusal(primary, cheap) &&
      !keptChannels(user, primary, cheap).reason
    ) {
      return 'a slice after it belongs to the module';
    }
    return concat.inputs.length !== 2
      ? `the concat has ${concat.inputs.length} parts, expected 2`
      : ghostRefusal(primary, cheap);
  },
  rewrite: ({ x, primary, cheap, concat }, build) =>
    ghostModule(build, { x, primary, cheap, oup: channels(primary) + channels(cheap), last: [concat] }),
});

const preluOf = op('prelu', primary, constant('slope')).as('first');
const cheapOfPrelu = op('depthwise_conv2d', same('first'), constant('cheap_weight'))
  .as('cheap')
  .others()
  .anyEpilogue();
const preluOrNot = either(op('prelu', cheapOfPrelu, constant('cheap_slope')), cheapOfPrelu);

// concat(p, c),  p = prelu(conv(x)), c = prelu or act(depthwise(p))   =>   ghost_module(x) with slopes
export const raisePreluGhostModule = rule({
  name: 'raise-prelu-ghost-module',
  match: op('concat', preluOf, preluOrNot).where(isChannelConcat).as('concat'),
  unless: ({ primary, cheap = primary, slope, cheap_slope }) =>
    ghostRefusal(primary, cheap) ||
    slopeRefusal(slope, primary) ||
    (cheap_slope && slopeRefusal(cheap_slope, cheap)),
  rewrite: ({ x, primary, cheap = primary, concat, slope, cheap_slope }, build) =>
    ghostModule(build, {
      x,
      primary,
      cheap,
      oup: channels(primary) + channels(cheap),
      last: [concat],
      slopes: [perChannel(slope, primary, build), cheap_slope ? perChannel(cheap_slope, cheap, build) : null],
    }),
});

interface Parts {
  readonly x: Value;
  readonly primary: Node;
  readonly cheap: Node;
  readonly oup: number;
  /** The concat, and the slice if there is one. */
  readonly last: readonly (Node | null | undefined)[];
  /** The slopes of PReLU, one per channel. */
  readonly slopes?: readonly (Value | null)[];
}

function ghostModule(build: Build, { x, primary, cheap, oup, last, slopes = [] }: Parts): Value {
  const p = attrsOf(conv2d, primary);
  const c = attrsOf(depthwiseConv2d, cheap);
  const kept = oup - channels(primary);
  const cut = (value: Value | null | undefined): Value | null => {
    if (!value || kept === 0) return null;
    return kept === channels(cheap)
      ? value
      : build.constant(sliceChannels(constantData(value), 0, kept), value.name);
  };
  const inputs = [
    x,
    primary.inputs[1] ?? null,
    primary.inputs[2] ?? null,
    cut(cheap.inputs[1]),
    cut(cheap.inputs[2]),
    ...slopes,
  ];
  return build.node(
    'ghost_module',
    inputs,
    {
      oup,
      ratio: c.multiplier + 1,
      kernel_size: kernelOf(primary),
      dw_size: kernelOf(cheap),
      stride: p.strides[1] ?? 1,
      ...namedActivations(p, c),
    },
    { partOrigins: [primary.origin, cheap.origin, last.flatMap((node) => node?.origin ?? [])] },
  );
}

/** The activations, under the op's names for them. */
function namedActivations(primary: Activation, cheap: Activation): Attrs {
  const given = { ...named('activation', primary), ...named('cheap_activation', cheap) };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== 'none' && value.length > 0),
  );
}

function named(name: string, { activation, activation_params }: Activation) {
  return { [name]: activation, [`${name}_params`]: activation_params };
}

/** Slopes as [C,1,1], or [C,1] of a line. */
function perChannel(slope: Value, node: Node, build: Build): Value {
  return build.constant({ ...constantData(slope), shape: withoutBatch(slope, node).map(Number) }, slope.name);
}

/** Why slopes are not one per channel. */
function slopeRefusal(slope: Value, node: Node): string | false {
  const expected = node.output.type.shape.map((dim, axis) => (axis === 1 ? dim : 1)).slice(1);
  const { name, type } = slope;
  return (
    withoutBatch(slope, node).join() !== expected.join() &&
    `%${name} [${type.shape.join(',')}] is not one slope a channel`
  );
}

function withoutBatch({ type: { shape } }: Value, { output }: Node): Shape {
  return shape.length === output.type.shape.length && shape[0] === 1 ? shape.slice(1) : shape;
}

export function isChannelConcat({ axis }: Attrs): boolean {
  return axis === 1;
}

/** Whether a part computes a line [N,C,L]. */
function onLine({ output }: Node): boolean {
  return output.type.shape.length === 3;
}

function channels(node: Node): number {
  return Number(node.output.type.shape[1]);
}

function kernelOf(node: Node): number {
  return Number(node.inputs[1]?.type.shape[3]);
}

/** oup, if the slice keeps the first channels and nothing else is cut. */
function keptChannels(slice: Node, primary: Node, cheap: Node): { oup: number; reason?: string } {
  const whole = slice.inputs[0]?.type.shape ?? [];
  const kept = slice.output.type.shape;
  const total = channels(primary) + channels(cheap);
  const oup = Number(kept[1]);
  const { starts, steps } = attrsOf(sliceOp, slice);
  if (starts.some((start) => start !== 0) || steps.some((step) => step !== 1))
    return { oup, reason: 'the slice does not start at channel 0 or has a step' };
  if (!isStatic(kept[1] ?? '') || kept.some((dim, axis) => axis !== 1 && dim !== whole[axis]))
    return { oup, reason: 'the slice cuts more than channels' };
  return oup >= channels(primary) && oup <= total
    ? { oup }
    : { oup, reason: `the slice keeps ${oup} of ${total} channels, fewer than the primary part` };
}

/** Why two convolutions are not a Ghost module. */
export function ghostRefusal(primary: Node, cheap: Node): string | false {
  const p = attrsOf(conv2d, primary);
  const c = attrsOf(depthwiseConv2d, cheap);
  if (p.group !== 1) return `the primary convolution has ${p.group} groups`;
  if (primary.inputs[3] || cheap.inputs[3]) return 'a part adds a residual';
  if (!onLine(primary) && p.strides[0] !== p.strides[1]) return `the strides are [${p.strides.join(',')}]`;
  if (c.strides.some((stride) => stride !== 1)) return 'the cheap part has a stride';
  return partRefusal(primary, p, 'primary') || partRefusal(cheap, c, 'cheap');
}

type WindowValues = AttrValues<typeof windowAttrs>;

function partRefusal(node: Node, { pads, dilations }: WindowValues, part: string): string | false {
  const [, , height, width] = node.inputs[1]?.type.shape ?? [];
  if (!onLine(node) && height !== width) return `the ${part} kernel is ${height}x${width}, expected a square`;
  const half = Number(width) >> 1;
  const expected = onLine(node) ? [0, half, 0, half] : [half, half, half, half];
  if (pads.join() !== expected.join())
    return `the ${part} part has the pads [${pads.join(',')}], expected half its kernel`;
  if (node.inputs[2] && !node.inputs[2].constant) return `the ${part} bias is not constant`;
  return dilations.some((dilation) => dilation !== 1) && `the ${part} part is dilated`;
}
