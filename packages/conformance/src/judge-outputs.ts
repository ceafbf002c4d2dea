import { type BoundedOutput, boundedRun, type NoisyOutput, roundingNoise } from '@ghostc/interpreter';
import type { Graph, Shape, Tensor } from '@ghostc/ir';
import { bindDimensions, dimensionsFrom, graphMacs } from '@ghostc/ops';
import { type Comparison, compareTensors, type Tolerance } from './compare.ts';
import { derivedTolerance } from './compare-derived.ts';
import type { Tensors } from './runtime.ts';
import { allclose, cannotTell, statisticalTolerance } from './statistical-tolerance.ts';
import type { DataSet, Verification } from './verification.ts';

/** A comparison of one output of one data set. */
export interface Judged extends Comparison {
  /** The data set and the output. */
  readonly subject: string;
  /** Why the outputs cannot be judged. */
  readonly unclear?: string;
  /** What passed only under a wider limit, and which. */
  readonly remark?: string;
}

/** Holds every output of a data set against what is expected. */
export function judgeOutputs(set: DataSet, actual: Tensors, task: Verification): Judged[] {
  return [...set.outputs].map(([name, expected]) => ({
    ...judge({ set, name, expected, task }, actual.get(name)),
    subject: `${set.name}, output ${name}`,
  }));
}

interface Question {
  readonly set: DataSet;
  readonly name: string;
  readonly expected: Tensor;
  readonly task: Verification;
}

type Verdict = Omit<Judged, 'subject'>;

function judge(question: Question, actual: Tensor | undefined): Verdict {
  const { expected, task } = question;
  if (task.allclose) return compareTensors(expected, actual, allclose(expected, ...task.allclose));
  if (task.derived === 'statistical') return judgeByNoise(question, actual);
  const bound = task.derived && hardTolerance(question);
  return compareTensors(expected, actual, bound ?? task.tolerance);
}

/** By random rounding; what that does not explain may still be within the bound, which is wider and takes long. */
function judgeByNoise(question: Question, actual: Tensor | undefined): Verdict {
  const { expected, set, name, task } = question;
  const noise = noisyRuns(task.rounded ?? task.model, set).get(name);
  const tolerance = noise ? statisticalTolerance(noise) : task.tolerance;
  const first = compareTensors(expected, actual, tolerance);
  const unclear = first.pass && cannotTell(expected, tolerance);
  if (unclear) return { ...first, unclear };
  if (first.pass || first.maxAbs === Infinity) return first;
  return (
    withinData(question, { actual, first, tolerance }) ?? withinBound(question, { actual, first }) ?? first
  );
}

interface Failed {
  readonly actual: Tensor | undefined;
  readonly first: Comparison;
  readonly tolerance: Tolerance;
}

/** The data are noisy themselves: the original model misses them by so much. */
function withinData(
  { expected, set, name, task }: Question,
  { actual, tolerance }: Failed,
): Verdict | undefined {
  const noise = task.dataNoise?.(set, name);
  if (!noise) return undefined;
  const bound = Float64Array.from(tolerance.bound ?? [], (b) => b + 2 * noise);
  const found = compareTensors(expected, actual, { ...tolerance, bound, rms: Infinity, usual: bound });
  return { ...found, remark: `within the noise of the data, ${noise.toExponential(1)}` };
}

/** Beyond this many times what random rounding explains, no order of summation does. */
const MOST_BY_ORDER = 64;

function withinBound(question: Question, { actual, first }: Omit<Failed, 'tolerance'>): Verdict | undefined {
  if (first.ratio > MOST_BY_ORDER) return undefined;
  const bound = hardTolerance(question);
  const found = bound && compareTensors(question.expected, actual, bound);
  if (!found?.pass) return undefined;
  const times = first.ratio.toPrecision(2);
  return { ...found, remark: `suspicious: ${times} times what random rounding explains, within the bound` };
}

function hardTolerance({ expected, set, name, task }: Question): Tolerance | undefined {
  return derivedTolerance(expected, boundsOf(task.model, set).get(name));
}

/** What is the same for every runtime, and takes longer than most runtimes do. */
function cached<T>(make: (model: Graph, set: DataSet) => T): (model: Graph, set: DataSet) => T {
  const known = new WeakMap<Graph, WeakMap<DataSet, T>>();
  return (model, set) => {
    const ofModel = known.get(model) ?? new WeakMap<DataSet, T>();
    known.set(model, ofModel);
    const found = ofModel.get(set) ?? make(model, set);
    ofModel.set(set, found);
    return found;
  };
}

const boundsOf: (model: Graph, set: DataSet) => ReadonlyMap<string, BoundedOutput> = cached((model, set) =>
  boundedRun(model, set.inputs),
);

/** Noisy runs of small models and large ones: multiply-accumulates of all together. */
const MOST_WORK = 1e9;

const noisyRuns = cached((model, set): ReadonlyMap<string, NoisyOutput> => {
  const shapes = new Map<string, Shape>([...set.inputs].map(([name, { shape }]) => [name, shape]));
  const graph = bindDimensions(model, dimensionsFrom(model, shapes));
  const runs = Math.min(8, Math.max(2, Math.floor(MOST_WORK / (graphMacs(graph) + 1))));
  return roundingNoise(graph, set.inputs, { runs });
});
