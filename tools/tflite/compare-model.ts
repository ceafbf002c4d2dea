import { type Runtime, runEach, seededSamples, type Tensors } from '@ghostc/conformance';
import { errorBounds } from '@ghostc/interpreter';
import { fromBytes, type Graph, itemAt, numElements, type Tensor, toNumbers, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { readTflite } from '@ghostc/tflite';

export interface ModelComparison {
  readonly elements: number;
  /** Elements that are not equal bit for bit. */
  readonly different: number;
  /** Largest |difference|. */
  readonly maxAbs: number;
  /** Largest |difference| by what is allowed: 0 for integers, for floats the error bounds of both sides together. */
  readonly ofBound: number;
}

export interface ModelCase {
  readonly model: Uint8Array;
  /** TFLite's outputs of seeds 1, 2, ..., base64. */
  readonly expected: string;
  /** How many seeds to run. */
  readonly seeds: number;
}

/** Runs a model with one output on seeded inputs and compares the outputs with TFLite's. */
export async function compareModel(runtime: Runtime, one: ModelCase): Promise<ModelComparison> {
  const graph = readTflite(one.model);
  verify(graph, registry);
  const inputs = seededSamples(graph, one.seeds).map((sample) => sample.inputs);
  const outputs = await runEach(runtime.prepare(graph), inputs);
  const { type } = itemAt(graph.outputs, 0).value;
  const size = numElements(type.shape);
  const expected = fromBytes(type.dtype, Buffer.from(one.expected, 'base64'));
  const parts = outputs.map((set, i) =>
    compareOutput(only(set), expected.slice(i * size, (i + 1) * size), allowed(graph, itemAt(inputs, i))),
  );
  return parts.reduce(joined);
}

function only(outputs: Tensors): Tensor {
  return itemAt([...outputs.values()], 0);
}

/** Both sides compute in float32, each within its bound. Null for integers: nothing is allowed. */
function allowed(graph: Graph, inputs: Tensors): Float64Array | null {
  if (graph.outputs[0]?.value.type.dtype !== 'f32') return null;
  const [bound] = errorBounds(graph, inputs).values();
  if (!bound) throw new Error('there is no error bound for this graph');
  return bound.map((b) => 2 * b);
}

function compareOutput(
  ours: Tensor,
  theirs: ArrayLike<number | bigint>,
  bound: Float64Array | null,
): ModelComparison {
  const [got, want] = [toNumbers(ours), Array.from(theirs, Number)];
  let [different, maxAbs, ofBound] = [0, 0, 0];
  want.forEach((expected, i) => {
    const difference = Math.abs(expected - Number(got[i]));
    if (difference === 0) return;
    different++;
    maxAbs = Math.max(maxAbs, difference);
    ofBound = Math.max(ofBound, bound ? difference / (bound[i] ?? 0) : Number.POSITIVE_INFINITY);
  });
  return { elements: want.length, different, maxAbs, ofBound };
}

function joined(a: ModelComparison, b: ModelComparison): ModelComparison {
  return {
    elements: a.elements + b.elements,
    different: a.different + b.different,
    maxAbs: Math.max(a.maxAbs, b.maxAbs),
    ofBound: Math.max(a.ofBound, b.ofBound),
  };
}
