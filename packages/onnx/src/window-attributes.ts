import { CompileError, type Dim, isStatic } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';

/** strides, dilations and pads of a 2-d convolution or pool, with `auto_pad` resolved against the input's fixed size. */
export function windowAttributes(
  node: NodeReader,
  spatial: readonly Dim[],
  kernel: readonly number[],
): { strides: number[]; dilations: number[]; pads: number[] } {
  const strides = node.ints('strides') ?? kernel.map(() => 1);
  const dilations = node.ints('dilations') ?? kernel.map(() => 1);
  const pads = autoPads(node, { spatial, kernel, strides, dilations });
  if (pads.some((pad) => pad < 0))
    throw new CompileError('onnx/unsupported', `negative pads [${pads.join(',')}] are not supported`);
  return { strides, dilations, pads };
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
