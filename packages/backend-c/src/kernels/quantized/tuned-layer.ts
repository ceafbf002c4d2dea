import type { Node } from '@ghostc/ir';
import type { CFunction, Emit, Kernel, KernelContext } from '../../kernel.ts';
import { input } from '../operands.ts';
import { accepted } from './accepted.ts';
import type { Int8Layer } from './int8-layer.ts';

/** A layer's function; its parameters are x, w, q, y and the scratch, if there is any. */
export interface LayerText {
  readonly fn: CFunction;
  /** The weights in the order and element type that the function reads. */
  readonly packWeight: () => Int8Array | Int32Array;
  readonly scratch: Scratch | null;
  /** May y lie where x does? */
  readonly inPlace: boolean;
}

interface Scratch {
  readonly bytes: number;
  readonly type: 'int8_t' | 'int32_t';
}

/** A kernel for the layers that `read` knows and `text` has code for. */
export function layerKernel(
  read: (node: Node) => Int8Layer | null,
  text: (layer: Int8Layer, node: Node) => LayerText | null,
): Kernel {
  const textOf = (node: Node): LayerText | null => {
    const layer = read(node);
    return layer && text(layer, node);
  };
  const emit: Emit = (context) => {
    const layer = accepted(read(context.node), context.node);
    const { fn, packWeight, scratch } = accepted(text(layer, context.node), context.node);
    return { fn, args: args(context, [packWeight(), layer.plan.table], scratch) };
  };
  return {
    emit,
    accepts: (node) => textOf(node) !== null,
    scratchBytes: (node) => textOf(node)?.scratch?.bytes ?? 0,
    inPlace: (node) => textOf(node)?.inPlace ?? false,
  };
}

function args(
  { node, pointer, weights, scratchBytes }: KernelContext,
  tables: readonly (Int8Array | Int32Array)[],
  scratch: Scratch | null,
): string[] {
  const working = scratch?.type === 'int32_t' ? `(int32_t *)(${scratchBytes})` : `${scratchBytes}`;
  return [
    pointer(input(node, 0)),
    ...tables.map((table) => weights(table)),
    pointer(node.output),
    ...(scratch ? [working] : []),
  ];
}

/** The first kernel that accepts a node. */
export function firstOf(first: Kernel, second: Kernel): Kernel {
  const choose = (node: Node): Kernel => ((first.accepts?.(node) ?? true) ? first : second);
  return {
    emit: (context) => choose(context.node).emit(context),
    accepts: (node) => (first.accepts?.(node) ?? true) || (second.accepts?.(node) ?? true),
    scratchBytes: (node, lanes) => choose(node).scratchBytes?.(node, lanes) ?? 0,
    inPlace: (node) => choose(node).inPlace?.(node) ?? false,
  };
}
