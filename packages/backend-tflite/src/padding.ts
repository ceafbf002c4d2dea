import type { Node } from '@ghostc/ir';
import { attrsOf, windowAttrs } from '@ghostc/ops';
import { operatorOptions } from '@ghostc/tflite';
import type { Placed, TfliteGraph } from './tflite-graph.ts';

/** A window over the two axes of an NHWC image; sizes are [height, width]. */
export interface WindowShape {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Elements before and after, that some output reads. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** What a node's window reads, given its kernel; shapes are NHWC. */
export function windowOf(node: Node, kernel: readonly number[]): WindowShape {
  const { strides, dilations, pads } = attrsOf({ attrs: windowAttrs }, node);
  const [from, to] = [node.inputs[0]?.type.shape, node.output.type.shape].map(
    (shape) => shape?.map(Number) ?? [],
  );
  const before = pads.slice(0, 2);
  const after = [0, 1].map((a) => {
    const reach = (dilations[a] ?? 1) * ((kernel[a] ?? 1) - 1) + 1;
    const end = ((to?.[a + 1] ?? 1) - 1) * (strides[a] ?? 1) + reach - (before[a] ?? 0);
    return Math.max(0, end - (from?.[a + 1] ?? 1));
  });
  return { kernel, strides, dilations, before, after };
}

/** TFLite's equivalent of these pads: VALID without any, SAME if they are what it adds; otherwise undefined. */
export function paddingOf(window: WindowShape, x: Placed, y: readonly number[]): number | undefined {
  const { before, after } = window;
  if ([...before, ...after].every((count) => count === 0)) return operatorOptions.VALID;
  const same = [0, 1].every((a) => {
    const [size, out] = [x.shape[a + 1] ?? 1, y[a + 1] ?? 1];
    const stride = window.strides[a] ?? 1;
    const reach = (window.dilations[a] ?? 1) * ((window.kernel[a] ?? 1) - 1) + 1;
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
    const first = Math.floor(total / 2);
    return out === Math.ceil(size / stride) && before[a] === first && after[a] === total - first;
  });
  return same ? operatorOptions.SAME : undefined;
}

/** The image with `fill` around it, zeros (the zero point of integers) if absent: windows of VALID read it. */
export function padded(
  writer: TfliteGraph,
  x: Placed,
  { before, after }: WindowShape,
  fill?: Placed,
): Placed {
  const [top = 0, left = 0] = before;
  const [bottom = 0, right = 0] = after;
  const pads = writer.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  const [n = 1, h = 1, w = 1, c = 1] = x.shape;
  const type = { ...x, shape: [n, h + top + bottom, w + left + right, c] };
  return fill ? writer.operator('PADV2', [x, pads, fill], type) : writer.operator('PAD', [x, pads], type);
}
