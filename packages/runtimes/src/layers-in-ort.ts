import { emitOnnx } from '@ghostc/backend-onnx';
import { isolateNodes, referenceValues } from '@ghostc/bisect';
import type { Tensors } from '@ghostc/conformance';
import { type Graph, isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { runOrt } from './ort-session.ts';

export interface LayerInOrt {
  readonly op: string;
  /** Name of the layer's output. */
  readonly name: string;
  /** Largest difference; integers in steps. */
  readonly steps: number;
  /** The largest difference that is none: one step, or what float32 makes of sums in another order. */
  readonly allowed: number;
  /** Elements that differ, of how many. */
  readonly different: number;
  readonly elements: number;
}

/** Differences of dequantised numbers below this are float32's own; of layers in float, this part of the largest. */
const FLOAT_NOISE = 1e-5;

/**
 * Every layer of a quantised graph by itself in QDQ ONNX, run by ONNX Runtime on what the interpreter has there, and held
 * against what the interpreter makes of it: no layer sees the differences of those before it.
 */
export async function layersInOrt(graph: Graph, inputs: readonly Tensors[]): Promise<LayerInOrt[]> {
  const nodes = [...graph.nodes()];
  const runs = inputs.map((one) => referenceValues({ graph, inputs: one }));
  const samples = runs.map((values) => isolateNodes(nodes, values));
  const [first] = samples;
  if (!first) return [];
  const results = await runOrt(
    emitOnnx(first.graph),
    samples.map((sample) => sample.inputs),
  );
  return nodes.map(({ op, output }, n) => {
    const differences = results.flatMap((result, k) =>
      differencesOf(runs[k]?.get(output), result.get(`${n}_0`)),
    );
    return {
      op,
      name: output.name,
      steps: largest(differences),
      allowed: isFloat(output.type.dtype)
        ? FLOAT_NOISE * Math.max(1, ...runs.map((run) => sizeOf(run.get(output))))
        : 1,
      different: differences.filter((step) => !(step <= FLOAT_NOISE)).length,
      elements: differences.length,
    };
  });
}

const largest = (sizes: readonly number[]): number => sizes.reduce((a, b) => Math.max(a, b), 0);

const sizeOf = (tensor: Tensor | undefined): number =>
  tensor ? largest(Array.from(toNumbers(tensor), Math.abs)) : 0;

function differencesOf(ours: Tensor | undefined, theirs: Tensor | undefined): number[] {
  return Array.from((ours?.data ?? []) as Int8Array, (v, i) => Math.abs(Number(v) - Number(theirs?.data[i])));
}
