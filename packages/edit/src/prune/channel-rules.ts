import type { Attrs, Node, Value } from '@ghostc/ir';
import { intsOf, lookup, normalAxis, withDefaults } from '@ghostc/ops';
import type { ChannelClasses } from './channel-classes.ts';

/** An axis of a constant operand that has an element for each channel of a value. */
export interface Cut {
  readonly input: number;
  readonly axis: number;
  readonly of: Value;
}

/** What must be removed when channels of the values around a node are removed. */
export interface NodeCuts {
  readonly cuts?: readonly Cut[];
  /** Attributes that count channels. */
  readonly attrs?: (classes: ChannelClasses) => Attrs;
}

type ChannelRule = (node: Node, classes: ChannelClasses) => NodeCuts;

/** Ties the channels that a node connects; returns what counts channels in it. */
export function tieChannels(node: Node, classes: ChannelClasses): NodeCuts {
  return ruleOf(node.op)(node, classes);
}

function ruleOf(op: string): ChannelRule {
  const rule = table[op];
  if (rule) return rule;
  const { traits, attrs, inputs } = lookup(op);
  if (traits.has('elementwise') && !traits.has('integer')) return elementwise;
  if (traits.has('window') && !traits.has('selection') && inputs.length === 1) return kept;
  if (('axis' in attrs || 'axes' in attrs) && !traits.has('movement')) return beside;
  return pinned('channels are not followed through it');
}

function pinned(reason: string): ChannelRule {
  return (node, classes) => {
    for (const value of [...node.inputs, ...node.outputs]) classes.pin(value, node, reason);
    return {};
  };
}

const x = (node: Node): Value => node.inputs[0] as Value;

/** Channels are passed through. */
const kept: ChannelRule = (node, classes) => {
  classes.joinAll(x(node), node.output);
  return {};
};

/** Operands broadcast: one with a single channel is not affected. */
const elementwise: ChannelRule = (node, classes) => {
  const { output } = node;
  const rank = output.type.shape.length;
  const cuts: Cut[] = [];
  node.inputs.forEach((value, input) => {
    if (!value) return;
    const axis = 1 - rank + value.type.shape.length;
    const isWhole = axis >= 0 && value.type.shape[axis] === output.type.shape[1];
    if (value.constant && isWhole) cuts.push({ input, axis, of: output });
    else if (!value.constant && isWhole && axis === 1) classes.joinAll(value, output);
    else if (!value.constant) {
      classes.pin(value, node, 'it is broadcast along channels');
      if (isWhole) classes.pin(output, node, 'an operand without an axis of samples has its channels');
    }
  });
  return { cuts };
};

const concat: ChannelRule = (node, classes) => {
  if (axisOf(node) !== 1) return elementwise(node, classes);
  let at = 0;
  for (const value of node.inputs) {
    const count = Number(value?.type.shape[1]);
    if (value?.constant) classes.pin(node.output, node, 'a constant is joined to its channels');
    else if (value) for (let i = 0; i < count; i++) classes.join(value, i, node.output, at + i);
    at += count;
  }
  return {};
};

const slice: ChannelRule = (node, classes) => {
  const axes = intsOf(node.attrs, 'axes').map((axis) => fromFront(node, axis));
  const at = axes.indexOf(1);
  if (at < 0) return kept(node, classes);
  const count = classes.count(x(node));
  const bound = (name: string): number => {
    const given = intsOf(node.attrs, name)[at] ?? 0;
    return Math.min(Math.max(given < 0 ? given + count : given, 0), count);
  };
  const [start, end] = [bound('starts'), bound('ends')];
  if ((intsOf(node.attrs, 'steps')[at] ?? 1) !== 1) return pinned('its steps pick channels')(node, classes);
  for (let i = start; i < end; i++) classes.join(x(node), i, node.output, i - start);
  return {
    attrs: (now) => {
      const left = now.kept(x(node));
      const moved = (name: string, from: number): number[] =>
        intsOf(node.attrs, name).map((old, i) =>
          i === at ? left.filter((channel) => channel < from).length : old,
        );
      return { ...node.attrs, starts: moved('starts', start), ends: moved('ends', end) };
    },
  };
};

/** Weight [M,C/group,kH,kW], with one group or one per channel. */
const convolution: ChannelRule = (node, classes) => {
  const { group } = withDefaults(lookup(node.op).attrs, node.attrs) as { group: number };
  if (group !== 1 && group === classes.count(x(node)))
    return {
      ...perChannel(node, classes),
      attrs: (now) => ({ ...node.attrs, group: now.kept(x(node)).length }),
    };
  if (group !== 1) return pinned(`its ${group} groups are of one size`)(node, classes);
  return weighted(node, { weight: [0, 1] }, classes);
};

/** A filter for each channel: output channels c m to c m + m - 1 come from channel c. */
const perChannel: ChannelRule = (node, classes) => {
  const [inner, outer] = [classes.count(x(node)), classes.count(node.output)];
  const multiplier = outer / inner;
  for (let i = 0; i < outer; i++) classes.join(x(node), Math.floor(i / multiplier), node.output, i);
  tieResidual(node, classes);
  return { cuts: [1, 2].map((input) => ({ input, axis: 0, of: node.output })) };
};

/** Sums over all channels: output channels are independent of input channels. */
function weighted(
  node: Node,
  { weight: [out, inner] }: { weight: readonly [out: number, inner: number] },
  classes: ChannelClasses,
): NodeCuts {
  const bias = node.inputs[2];
  if (!node.inputs[1]?.constant || (bias && !bias.constant))
    return pinned('its weights are computed')(node, classes);
  const last = (bias?.type.shape.length ?? 1) - 1;
  const perOutput = bias?.type.shape[last] === node.output.type.shape[1];
  tieResidual(node, classes);
  return {
    cuts: [
      { input: 1, axis: out, of: node.output },
      { input: 1, axis: inner, of: x(node) },
      ...(perOutput ? [{ input: 2, axis: last, of: node.output }] : []),
    ],
  };
}

function tieResidual(node: Node, classes: ChannelClasses): void {
  const residual = node.inputs[3];
  if (residual?.constant) classes.pin(node.output, node, 'a constant is added to it');
  else if (residual) classes.joinAll(residual, node.output);
}

const gemm: ChannelRule = (node, classes) => {
  if (node.attrs.trans_a === true) return pinned('rows are its channels')(node, classes);
  return weighted(node, { weight: node.attrs.trans_b === true ? [0, 1] : [1, 0] }, classes);
};

const matmul: ChannelRule = (node, classes) =>
  x(node).type.shape.length === 2 && node.inputs[1]?.type.shape.length === 2
    ? weighted(node, { weight: [1, 0] }, classes)
    : pinned('channels are not its last axis')(node, classes);

/** [N,C,...] under another shape: channels either stay in place, or each becomes several elements of axis 1. */
const reshape: ChannelRule = (node, classes) => {
  const { output } = node;
  const [before, after] = [classes.count(x(node)), classes.count(output)];
  const sameRows = x(node).type.shape[0] === output.type.shape[0];
  const inner = after / before;
  const isFlat = inner > 1 && output.type.shape.length === 2;
  if (!sameRows || !before || !(inner === 1 || (isFlat && Number.isInteger(inner))))
    return pinned('it divides or mixes channels')(node, classes);
  for (let i = 0; i < after; i++) classes.join(x(node), Math.floor(i / inner), output, i);
  return {
    attrs: (now) => ({
      ...node.attrs,
      shape: intsOf(node.attrs, 'shape').map((size, axis) =>
        axis === 1 && size > 0 ? now.kept(output).length : size,
      ),
    }),
  };
};

const transpose: ChannelRule = (node, classes) => {
  const [rows, channels] = intsOf(node.attrs, 'perm');
  return rows === 0 && channels === 1 ? kept(node, classes) : pinned('it moves channels')(node, classes);
};

/** Along other axes. */
const beside: ChannelRule = (node, classes) => {
  const axes = 'axes' in lookup(node.op).attrs ? intsOf(node.attrs, 'axes') : [axisOf(node)];
  const isBeside = axes.length > 0 && axes.every((axis) => fromFront(node, axis) > 1);
  return isBeside ? kept(node, classes) : pinned('it works along channels')(node, classes);
};

const pad: ChannelRule = (node, classes) => {
  const pads = intsOf(node.attrs, 'pads');
  return pads[1] || pads[1 + pads.length / 2]
    ? pinned('it pads channels')(node, classes)
    : kept(node, classes);
};

const batchNorm: ChannelRule = (node, classes) => {
  classes.joinAll(x(node), node.output);
  return { cuts: [1, 2, 3, 4].map((input) => ({ input, axis: 0, of: node.output })) };
};

const resize: ChannelRule = (node, classes) => {
  if (classes.count(x(node)) !== classes.count(node.output))
    return pinned('it interpolates channels')(node, classes);
  classes.joinAll(x(node), node.output);
  const sized = (now: ChannelClasses): number[] =>
    intsOf(node.attrs, 'sizes').map((size, axis) =>
      axis === 1 && size > 0 ? now.kept(node.output).length : size,
    );
  return {
    attrs: (now) => ({ ...node.attrs, ...(node.attrs.sizes !== undefined && { sizes: sized(now) }) }),
  };
};

function axisOf(node: Node): number {
  return fromFront(node, Number(withDefaults(lookup(node.op).attrs, node.attrs).axis));
}

function fromFront(node: Node, axis: number): number {
  return normalAxis(axis, x(node).type.shape.length);
}

const table: Readonly<Record<string, ChannelRule>> = {
  ...{ cast: kept, batch_norm: batchNorm, conv2d: convolution, depthwise_conv2d: perChannel },
  ...{
    concat,
    slice,
    pad,
    reshape,
    resize,
    transpose,
    gemm,
    matmul,
    conv_transpose2d: transposedConvolution,
  },
  fully_connected: (node, classes) => weighted(node, { weight: [0, 1] }, classes),
};

/** Weight [C,M/group,kH,kW]. */
function transposedConvolution(node: Node, classes: ChannelClasses): NodeCuts {
  if ((node.attrs.group ?? 1) !== 1) return pinned('it has groups')(node, classes);
  return weighted(node, { weight: [1, 0] }, classes);
}
