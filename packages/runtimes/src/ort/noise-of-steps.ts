import type { Tensors } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { fromNumbers, type Graph, mulberry32, type Tensor, toNumbers } from '@ghostc/ir';
import { integerRange } from '@ghostc/ops';
import type { LayerInOrt } from './layers-in-ort.ts';

/** A run of the model in which as many elements of each layer are a step off as in ONNX Runtime, at random places. */
export function runWithSteps(
  graph: Graph,
  inputs: Tensors,
  { layers, seed }: { readonly layers: readonly LayerInOrt[]; readonly seed: number },
): Tensors {
  const random = mulberry32(seed);
  const shares = new Map(layers.map(({ name, different, elements }) => [name, different / elements]));
  return interpret(graph, inputs, {
    known: {
      of: ({ outputs }, _inputs, compute) =>
        compute().map((tensor, i) => withSteps(tensor, shares.get(outputs[i]?.name ?? '') ?? 0, random)),
    },
  });
}

function withSteps(tensor: Tensor, share: number, random: () => number): Tensor {
  if (!tensor.quant || share === 0) return tensor;
  const [least, most] = integerRange(tensor.dtype);
  const moved = Float64Array.from(toNumbers(tensor), (value) => {
    if (random() >= share) return value;
    const step = random() < 0.5 ? 1 : -1;
    return Math.min(most, Math.max(least, value + step));
  });
  return { ...fromNumbers(tensor.dtype, tensor.shape, moved), quant: tensor.quant };
}
