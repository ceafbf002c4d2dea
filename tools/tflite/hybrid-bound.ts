import { interpret } from '@ghostc/interpreter';
import { constantOf, type Graph, numElements, type Tensor, toNumbers } from '@ghostc/ir';

const weighted: ReadonlySet<string> = new Set(['conv2d', 'depthwise_conv2d', 'fully_connected']);

/**
 * What TFLite's hybrid kernels may be off by, element by element. They round x to int8 with the scale max|x| / 127 of its
 * batch item, so that no element is further than half a step away: |y' - y| <= sum |w| max|x| / 254. Activations in use
 * (relu, clip) widen nothing. null for a graph that multiplies by no weights.
 */
export function hybridBound(graph: Graph, inputs: ReadonlyMap<string, Tensor>): ArrayLike<number> | null {
  if (![...graph.nodes()].some(({ op }) => weighted.has(op))) return null;
  const half = new Map(
    [...inputs].map(([name, tensor]) => [
      name,
      filled(tensor, largest(toNumbers(tensor) as Float32Array) / 254),
    ]),
  );
  const [bound] = interpret(absolute(graph), half).values();
  return bound ? toNumbers(bound) : null;
}

function largest(values: Float32Array): number {
  return values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}

function filled({ shape }: Tensor, value: number): Tensor {
  return { dtype: 'f32', shape, data: new Float32Array(numElements(shape)).fill(value) };
}

/** The graph with |w| for each weight, no bias and no activation. */
function absolute(graph: Graph): Graph {
  const copy = graph.clone();
  for (const node of copy.nodes()) {
    if (!weighted.has(node.op)) continue;
    const weight = node.inputs[1]?.constant;
    if (weight) {
      const data = (weight.data as Float32Array).map(Math.abs);
      copy.replaceInput(node, node.inputs[1] as never, copy.addConstant('magnitude', { ...weight, data }));
    }
    const bias = node.inputs[2];
    if (bias) copy.replaceInput(node, bias, copy.addConstant('zero', filled(constantOf(bias), 0)));
    Object.assign(node, { attrs: { ...node.attrs, activation: 'none', activation_params: [] } });
  }
  return copy;
}
