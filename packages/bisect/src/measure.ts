import { difference, largestMagnitude, type Runtime, runEach, type Tensors } from '@ghostc/conformance';
import { errorBounds } from '@ghostc/interpreter';
import { type Tensor, toNumbers } from '@ghostc/ir';
import type { Sample } from './isolate.ts';

/** How far one output is apart in two runtimes. */
export interface Distance {
  /** Largest |a - b|; Infinity where NaN, infinities or shapes disagree. */
  readonly error: number;
  /** What rounding explains at the worst element: the derived bounds of both runtimes together. */
  readonly allowed: number;
  /** error over allowed at the worst element: over 1 is a difference. */
  readonly ratio: number;
  /** Flat index of the worst element. */
  readonly index: number;
}

/** Two runtimes that should compute the same. */
export interface Pair {
  readonly a: Runtime;
  readonly b: Runtime;
  /**
   * Steps that a quantised result may be off where both get the same inputs, for engines that round otherwise (ONNX Runtime:
   * 1). Such steps travel, so outputs of a whole model are not judged then. Default 0.
   */
  readonly steps?: number;
}

export interface Outcome {
  readonly distances: ReadonlyMap<string, Distance>;
  /** What is no difference, element by element of each output: `allowances` with the steps of the pair. */
  readonly allowed: ReadonlyMap<string, Float64Array>;
  readonly a: Tensors;
  readonly b: Tensors;
}

/** Where no bound can be derived, this much of the largest element. */
const FALLBACK = 1e-4;

/** Runs a model in both runtimes; distances by output. */
export async function runPair({ a, b, steps = 0 }: Pair, sample: Sample): Promise<Outcome> {
  const [first, second] = [await runOnce(a, sample), await runOnce(b, sample)];
  const allowed = allowances(sample, first, steps);
  const distances = distancesWithin(allowed, { sample, a: first, b: second });
  return { distances, allowed, a: first, b: second };
}

/** Distances by output between two results for a model with fixed shapes, in units of what rounding explains. */
export function measureOutputs(sample: Sample, a: Tensors, b: Tensors): Map<string, Distance> {
  return distancesWithin(allowances(sample, a), { sample, a, b });
}

function distancesWithin(
  allowed: ReadonlyMap<string, Float64Array>,
  { sample, a, b }: { sample: Sample; a: Tensors; b: Tensors },
): Map<string, Distance> {
  return new Map(
    sample.graph.outputs.map(({ name }) => [name, distance(a.get(name), b.get(name), allowed.get(name))]),
  );
}

/**
 * What rounding explains of |a - b|, element by element of each output: the derived bounds of both runtimes together, and the
 * steps of a pair for quantised ones.
 */
export function allowances(sample: Sample, a: Tensors, steps = 0): Map<string, Float64Array> {
  const bounds = errorBounds(sample.graph, sample.inputs);
  const quantized = new Set(
    sample.graph.outputs.filter(({ value }) => value.type.quant).map(({ name }) => name),
  );
  const of = (name: string, tensor: Tensor): Float64Array =>
    bounds.get(name)?.map((bound) => 2 * bound + (quantized.has(name) ? steps : 0)) ??
    new Float64Array(tensor.data.length).fill(FALLBACK * largestMagnitude(toNumbers(tensor)));
  return new Map([...a].map(([name, tensor]) => [name, of(name, tensor)]));
}

/** The output that is furthest apart, in units of what rounding explains. */
export function worst({ distances }: Outcome): Distance {
  const none: Distance = { error: 0, allowed: 0, ratio: 0, index: -1 };
  return [...distances.values()].reduce((most, one) => (one.ratio > most.ratio ? one : most), none);
}

async function runOnce(runtime: Runtime, { graph, inputs }: Sample): Promise<Tensors> {
  const [outputs] = await runEach(runtime.prepare(graph), [inputs]);
  return outputs as Tensors;
}

function distance(a?: Tensor, b?: Tensor, bounds?: Float64Array): Distance {
  const apart: Distance = { error: Infinity, allowed: 0, ratio: Infinity, index: 0 };
  if (!a || !b || a.data.length !== b.data.length) return apart;
  const [first, second] = [toNumbers(a), toNumbers(b)];
  let found: Distance = { error: 0, allowed: 0, ratio: 0, index: -1 };
  for (let index = 0; index < first.length; index++) {
    const error = difference(Number(first[index]), Number(second[index]));
    if (error === 0) continue;
    const allowed = bounds?.[index] ?? 0;
    const ratio = error / Math.max(allowed, Number.MIN_VALUE);
    if (ratio > found.ratio) found = { error, allowed, ratio, index };
  }
  return found;
}
