import { type Comparison, compareDerived, compareTensors, ulpDistance, webnnUlp } from '@ghostc/conformance';
import { type BoundedOutput, boundedRun } from '@ghostc/interpreter';
import { CompileError, type Graph, isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import type { BoundModel } from './bind-inputs.ts';
import type { ConformanceTest } from './onnx-tests.ts';

/** What became of one test on one runtime. */
export interface Outcome {
  /** `absent`: this source of the tests does not have it. */
  readonly status: 'passed' | 'refused' | 'failed' | 'absent';
  /** Code and words of the refusal, or what differed. */
  readonly reason?: string;
  /** Inputs that were given at compile time. */
  readonly bound?: readonly string[];
  /**
   * Largest ratio of error to allowed error; the allowed error is the derived bound unless `tolerance` is
   * given.
   */
  readonly ratio?: number;
  /** Why a comparison used no derived bound. */
  readonly tolerance?: string;
  /** Largest distance in units of the output's own float type. */
  readonly ulp?: number;
  /** What WebNN's conformance tests allow the model's one op. */
  readonly webnnUlp?: number;
}

/**
 * A refusal by name is a CompileError; anything else that is thrown is a failure. Tells the element types of the model where
 * the refusal does not.
 */
export function refusal(error: unknown, model: BoundModel | null): Outcome {
  if (!(error instanceof CompileError))
    return { status: 'failed', reason: `crash: ${String(error).slice(0, 200)}` };
  const broken = /^(tool|run)\/failed$/.test(error.code) || error.detail.includes('This is an invalid model');
  if (broken) return { status: 'failed', reason: `${error.code}: ${error.detail.slice(0, 300)}` };
  return { status: 'refused', reason: reasonOf(error, model) };
}

function reasonOf({ code, detail, location }: CompileError, model: BoundModel | null): string {
  const op = location.op && !detail.includes(location.op) ? `${location.op}: ` : '';
  const text = `${code}: ${op}${detail.split('\n')[0]?.slice(0, 160)}`;
  return model && !typeName.test(text) ? `${text} (${typesOf(model.graph)})` : text;
}

const typeName = /\b(bool|bf16|[fiu]\d+\w*)\b/;

function typesOf(graph: Graph): string {
  const values = [...graph.inputs, ...[...graph.nodes()].flatMap((node) => node.outputs)];
  return [...new Set(values.map(({ type }) => type.dtype))].join(', ');
}

export type Bounds = readonly ReadonlyMap<string, BoundedOutput>[];

/** Whole networks: bounds after so many layers are wider than the outputs, and take minutes to compute. */
const isNetwork = (name: string): boolean => name.startsWith('light/');

/** Bounds of each data set of a model; made once for all runtimes. */
export function boundsOf(name: string, { graph, inputs }: BoundModel): Bounds {
  return isNetwork(name) ? [] : inputs.map((set) => boundedRun(graph, set));
}

export interface Run {
  readonly test: ConformanceTest;
  /** How our reader reads it; null for a model that it refuses, which another's runtime may take. */
  readonly model: BoundModel | null;
  readonly bounds: Bounds;
}

/** Where no bound can be derived, or it is wider than noise: what ONNX's own runner allows. */
const FALLBACK = {
  relative: 1e-3,
  absolute: 1e-7,
  reason: 'no bound that noise would not pass can be derived',
};

interface Judged extends Comparison {
  readonly tolerance?: string;
  readonly ulp: number;
}

/**
 * Holds outputs, in the order of the model's, against the test's own. Both were computed with rounding, so that each may be
 * off by the derived bound.
 */
export function judge(run: Run, results: readonly (readonly (Tensor | undefined)[])[]): Outcome {
  const comparisons = run.test.sets.flatMap((set, i) =>
    set.outputs.map((expected, k) => {
      const name = run.model?.graph.outputs[k]?.name;
      const oracle = name === undefined ? undefined : run.bounds[i]?.get(name);
      return judgeOutput({ test: run.test.name, expected, oracle }, results[i]?.[k]);
    }),
  );
  const bound = run.model?.bound.length ? { bound: run.model.bound } : {};
  const failed = comparisons.find((one) => !one.pass);
  if (failed) return { status: 'failed', reason: failed.problem ?? `differs by ${failed.maxAbs}`, ...bound };
  if (comparisons.length === 0) return { status: 'failed', reason: 'nothing was compared' };
  const ratio = Math.max(...comparisons.map((one) => one.ratio));
  return { status: 'passed', ratio, ...bound, ...toleranceOf(comparisons), ...ulpOf(run, comparisons) };
}

function toleranceOf(comparisons: readonly Judged[]): Pick<Outcome, 'tolerance'> {
  const reasons = new Set(comparisons.flatMap(({ tolerance }) => tolerance ?? []));
  return reasons.size ? { tolerance: [...reasons].join('; ') } : {};
}

function ulpOf({ model }: Run, comparisons: readonly Judged[]): Pick<Outcome, 'ulp' | 'webnnUlp'> {
  const ulp = Math.max(...comparisons.map((one) => one.ulp));
  if (Number.isNaN(ulp)) return {};
  const allowed = model ? webnnRule(model.graph) : undefined;
  return allowed === undefined ? { ulp } : { ulp, webnnUlp: allowed };
}

/** WebNN's rule is about one op: it is reported for models of one op, and for those that are exact. */
function webnnRule(graph: Graph): number | undefined {
  const nodes = [...graph.nodes()].map((node) => ({ node, exact: isExact(node.op) }));
  const computing = nodes.filter(({ exact }) => !exact);
  const [only] = computing;
  if (computing.length > 1) return undefined;
  return only ? webnnUlp(only.node) : 0;
}

function isExact(op: string): boolean {
  const { traits } = lookup(op);
  return (['movement', 'exact', 'comparison', 'selection'] as const).some((trait) => traits.has(trait));
}

interface Expectation {
  readonly test: string;
  readonly expected: Tensor;
  readonly oracle: BoundedOutput | undefined;
}

function judgeOutput({ test, expected, oracle }: Expectation, actual: Tensor | undefined): Judged {
  const ulp = actual ? largestUlp(expected, actual) : Number.NaN;
  if (decimals.has(test))
    return { ...compareTensors(expected, actual, DECIMALS), ulp, tolerance: DECIMALS.reason };
  const right = inOnnxRuntime.get(test) ?? expected;
  const { derived, ...comparison } = compareDerived(right, actual, { oracle, fallback: FALLBACK });
  return { ...comparison, ulp, ...(derived ? {} : { tolerance: FALLBACK.reason }) };
}

function largestUlp(expected: Tensor, actual: Tensor): number {
  if (!isFloat(expected.dtype) || expected.data.length !== actual.data.length) return Number.NaN;
  const [want, got] = [toNumbers(expected), toNumbers(actual)];
  let largest = 0;
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [Number(want[i]), Number(got[i])];
    if (!(Number.isNaN(a) && Number.isNaN(b))) largest = Math.max(largest, ulpDistance(a, b, expected.dtype));
  }
  return largest;
}

/** Tests whose expected values are written as decimals of four digits. */
const decimals: ReadonlySet<string> = new Set(['node/test_averagepool_2d_ceil_last_window_starts_on_pad']);
const DECIMALS = { relative: 5e-4, absolute: 5e-5, reason: 'expected values of four decimals' };

/** What ONNX Runtime 1.32 computes, unoptimised, where ONNX's own values differ: that is what we follow (docs/onnx.md). */
const inOnnxRuntime: ReadonlyMap<string, Tensor> = new Map([
  [
    'node/test_resize_downsample_scales_linear_align_corners',
    { dtype: 'f32', shape: [1, 1, 1, 2], data: Float32Array.of(1, 4) },
  ],
]);

/** The ops of a model, for the table of support. */
export function opsOf(graph: Graph): string[] {
  return [...new Set([...graph.nodes()].map((node) => node.op))];
}
