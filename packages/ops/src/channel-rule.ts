import { isStatic, type Node, numElements } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import { withDefaults } from './define-op.ts';

/** The part of an input that belongs to some of the output's channels. */
export interface ChannelPart {
  /** Of the input's axes, the one that counts channels. */
  readonly axis: number;
  /** Channels of the output for each element of that axis. */
  readonly each: number;
}

/**
 * For each input of a node, which part of it some channels of the output need; null: all of it. Null for a node whose
 * channels cannot be computed apart. Only for batches of one: the channels of several samples do not lie together.
 */
export function channelRuleOf(node: Node): readonly (ChannelPart | null)[] | null {
  const { shape } = node.output.type;
  if (node.outputs.length !== 1 || shape.length < 2 || shape[0] !== 1 || !shape.every(isStatic)) return null;
  const { attrs, channels } = lookup(node.op);
  switch (channels) {
    case 'same':
      return sameChannels(node);
    case 'weights':
      return (node.attrs.group ?? 1) === 1 ? layerParts(node, null) : null;
    case 'filters':
      return layerParts(node, { axis: 1, each: Number(withDefaults(attrs, node.attrs).multiplier) });
    case 'none':
      return null;
  }
}

/** Operands broadcast: all of one with a single channel is read, and all of what a unary op reads besides its operand. */
function sameChannels({ op, inputs, output }: Node): (ChannelPart | null)[] | null {
  const { shape } = output.type;
  const operands = lookup(op).traits.has('unary') ? 1 : inputs.length;
  const parts = inputs.map((value, i): ChannelPart | null | undefined => {
    if (!value || i >= operands) return null;
    const axis = 1 - shape.length + value.type.shape.length;
    const count = value.type.shape[axis] ?? 1;
    if (value.type.quant && value.type.quant.scale.length > 1) return undefined;
    if (count === 1 && shape[1] !== 1) return null;
    return count === shape[1] ? { axis, each: 1 } : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts : null;
}

/** Weights and bias have an element for each channel of the output, and a residual its shape. */
function layerParts({ inputs }: Node, x: ChannelPart | null): (ChannelPart | null)[] | null {
  const [, weight, bias, residual] = inputs;
  if (!weight?.constant || (bias && !bias.constant)) return null;
  const part = (axis: number): ChannelPart => ({ axis, each: 1 });
  const biasPart = bias && numElements(bias.type.shape) > 1 ? part(bias.type.shape.length - 1) : null;
  return [x, part(0), biasPart, residual ? part(1) : null].slice(0, inputs.length);
}
