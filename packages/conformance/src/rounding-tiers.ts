import {
  type Arithmetic,
  type BoundedOutput,
  boundedRun,
  type NoisyOutput,
  roundingNoise,
} from '@ghostc/interpreter';
import {
  type Graph,
  isFloat,
  isStatic,
  type Node,
  numElements,
  type Shape,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import { bindDimensions, dimensionsFrom, graphMacs, lookup } from '@ghostc/ops';
import type { Tensors } from './runtime.ts';

/** A model with inputs, for which rounding is derived. Cached as long as the inputs exist. */
export interface Rounded {
  readonly model: Graph;
  readonly inputs: Tensors;
  readonly arithmetic?: Arithmetic | undefined;
  readonly store?: NoiseStore | undefined;
}

type Noise = ReadonlyMap<string, NoisyOutput>;

/** The key of a noise result: `kind` names the arithmetic and the number of runs. */
export type NoiseQuestion = Pick<Rounded, 'model' | 'inputs'> & { readonly kind: string };

/** Noise of models and data computed by earlier processes; computes what is missing. */
export type NoiseStore = (question: NoiseQuestion, make: () => Noise) => Noise;

/**
 * Budget of multiply-accumulates of all noisy runs together; a computed element counts as ELEMENT of them.
 * The first tier is always run, the second if the first fails, the third for a near miss.
 */
const WORK = { few: 2e8, many: 1.2e9, most: 6e9 } as const;
/** Many elements together compensate for few runs. */
const MOST = { few: 3, many: 8, most: 32 } as const;
const ELEMENT = 16;
export type Runs = keyof typeof WORK;

/** With this many output elements, one run is enough to know their spread. */
const MANY_ELEMENTS = 256;

/** Outputs with random rounding. A large model is run once or twice, others up to three, eight and 32 times. */
export function noiseOf({ model, inputs, arithmetic = 'f32', store }: Rounded, runs: Runs): Noise {
  const kind = `${arithmetic} ${runs}`;
  const make = () => noiseOfRuns({ model, inputs, arithmetic }, runs);
  const noise = () => (store ? store({ model, inputs, kind }, make) : make());
  return remembered(model, inputs, kind, noise) as Noise;
}

/** Larger results are not kept: they take 16 bytes per element. */
const MOST_KEPT = 2 ** 25;

/** The noise of every value of a model, by name, from two runs of the whole. None if it has too many elements. */
export function noiseOfValues({ model, inputs, arithmetic = 'f32' }: Rounded): Noise {
  return remembered(model, inputs, `${arithmetic} values`, () => {
    const graph = sized(model, inputs);
    const noise = new Map<string, NoisyOutput>();
    if (elementsComputed(graph) > MOST_KEPT) return noise;
    const observe = ({ name }: Value, one: NoisyOutput) => noise.set(name, one);
    roundingNoise(graph, inputs, { runs: 2, arithmetic, observe });
    return noise;
  }) as Noise;
}

function sized(model: Graph, inputs: Tensors): Graph {
  const shapes = new Map<string, Shape>([...inputs].map(([name, { shape }]) => [name, shape]));
  return bindDimensions(model, dimensionsFrom(model, shapes));
}

function noiseOfRuns({ model, inputs, arithmetic }: Rounded, runs: Runs): Noise {
  const graph = sized(model, inputs);
  const least = graph.outputs.every(({ value }) => hasMany(value.type)) ? 1 : 2;
  const work = graphMacs(graph) + ELEMENT * elementsComputed(graph);
  const count = Math.min(MOST[runs], Math.max(least, Math.floor(WORK[runs] / (work + 1))));
  return roundingNoise(graph, inputs, { runs: count, ...(arithmetic && { arithmetic }) });
}

function elementsComputed(graph: Graph): number {
  let count = 0;
  for (const { outputs } of graph.nodes())
    for (const { type } of outputs) if (type.shape.every(isStatic)) count += numElements(type.shape);
  return count;
}

function hasMany({ dtype, shape }: TensorType): boolean {
  return isFloat(dtype) && shape.every(isStatic) && numElements(shape) >= MANY_ELEMENTS;
}

/**
 * With more sums in sequence than this, the worst-case bound is wider than any output and not worth
 * computing.
 */
const MOST_SUMS = 8;

/** Outputs with worst-case bounds; undefined if these are useless. */
export function boundsOf({ model, inputs }: Rounded): ReadonlyMap<string, BoundedOutput> | undefined {
  if (sumsInARow(model) > MOST_SUMS) return undefined;
  return remembered(model, inputs, 'bounds', () => boundedRun(model, inputs)) as ReadonlyMap<
    string,
    BoundedOutput
  >;
}

function sumsInARow(model: Graph): number {
  const depth = new Map<Node, number>();
  let most = 0;
  for (const node of model.nodes()) {
    const before = node.inputs.map((value) => (value?.producer ? (depth.get(value.producer) ?? 0) : 0));
    const own = lookup(node.op).traits.has('reduction') ? 1 : 0;
    depth.set(node, Math.max(0, ...before) + own);
    most = Math.max(most, depth.get(node) ?? 0);
  }
  return most;
}

const known = new WeakMap<Graph, WeakMap<Tensors, Map<string, unknown>>>();

/** Results that are the same for every runtime, and take longer to compute than most runtimes run. */
function remembered(model: Graph, inputs: Tensors, kind: string, make: () => unknown): unknown {
  const ofModel = known.get(model) ?? new WeakMap<Tensors, Map<string, unknown>>();
  known.set(model, ofModel);
  const ofInputs = ofModel.get(inputs) ?? new Map<string, unknown>();
  ofModel.set(inputs, ofInputs);
  if (!ofInputs.has(kind)) ofInputs.set(kind, make());
  return ofInputs.get(kind);
}
