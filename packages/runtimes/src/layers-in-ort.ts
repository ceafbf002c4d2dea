import { emitOnnx } from '@ghostc/backend-onnx';
import type { Tensors } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { Graph, isFloat, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
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
 * Every layer of a quantised graph as a QDQ model of its own, run by ONNX Runtime on what the interpreter has there, and
 * held against what the interpreter makes of it: no layer sees the differences of those before it.
 */
export async function layersInOrt(graph: Graph, inputs: readonly Tensors[]): Promise<LayerInOrt[]> {
  const runs = inputs.map((one) => allValues(graph, one));
  const layers: LayerInOrt[] = [];
  for (const node of graph.nodes()) layers.push(await compareLayer(node, runs));
  return layers;
}

function allValues(graph: Graph, inputs: Tensors): Map<Value, Tensor> {
  const values = new Map<Value, Tensor>();
  for (const input of graph.inputs) values.set(input, inputs.get(input.name) as Tensor);
  interpret(graph, inputs, { observe: (value, tensor) => values.set(value, tensor) });
  return values;
}

async function compareLayer(node: Node, runs: readonly ReadonlyMap<Value, Tensor>[]): Promise<LayerInOrt> {
  const { graph, inputs } = layerGraph(node);
  const sets = runs.map((run) => new Map(inputs.map(([name, value]) => [name, run.get(value) as Tensor])));
  const results = await runOrt(emitOnnx(graph), sets);
  const differences = results.flatMap((result, k) => {
    const theirs = [...result.values()][0]?.data;
    const ours = runs[k]?.get(node.output)?.data ?? [];
    return Array.from(ours as Int8Array, (v, i) => Math.abs(Number(v) - Number(theirs?.[i])));
  });
  return {
    op: node.op,
    name: node.output.name,
    steps: differences.reduce((a, b) => Math.max(a, b), 0),
    allowed: isFloat(node.output.type.dtype) ? FLOAT_NOISE * Math.max(1, largestOf(runs, node.output)) : 1,
    different: differences.filter((step) => !(step <= FLOAT_NOISE)).length,
    elements: differences.length,
  };
}

function largestOf(runs: readonly ReadonlyMap<Value, Tensor>[], value: Value): number {
  const sizes = runs.map((run) => toNumbers(run.get(value) as Tensor));
  return Math.max(...sizes.map((all) => Array.from(all).reduce((a, b) => Math.max(a, Math.abs(b)), 0)));
}

function layerGraph(node: Node): { graph: Graph; inputs: [string, Value][] } {
  const graph = new Graph('layer');
  const twins = new Map<Value, Value>();
  const inputs: [string, Value][] = [];
  for (const value of new Set(node.inputs)) {
    if (!value) continue;
    const twin = value.constant
      ? graph.addConstant(value.name, value.constant)
      : graph.addInput(value.name, value.type);
    twins.set(value, twin);
    if (!value.constant) inputs.push([twin.name, value]);
  }
  const twin = graph.add({
    op: node.op,
    inputs: node.inputs.map((value) => (value ? (twins.get(value) ?? null) : null)),
    types: [node.output.type],
    attrs: node.attrs,
    names: ['y'],
  });
  graph.addOutput('out', twin.output);
  return { graph, inputs };
}
