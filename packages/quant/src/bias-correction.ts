import {
  constantOf,
  dataOf,
  type Graph,
  itemAt,
  type Node,
  numElements,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { evaluateOne, lookup } from '@ghostc/ops';
import { type ObserveOptions, observeValues, type Samples } from './calibrate.ts';
import { roundedWeight } from './quantize-weight.ts';

/** Has the op weights per output channel, and a bias? */
function isWeighted({ op }: Node): boolean {
  return lookup(op).integerForm.kind === 'weighted';
}

/**
 * Bias correction (Nagel et al. 2019, section 4.2, with measured means): rounding the weights shifts the mean of each output
 * channel by E[(W' - W) * x] = (W' - W) * E[x]; the bias takes it back. E[x] is the mean over the samples of the layer's
 * whole input, so padding and position count as they are. In place.
 */
export function correctBiases(graph: Graph, samples: Samples, options: ObserveOptions = {}): void {
  const layers = [...graph.nodes()].filter(
    (node) => isWeighted(node) && node.inputs[1]?.constant && node.inputs[2]?.constant,
  );
  const means = meanInputs(graph, samples, { ...options, layers });
  for (const layer of layers) {
    const mean = means.get(itemAt(layer.inputs, 0));
    if (mean) correct(graph, layer, mean);
  }
}

function meanInputs(
  graph: Graph,
  samples: Samples,
  { layers, ...options }: ObserveOptions & { readonly layers: readonly Node[] },
): Map<Value, Tensor> {
  const wanted = new Set(layers.map((layer) => layer.inputs[0]));
  const sums = new Map<Value, { total: Float64Array; count: number }>();
  observeValues(
    graph,
    samples,
    (value, elements) => {
      if (!wanted.has(value)) return;
      const sum = sums.get(value) ?? { total: new Float64Array(elements.length), count: 0 };
      for (let i = 0; i < elements.length; i++) sum.total[i] = (sum.total[i] ?? 0) + (elements[i] ?? 0);
      sums.set(value, { total: sum.total, count: sum.count + 1 });
    },
    options,
  );
  return new Map(
    [...sums].map(([value, { total, count }]) => [
      value,
      tensor(
        'f32',
        value.type.shape.map((dim) => (typeof dim === 'number' ? dim : 1)),
        Float32Array.from(total, (sum) => sum / count),
      ),
    ]),
  );
}

function correct(graph: Graph, layer: Node, mean: Tensor): void {
  const [weight, bias] = [itemAt(layer.inputs, 1), itemAt(layer.inputs, 2)];
  const shift = channelMeans(layer, mean, weightError(constantOf(weight)));
  const corrected = Float32Array.from(toNumbers(constantOf(bias)), (b, m) => Number(b) - (shift[m] ?? 0));
  const value = graph.addConstant(bias.name, tensor('f32', [corrected.length], corrected));
  graph.replaceInput(layer, bias, value);
  if (bias.users.size === 0 && !graph.isOutput(bias)) graph.removeConstant(bias);
}

/** W' - W. */
function weightError(weight: Tensor): Tensor {
  const rounded = dataOf(roundedWeight(weight), 'f32');
  const exact = toNumbers(weight);
  return tensor(
    'f32',
    weight.shape,
    Float32Array.from(rounded, (w, i) => w - Number(exact[i])),
  );
}

/** Mean over batch and positions of each output channel of the layer, with another weight and neither bias nor activation. */
function channelMeans(layer: Node, x: Tensor, weight: Tensor): Float64Array {
  const { activation, activation_params, ...attrs } = layer.attrs;
  const y = evaluateOne(lookup(layer.op), [x, weight], attrs);
  const [n = 1, m = 1, ...rest] = y.shape;
  const plane = numElements(rest);
  const means = new Float64Array(m);
  toNumbers(y).forEach((v, i) => {
    const channel = Math.floor(i / plane) % m;
    means[channel] = (means[channel] ?? 0) + v / (n * plane);
  });
  return means;
}
