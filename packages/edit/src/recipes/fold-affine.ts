import {
  fromNumbers,
  Graph,
  isStatic,
  itemAt,
  type Node,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { buildNode, evaluateGraph, intsOf } from '@ghostc/ops';
import type { Editor } from '../editor.ts';
import type { Affine } from './affine.ts';

/** A convolution that reads the input, and what it becomes. */
interface Folded {
  readonly weight: Tensor;
  /** Per output channel, or per output element [1,M,H,W] if the window pads. */
  readonly bias: Tensor | null;
}

/**
 * Folds an affine map of the channels of `input` into every convolution that reads it; returns false, and
 * changes nothing, if anything else reads it. With z = a x + b, conv(pad(z)) = conv_{W a}(pad(x)) +
 * conv_W(pad(b)), and the last term is constant.
 */
export function foldIntoConvolutions(e: Editor, input: Value, affine: Affine): boolean {
  const readers = [...input.users];
  const folded = readers.map((node) => foldedInto(node, input, affine));
  if (readers.length === 0 || e.graph.isOutput(input) || !folded.every((one) => one !== undefined))
    return false;
  readers.forEach((node, i) => rewrite(e, node, itemAt(folded, i)));
  return true;
}

function foldedInto(node: Node, input: Value, affine: Affine): Folded | undefined {
  const [x, weight, , residual] = node.inputs;
  const isPlain =
    node.op === 'conv2d' && (node.attrs.group ?? 1) === 1 && (node.attrs.activation ?? 'none') === 'none';
  if (!isPlain || x !== input || !weight?.constant || residual || node.inputs.lastIndexOf(input) > 0)
    return undefined;
  if (node.inputs[2] && !node.inputs[2].constant) return undefined;
  const bias = constantTerm(node, weight.constant, affine);
  return bias && { weight: scaled(weight.constant, affine), bias: bias.data.length ? bias : null };
}

/** Weight [M,C,kH,kW] in the order of the input's channels. */
function scaled(weight: Tensor, { factors, order }: Affine): Tensor {
  const [m = 0, c = 0, ...window] = weight.shape;
  const size = window.reduce((product, dim) => product * dim, 1);
  const values = toNumbers(weight);
  const result = new Float64Array(values.length);
  for (let i = 0; i < m; i++)
    for (let channel = 0; channel < c; channel++)
      for (let k = 0; k < size; k++)
        result[(i * c + itemAt(order, channel)) * size + k] =
          Number(values[(i * c + channel) * size + k]) * itemAt(factors, channel);
  return fromNumbers(weight.dtype, weight.shape, result);
}

const none: Tensor = { dtype: 'f32', shape: [0], data: new Float32Array(0) };

/**
 * The contribution of the offsets plus the existing bias: [M] without pads, otherwise [1,M,H,W]. Undefined if
 * sizes are symbolic.
 */
function constantTerm(node: Node, weight: Tensor, { offsets }: Affine): Tensor | undefined {
  const old = node.inputs[2]?.constant;
  if (offsets.every((offset) => offset === 0)) return old ?? none;
  const pads = intsOf(node.attrs, 'pads').some((pad) => pad !== 0);
  const plane = pads ? (node.inputs[0]?.type.shape.slice(2) ?? []) : weight.shape.slice(2);
  if (!plane.every(isStatic)) return undefined;
  const sizes = plane.map(Number);
  const map = constantMap(node, weight, offsets, sizes);
  const [m = 0] = weight.shape;
  const inner = map.data.length / m;
  const sums = Float64Array.from(
    toNumbers(map),
    (value, i) => Number(value) + Number(old ? toNumbers(old)[Math.floor(i / inner)] : 0),
  );
  return fromNumbers(weight.dtype, pads ? map.shape : [m], sums);
}

/** The convolution of an image whose channels are constants; without pads of the size of one window. */
function constantMap(
  node: Node,
  weight: Tensor,
  offsets: readonly number[],
  sizes: readonly number[],
): Tensor {
  const graph = new Graph();
  const isWindow =
    sizes.join() === weight.shape.slice(2).join() && !intsOf(node.attrs, 'pads').some((pad) => pad !== 0);
  const inner = sizes.reduce((product, size) => product * size, 1);
  const image = fromNumbers(
    'f64',
    [1, offsets.length, ...sizes],
    Float64Array.from({ length: offsets.length * inner }, (_, i) => itemAt(offsets, Math.floor(i / inner))),
  );
  const wide = fromNumbers('f64', weight.shape, toNumbers(weight));
  const inputs = [graph.addConstant('x', image), graph.addConstant('w', wide)];
  const attrs = isWindow ? {} : node.attrs;
  graph.addOutput('y', buildNode(graph, { op: 'conv2d', inputs, attrs }).output);
  return itemAt(evaluateGraph(graph, []), 0);
}

function rewrite(e: Editor, node: Node, { weight, bias }: Folded): void {
  const name = node.output.name;
  const isMap = bias?.shape.length === 4;
  const x = node.inputs[0] ?? null;
  const conv = e.add({
    op: 'conv2d',
    inputs: [x, weight, ...(bias && !isMap ? [bias] : [])],
    attrs: node.attrs,
    name: node.origin[0] ?? name,
  });
  const result = isMap ? e.ops.add({ a: conv, b: bias }, `${name}_border`) : conv;
  e.replace(node.output, result);
}
