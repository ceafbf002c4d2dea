import { emitOnnx } from '@ghostc/backend-onnx';
import { isolateNodes, referenceValues } from '@ghostc/bisect';
import { difference, largestMagnitude, type Tensors } from '@ghostc/conformance';
import { type Graph, isFloat, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { runOrt } from './ort-session.ts';

/** One result of a layer. */
export interface LayerInOrt {
  readonly op: string;
  /** Name of the result. */
  readonly name: string;
  /** Largest difference; integers in steps. */
  readonly steps: number;
  /** The largest difference that does not count: a step of a quantised result, float32's noise of a float, 0 of other integers. */
  readonly allowed: number;
  /** Elements that differ, by more than noise where they are floats, of how many. */
  readonly different: number;
  readonly elements: number;
}

/** Differences of floats below this part of the largest, or of 1, are float32's own. */
const FLOAT_NOISE = 1e-5;

/**
 * Every layer of a quantised graph separately as QDQ ONNX, run by ONNX Runtime on the interpreter's inputs,
 * and compared with the interpreter's output: no layer sees the differences of those before it.
 */
export async function layersInOrt(graph: Graph, inputs: readonly Tensors[]): Promise<LayerInOrt[]> {
  const nodes = [...graph.nodes()];
  const runs = inputs.map((one) => referenceValues({ graph, inputs: one }));
  const samples = runs.map((values) => isolateNodes(graph, values));
  const [first] = samples;
  if (!first) return [];
  const results = await runOrt(
    emitOnnx(first.graph),
    samples.map((sample) => sample.inputs),
  );
  return nodes.flatMap(({ op, outputs }, n) =>
    outputs.map((output, i) => ({
      op,
      ...compareResult(
        output,
        runs.map((run, k) => ({ ours: run.get(output), theirs: results[k]?.get(`${n}_${i}`) })),
      ),
    })),
  );
}

interface Twice {
  readonly ours: Tensor | undefined;
  readonly theirs: Tensor | undefined;
}

function compareResult({ name, type }: Value, runs: readonly Twice[]): Omit<LayerInOrt, 'op'> {
  const differences = runs.flatMap(differencesOf);
  const noise = isFloat(type.dtype)
    ? FLOAT_NOISE * Math.max(1, ...runs.map(({ ours }) => largestMagnitude(numbersOf(ours))))
    : 0;
  return {
    name,
    steps: differences.reduce((a, b) => Math.max(a, b), 0),
    allowed: type.quant ? 1 : noise,
    different: differences.filter((size) => size > noise).length,
    elements: differences.length,
  };
}

const numbersOf = (tensor: Tensor | undefined): ArrayLike<number> => (tensor ? toNumbers(tensor) : []);

/** Element by element; an element that the other does not have is infinitely far. */
function differencesOf({ ours, theirs }: Twice): number[] {
  const other = numbersOf(theirs);
  return Array.from(numbersOf(ours), (v, i) => difference(v, other[i] ?? Number.NaN));
}
