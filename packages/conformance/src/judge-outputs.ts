import type { NoisyOutput } from '@ghostc/interpreter';
import { itemAt, type Tensor } from '@ghostc/ir';
import { type Comparison, compareTensors, type Tolerance } from './compare.ts';
import { derivedTolerance } from './compare-derived.ts';
import { boundsOf, noiseOf, type Runs } from './rounding-tiers.ts';
import type { Tensors } from './runtime.ts';
import { allclose, cannotTell, statisticalTolerance } from './statistical-tolerance.ts';
import type { DataSet, Verification } from './verification.ts';

/** A comparison of one output of one data set. */
export interface Judged extends Comparison {
  /** The data set and the output. */
  readonly subject: string;
  /** Why the outputs cannot be judged. */
  readonly unclear?: string;
  /** What passed only under a wider limit, and under which. */
  readonly remark?: string;
  /** What was allowed, element by element. */
  readonly bound?: ArrayLike<number> | undefined;
}

/** Compares every output of a data set with the expected one. */
export function judgeOutputs(set: DataSet, actual: Tensors, task: Verification): Judged[] {
  return [...set.outputs].map(([name, expected]) => ({
    ...judge({ set, name, expected, task }, actual.get(name)),
    subject: `${set.name}, output ${name}`,
  }));
}

/** One output of one data set. */
export interface Question {
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
  return compareTensors(expected, actual, toleranceOf(question));
}

/** How far one output of a data set may be off: by the worst-case bound, or as the task specifies. */
export function toleranceOf(question: Question): Tolerance {
  const bound = question.task.derived && hardTolerance(question);
  return bound || question.task.tolerance;
}

/** How far random rounding moves an output; undefined if it gives no limit. */
export function roundingOf({ set, name, task }: Question): Tolerance | undefined {
  const noise = noiseOf({ model: task.model, inputs: set.inputs }, 'many').get(name);
  return noise && statisticalTolerance(noise);
}

/** First by random rounding of a few runs; then by more runs, by noisy data, or by the bound. */
function judgeByNoise(question: Question, actual: Tensor | undefined): Verdict {
  const first = judgeByRuns(question, actual, 'few');
  if (first.pass || first.maxAbs === Infinity) return first;
  // a mask among the inputs may have silenced the data set that the noise is from
  if (question.task.alike && question.set !== question.task.dataSets[0])
    return judgeByNoise({ ...question, task: { ...question.task, alike: false } }, actual);
  const far = first.ratio > MOST_BY_ORDER;
  const second = far ? first : judgeByRuns(question, actual, 'many');
  if (second.pass) return second;
  const hopeless = far && noiseFor(question, 'few')?.discontinuous === false;
  return (
    (hopeless ? undefined : nearExact(question, actual)) ??
    withinData(question, actual) ??
    withinBound(question, { actual, ratio: second.ratio }) ??
    second
  );
}

function judgeByRuns(question: Question, actual: Tensor | undefined, runs: Runs): Verdict {
  const { expected } = question;
  const tolerance = noiseTolerance(question, runs);
  const found = { ...compareTensors(expected, actual, tolerance), bound: tolerance.bound };
  const unclear = found.pass && cannotTell(expected, tolerance, question.task.arithmetic);
  return unclear ? { ...found, unclear } : found;
}

function noiseTolerance(question: Question, runs: Runs): Tolerance {
  const noise = noiseFor(question, runs);
  return noise ? statisticalTolerance(noise) : question.task.tolerance;
}

function noiseFor({ set, name, task }: Question, runs: Runs): NoisyOutput | undefined {
  const known = runs === 'few' && task.noiseKnown?.(name);
  if (known) return known;
  const { rounded, model, arithmetic, noiseStore: store } = task;
  const { inputs } = (task.alike && runs === 'few' && task.dataSets[0]) || set;
  return noiseOf({ model: rounded ?? model, inputs, arithmetic, store }, runs).get(name);
}

/**
 * The expected output has rounding too: two correct engines may be on opposite sides of the exact result.
 * Near misses are judged with more runs, since a few runs underestimate the spread of some of thousands of
 * elements.
 */
function nearExact(question: Question, actual: Tensor | undefined, runs: Runs = 'many'): Verdict | undefined {
  const noise = noiseFor(question, runs);
  if (!noise || noise.step > 0) return undefined;
  const tolerance = statisticalTolerance(noise);
  const exact = { ...noise.value, dtype: question.expected.dtype };
  const both = [question.expected, actual].map((one) => compareTensors(exact, one, tolerance));
  const found = both.find(({ pass }) => !pass) ?? itemAt(both, 1);
  if (found.pass) return { ...found, bound: tolerance.bound, remark: 'compared with the exact result' };
  return runs === 'many' && found.ratio <= NEAR_MISS ? nearExact(question, actual, 'most') : undefined;
}

/** Multiple of the allowed error. */
const NEAR_MISS = 2;

/** The data are noisy: the original model misses them by this much. */
function withinData(question: Question, actual: Tensor | undefined): Verdict | undefined {
  const { expected, set, name, task } = question;
  const noise = task.dataNoise?.(set, name);
  if (!noise) return undefined;
  const tolerance = noiseTolerance(question, 'few');
  const bound = Float64Array.from(tolerance.bound ?? [], (b) => b + 2 * noise);
  const found = compareTensors(expected, actual, { ...tolerance, bound, rms: Infinity, usual: bound });
  return { ...found, bound, remark: `within the noise of the data, ${noise.toExponential(1)}` };
}

/** Beyond this multiple of what random rounding explains, no order of summation is an explanation. */
const MOST_BY_ORDER = 64;

function withinBound(
  question: Question,
  { actual, ratio }: { actual: Tensor | undefined; ratio: number },
): Verdict | undefined {
  if (ratio > MOST_BY_ORDER) return undefined;
  const tolerance = hardTolerance(question);
  const found = tolerance && compareTensors(question.expected, actual, tolerance);
  if (!found?.pass) return undefined;
  const times = ratio.toPrecision(2);
  const remark = `suspicious: ${times} times what random rounding explains, within the bound`;
  return { ...found, bound: tolerance?.bound, remark };
}

function hardTolerance({ expected, set, name, task }: Question): Tolerance | undefined {
  return derivedTolerance(expected, boundsOf({ model: task.model, inputs: set.inputs })?.get(name));
}
