import { CompileError, type Dim, isStatic } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';

/** strides, dilations and pads of a 2-d convolution or pool, with `auto_pad` resolved against the input's fixed size. */
export function windowAttributes(
  node: NodeReader,
  spatial: readonly Dim[],
  kernel: readonly number[],
): WindowAttributes {
  const dilations = node.ints('dilations') ?? kernel.map(() => 1);
  return withPads(node, { spatial, kernel, strides: stridesOf(node, kernel), dilations });
}

/** The same of a pool: SAME pads for the kernel without its dilation, as ONNX Runtime does. */
export function poolAttributes(
  node: NodeReader,
  spatial: readonly Dim[],
  kernel: readonly number[],
): WindowAttributes {
  const dilations = node.ints('dilations') ?? kernel.map(() => 1);
  const close = kernel.map(() => 1);
  const window = withPads(node, { spatial, kernel, strides: stridesOf(node, kernel), dilations: close });
  return { ...window, dilations };
}

interface WindowAttributes {
  readonly strides: number[];
  readonly dilations: number[];
  readonly pads: number[];
}

function stridesOf(node: NodeReader, kernel: readonly number[]): number[] {
  return node.ints('strides') ?? kernel.map(() => 1);
}

function withPads(node: NodeReader, geometry: Geometry): WindowAttributes {
  const pads = autoPads(node, geometry);
  if (pads.some((pad) => pad < 0))
    throw new CompileError('onnx/unsupported', `negative pads [${pads.join(',')}] are not supported`);
  return { strides: [...geometry.strides], dilations: [...geometry.dilations], pads };
}

interface Geometry {
  readonly spatial: readonly Dim[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

function autoPads(node: NodeReader, geometry: Geometry): number[] {
  const mode = node.expectText('auto_pad', 'NOTSET', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const none = geometry.kernel.flatMap(() => [0, 0]);
  if (mode === 'NOTSET') return node.ints('pads') ?? none;
  if (mode === 'VALID') return none;
  const totals = geometry.kernel.map((_, axis) => samePadding(geometry, axis));
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, axis) => total - (small[axis] ?? 0));
  return mode === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}

/** Padding in all so that the output has ceil(size / stride) elements. */
function samePadding({ spatial, kernel, strides, dilations }: Geometry, axis: number): number {
  const size = spatial[axis];
  const stride = strides[axis] ?? 1;
  const reach = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
  if (size === undefined || !isStatic(size)) {
    if (stride === 1) return reach - 1;
    throw new CompileError(
      'onnx/dynamic-shape',
      `auto_pad needs the size of axis ${axis + 2}; give it with --bind NAME=SIZE`,
    );
  }
  return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
}
