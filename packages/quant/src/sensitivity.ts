import { entryOf, type Graph, itemAt, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { defaultRounding, evaluateFrom } from '@ghostc/ops';
import { observeTensors, type Sample } from './calibrate.ts';
import { GraphQuantizer } from './graph-quantizer.ts';
import { integerRuleOf } from './integer-rule-of.ts';
import type { Precision, QuantPlan } from './quant-plan.ts';
import { carriesScale } from './scale-groups.ts';
import { SignalToNoise } from './signal-to-noise.ts';

/** The effect of quantising only one layer on the outputs of the network. */
export interface LayerSensitivity {
  readonly node: Node;
  /** Name of the layer in the source model. */
  readonly layer: string;
  readonly op: string;
  /**
   * Of the network's outputs with this layer in int8 and everything else in float; infinite if nothing
   * changes.
   */
  readonly sqnr: number;
}

/** Float values of each sample, kept so that a layer's error only costs the layers after it. */
export type FloatRuns = readonly ReadonlyMap<Value, Tensor>[];

export function runFloat(graph: Graph, samples: readonly Sample[]): FloatRuns {
  return samples.map((sample) => observeTensors(graph, sample));
}

/** Layers with their own integer form; ops that move elements change nothing. */
export function quantizableLayers(graph: Graph): Node[] {
  return [...graph.nodes()].filter((node) => integerRuleOf(node.op) && !carriesScale(node));
}

/** The sensitivity of every layer, the most sensitive first. */
export function measureSensitivity(
  graph: Graph,
  {
    plan,
    runs,
    onLayer,
  }: { plan: QuantPlan; runs: FloatRuns; onLayer?: ((done: number) => void) | undefined },
): LayerSensitivity[] {
  const layers = quantizableLayers(graph).map((node, i) => {
    const precisionOf = (other: Node): Precision => (other === node ? 'int8' : 'float');
    const sqnr = planSqnr(graph, { ...plan, precisionOf }, runs);
    onLayer?.(i + 1);
    return { node, layer: node.origin[0] ?? node.output.name, op: node.op, sqnr };
  });
  return layers.sort((a, b) => a.sqnr - b.sqnr);
}

/**
 * Signal-to-noise ratio of the network's outputs under a plan. Values not affected by integers are reused
 * from the float runs.
 */
export function planSqnr(graph: Graph, plan: QuantPlan, runs: FloatRuns): number {
  const quantizer = new GraphQuantizer(graph, plan, { io: 'float', rounding: defaultRounding });
  const rewritten = quantizer.run();
  const exact = exactValues(graph, plan);
  const total = new SignalToNoise();
  for (const run of runs) {
    const known = new Map<Value, Tensor>();
    for (const value of exact) {
      const [converted, tensor] = [quantizer.existing(value, 'f32'), run.get(value)];
      if (converted && tensor) known.set(converted, tensor);
    }
    const tensors = evaluateFrom(rewritten, known);
    graph.outputs.forEach(({ value }, i) => {
      const got = entryOf(tensors, itemAt(rewritten.outputs, i).value);
      total.add(toNumbers(entryOf(run, value)), toNumbers(got));
    });
  }
  return total.decibels;
}

/** Values before any integer layer. */
function exactValues(graph: Graph, { precisionOf }: QuantPlan): Set<Value> {
  const exact = new Set<Value>(graph.inputs);
  for (const node of graph.nodes()) {
    const float = precisionOf(node) === 'float' || !integerRuleOf(node.op);
    if (float && node.inputs.every((input) => !input || input.constant || exact.has(input)))
      for (const output of node.outputs) exact.add(output);
  }
  return exact;
}
