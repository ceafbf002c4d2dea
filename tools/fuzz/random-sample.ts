import type { Sample } from '@ghostc/bisect';
import { lowerForKernels, optimize } from '@ghostc/compiler';
import { compareTensors, seededInputs, seededSamples, type Tensors } from '@ghostc/conformance';
import { errorBounds, interpret } from '@ghostc/interpreter';
import { attempt, entryOf, type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import { bindDimensions, dimensionsFrom } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { randomGraph, withSymbols } from '@ghostc/validation';
import fc from 'fast-check';

export type Kind = 'float' | 'dynamic' | 'int8';

/** A random graph with inputs on which all runtimes must agree, and the expected outputs. */
export interface RandomSample extends Sample {
  readonly kind: Kind;
  /** The model as a runtime with dynamic shapes gets it; `graph` has its sizes bound. */
  readonly model: Graph;
  readonly expected: Tensors;
  /** What rounding explains, element by element. */
  readonly allowed: ReadonlyMap<string, Float64Array>;
}

/** Inputs are drawn again when a result is no number, or its bound would pass noise; so often at most. */
const DRAWS = 6;

/** Axes that become symbols in a dynamic graph. */
const symbolic = [[0], [2], [3], [2, 3], [0, 2, 3]];

/** Sample `number` of a run; null when no draw gives numbers with a narrow bound. A tenth is int8, a fifth has dynamic shapes. */
export function randomSample(number: number, runSeed: number): RandomSample | null {
  const seed = runSeed * 1_000_003 + number;
  const [drawn] = fc.sample(randomGraph(), { numRuns: 1, seed });
  const kinds: readonly Kind[] = ['int8', 'dynamic', 'float', 'dynamic'];
  const chosen = variant(drawn as Graph, kinds[number % 10] ?? 'float', number);
  const { graph } = chosen;
  for (let draw = 0; draw < DRAWS; draw++) {
    const inputs = seededInputs(graph, seed + draw * 7919);
    const expected = interpret(graph, inputs);
    if (![...expected.values()].every((tensor) => toNumbers(tensor).every(Number.isFinite))) continue;
    const allowed = bothBounds(graph, inputs);
    if (!allowed) continue;
    const sample: RandomSample = { ...chosen, inputs, expected, allowed };
    if (worstProblem(sample, expected) === null) return sample;
  }
  return null;
}

/** The bounds of both sides together; null where none can be derived. */
function bothBounds(graph: Graph, inputs: Tensors): Map<string, Float64Array> | null {
  const bounds = [...errorBounds(graph, inputs)];
  if (bounds.some(([, bound]) => bound === null)) return null;
  return new Map(bounds.map(([name, bound]) => [name, (bound as Float64Array).map((e) => 2 * e)]));
}

/** What is wrong with the outputs of a runtime; null when they are right. */
export function worstProblem({ expected, allowed }: RandomSample, outputs: Tensors): string | null {
  for (const [name, tensor] of expected) {
    const bound = entryOf(allowed, name);
    const tolerance = { relative: 0, absolute: 0, bound, reason: 'derived' };
    const { pass, problem } = compareTensors(tensor, outputs.get(name), tolerance);
    if (!pass) return `${name}: ${problem}`;
  }
  return null;
}

type Variant = Pick<RandomSample, 'graph' | 'model' | 'kind'>;

/** The graph as a float graph where it has no such variant. */
function variant(graph: Graph, kind: Kind, number: number): Variant {
  const made = kind === 'int8' ? quantized(graph) : kind === 'dynamic' && dynamic(graph, number);
  return made || { kind: 'float', graph, model: graph };
}

function dynamic(graph: Graph, number: number): Variant | null {
  const model = withSymbols(graph, symbolic[number % symbolic.length] ?? [0], String(number));
  if (!model) return null;
  const shapes = new Map(graph.inputs.map(({ name, type }) => [name, type.shape]));
  return { kind: 'dynamic', graph: bindDimensions(model, dimensionsFrom(model, shapes)), model };
}

/** With integers at its boundary; null where nothing can be learnt from its values. */
function quantized(source: Graph): Variant | null {
  const lowered = lowerForKernels(optimize(source));
  const graph = attempt(() => quantize(lowered, seededSamples(lowered, 2), { io: 'int8' }).graph);
  return graph && { kind: 'int8', graph, model: graph };
}

/** Outputs of one member of a joined model: `g3_y` is `y` of member 3. */
export function ownOutputs({ expected }: RandomSample, prefix: string, all: Tensors): Map<string, Tensor> {
  return new Map(
    [...expected.keys()].flatMap((name) => {
      const tensor = all.get(prefix + name);
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}
