import { errorBounds, interpret } from '@ghostc/interpreter';
import { fromBytes, type Graph, itemAt, numElements, staticShape, type Tensor, toNumbers } from '@ghostc/ir';
import { readTflite } from '@ghostc/tflite';
import { hybridBound } from './hybrid-bound.ts';
import type { Layer } from './reference.ts';

export interface LayerComparison {
  readonly layer: number;
  /** What the operator became. */
  readonly ops: string;
  /** Largest |difference|. */
  readonly maxAbs: number;
  /** Largest |difference| by what is allowed: the error bounds of both sides together; 0 for what only moves elements. */
  readonly ofBound: number;
}

/**
 * Runs each operator of a float model on its input from TFLite, and compares the result with TFLite's. Over a
 * whole network the derived bound grows with the product of all weights and is useless; over one operator it
 * is tight. Hybrid kernels, which round activations to int8, also have a bound for that rounding.
 */
export function compareLayers(
  layers: readonly Layer[],
  weights: 'float' | 'hybrid' = 'float',
): LayerComparison[] {
  return layers.map(({ model, inputs, outputs }, layer) => {
    const graph = readTflite(model, { file: `operator ${layer}` });
    const tensors = inputsFrom(graph, inputs);
    const [name, ours] = itemAt([...interpret(graph, tensors)], 0);
    const want = toNumbers({ ...ours, data: fromBytes(ours.dtype, outputs) });
    const bound = errorBounds(graph, tensors).get(name);
    const hybrid = weights === 'hybrid' ? hybridBound(graph, tensors) : null;
    const got = toNumbers(ours);
    let [maxAbs, ofBound] = [0, 0];
    for (let i = 0; i < want.length; i++) {
      const difference = Math.abs(Number(want[i]) - Number(got[i]));
      maxAbs = Math.max(maxAbs, difference);
      if (difference > 0)
        ofBound = Math.max(ofBound, difference / (2 * (bound?.[i] ?? 0) + (hybrid?.[i] ?? 0)));
    }
    return { layer, ops: [...graph.nodes()].map(({ op }) => op).join(' '), maxAbs, ofBound };
  });
}

function inputsFrom(graph: Graph, bytes: Uint8Array): Map<string, Tensor> {
  let at = 0;
  return new Map(
    graph.inputs.map(({ name, type }) => {
      const shape = staticShape(type.shape);
      const size = 4 * numElements(shape);
      const data = fromBytes(type.dtype, bytes.slice(at, at + size));
      at += size;
      return [name, { dtype: type.dtype, shape, data }];
    }),
  );
}
