import {
  type Comparison,
  difference,
  type Judged,
  judgeOutputs,
  noiseOfValues,
  type Runtime,
  runEach,
  type Tensors,
  type Verification,
} from '@ghostc/conformance';
import { CompileError, itemAt, messageOf, toNumbers } from '@ghostc/ir';
import { wholeOf } from './cuttable.ts';
import type { Sample } from './isolate.ts';

/** Two runtimes that should compute the same. */
export interface Pair {
  readonly a: Runtime;
  readonly b: Runtime;
  /**
   * Steps by which a quantised result may be off if both have the same inputs, for engines that round
   * differently (ONNX Runtime: 1). Such steps propagate, so outputs of a whole model are then not judged.
   * Default 0.
   */
  readonly steps?: number;
}

/** A crash, a refusal, a time-out: what a runtime does in place of outputs. */
export interface Failure {
  readonly side: 'a' | 'b';
  /** Of a CompileError its code, of others their name: failures of one kind are alike. */
  readonly code: string;
  readonly message: string;
}

export interface Outcome {
  /** `failure`: one of the two fails. `neither`: both do, and there is nothing to compare. */
  readonly kind: 'same' | 'differs' | 'unclear' | 'failure' | 'neither';
  readonly failures: readonly Failure[];
  /** By output; none if a runtime fails. */
  readonly comparisons: ReadonlyMap<string, Comparison>;
  /** What is no difference, element by element of each output. */
  readonly allowed: ReadonlyMap<string, Float64Array>;
  /** Why nothing can be told, or what is suspicious. */
  readonly remarks: readonly string[];
  readonly a: Tensors | undefined;
  readonly b: Tensors | undefined;
}

/** Runs a model in both runtimes, and compares the second's outputs with the first's. Never throws. */
export async function runPair({ a, b, steps = 0 }: Pair, sample: Sample): Promise<Outcome> {
  const first = await runOnce(a, 'a', sample);
  const second = await runOnce(b, 'b', { ...sample, graph: sample.other ?? sample.graph });
  const failures = [first, second].flatMap(({ failure }) => failure ?? []);
  if (first.outputs && second.outputs)
    return compared(sample, { a: first.outputs, b: second.outputs, steps, runtimes: [a, b] });
  const some = first.outputs ?? second.outputs;
  return {
    ...{ kind: failures.length === 1 ? 'failure' : 'neither', failures, comparisons: new Map(), remarks: [] },
    ...{ a: first.outputs, b: second.outputs },
    allowed: some ? allowances(sample, some) : new Map(),
  };
}

interface Compared {
  readonly a: Tensors;
  readonly b: Tensors;
  readonly steps: number;
  readonly runtimes: readonly Runtime[];
}

function compared(sample: Sample, { a, b, steps, runtimes }: Compared): Outcome {
  const arithmetic = coarsest(runtimes);
  const judged = judge(sample, a, b, arithmetic && { arithmetic });
  const results = judged.map((one) => withSteps(one, sample, { a, b, steps }));
  const unclear = results.flatMap(({ unclear, remark }) => unclear ?? remark ?? []);
  const kind = results.some(({ pass }) => !pass)
    ? 'differs'
    : results.some(({ unclear }) => unclear)
      ? 'unclear'
      : 'same';
  return {
    ...{ kind, failures: [], remarks: unclear, a, b },
    comparisons: new Map(results.map((one) => [one.name, one])),
    allowed: new Map(results.map(({ name, bound }) => [name, Float64Array.from(bound ?? [])])),
  };
}

const byCoarseness = ['bf16', 'f16', 'tf32'] as const;

/** What the less exact of two runtimes computes float32 in. */
function coarsest(runtimes: readonly Runtime[]): Runtime['arithmetic'] {
  return byCoarseness.find((one) => runtimes.some(({ arithmetic }) => arithmetic === one));
}

type NamedJudgement = Judged & { readonly name: string };

function judge(
  { graph, inputs }: Sample,
  a: Tensors,
  b: Tensors,
  more: Partial<Verification> = {},
): NamedJudgement[] {
  const set = { name: 'inputs', inputs, outputs: a };
  const tolerance = { relative: 1e-4, absolute: 0, reason: 'nothing is known of the rounding' };
  const whole = wholeOf(graph);
  const rounded = {
    model: whole?.graph ?? graph,
    inputs: whole?.inputs ?? inputs,
    arithmetic: more.arithmetic,
  };
  const noiseKnown = whole && ((name: string) => noiseOfValues(rounded).get(name));
  const task: Verification = {
    ...{ model: graph, dataSets: [set], tolerance, derived: 'statistical', ...more },
    ...(noiseKnown && { noiseKnown }),
  };
  const names = [...a.keys()];
  return judgeOutputs(set, b, task).map((one, i) => ({ ...one, name: itemAt(names, i) }));
}

/** A quantised result may be as many steps off. */
function withSteps(
  judged: NamedJudgement,
  { graph }: Sample,
  { a, b, steps }: Pick<Compared, 'a' | 'b' | 'steps'>,
): NamedJudgement {
  const output = graph.outputs.find(({ name }) => name === judged.name);
  const [want, got] = [a.get(judged.name), b.get(judged.name)];
  if (!steps || !output?.value.type.quant || !want || want.data.length !== got?.data.length) return judged;
  const [x, y] = [toNumbers(want), toNumbers(got)];
  let maxAbs = 0;
  for (let i = 0; i < x.length; i++) maxAbs = Math.max(maxAbs, difference(Number(x[i]), Number(y[i])));
  const bound = new Float64Array(x.length).fill(steps);
  return { ...judged, pass: maxAbs <= steps, maxAbs, allowed: steps, ratio: maxAbs / steps, bound };
}

/** What rounding explains of |a - b|, element by element of each output. */
export function allowances(sample: Sample, a: Tensors): Map<string, Float64Array> {
  return new Map(judge(sample, a, a).map(({ name, bound }) => [name, Float64Array.from(bound ?? [])]));
}

/** The output that is furthest apart, in units of what rounding explains; undefined if all are equal. */
export function worst({ comparisons }: Outcome): Comparison | undefined {
  const differing = [...comparisons.values()].filter(({ ratio }) => ratio > 0);
  return differing.sort((a, b) => b.ratio - a.ratio)[0];
}

/** Whether the runtimes disagree: in numbers, or in that one fails. */
export function disagree({ kind }: Outcome): boolean {
  return kind === 'differs' || kind === 'failure';
}

/** Whether the runtimes disagree in the same way: a model that is refused is no reproduction of one that crashes. */
export function alike(one: Outcome, other: Outcome): boolean {
  const key = ({ side, code }: Failure): string => `${side} ${code}`;
  return one.kind === other.kind && one.failures.map(key).join() === other.failures.map(key).join();
}

async function runOnce(
  runtime: Runtime,
  side: Failure['side'],
  { graph, inputs }: Sample,
): Promise<{ outputs?: Tensors; failure?: Failure }> {
  try {
    const [outputs] = await runEach(runtime.prepare(graph), [inputs]);
    return { outputs: outputs as Tensors };
  } catch (error) {
    const message = messageOf(error);
    const code = error instanceof CompileError ? error.code : error instanceof Error ? error.name : 'thrown';
    return { failure: { side, code, message } };
  }
}
