import { type Node, staticShape, type Value } from '@ghostc/ir';
import { nodeMacs } from '@ghostc/ops';
import type { CLayer } from '../c-program.ts';
import type { Kernel } from '../kernel.ts';
import { isPortable } from '../kernels/quantized/index.ts';

/**
 * The facts of a node and its kernel that determine its number of instructions, besides its op, type and
 * shape.
 */
export function costFacts(
  node: Node,
  kernel: Kernel,
): Omit<
  CLayer,
  'step' | 'op' | 'name' | 'dtype' | 'shape' | 'calls' | 'form' | 'liveBytes' | 'output' | 'place'
> {
  const { attrs, inputs } = node;
  const [x] = inputs;
  return {
    macs: nodeMacs(node),
    inputShape: staticShape(x?.type.shape ?? []),
    window: windowOf(node),
    stride: pair(attrs.strides),
    padded: Array.isArray(attrs.pads) && attrs.pads.some((pad) => pad !== 0),
    activation: typeof attrs.activation === 'string' ? attrs.activation : '',
    residual: Boolean(inputs[3]),
    portable: isPortable(node.op, kernel),
    perChannel: (inputs[1]?.type.quant?.scale.length ?? 0) > 1,
    zeros: isRectified(x),
  };
}

function windowOf(node: Node): readonly [number, number] {
  const { kernel_shape } = node.attrs;
  if (Array.isArray(kernel_shape)) return pair(kernel_shape);
  return nodeMacs(node) ? pair(staticShape(node.inputs[1]?.type.shape ?? []).slice(2)) : [1, 1];
}

function pair(sizes: unknown): readonly [number, number] {
  const [y = 1, x = 1]: number[] = Array.isArray(sizes) ? sizes : [];
  return [y, x];
}

/** Ops that only move elements; the maximum of a window is seldom zero. */
const moves: ReadonlySet<string> = new Set(['concat', 'reshape', 'slice', 'transpose']);

/** Is a value of floats, but for where it lies, the output of a ReLU? */
function isRectified(value: Value | null | undefined): boolean {
  const node = value?.producer;
  if (!node || value.type.dtype !== 'f32') return false;
  if (moves.has(node.op)) return node.inputs.every((input) => isRectified(input));
  return node.op === 'relu' || node.attrs.activation === 'relu';
}
