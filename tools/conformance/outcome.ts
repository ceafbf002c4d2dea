import { type Comparison, compareTensors } from '@ghostc/conformance';
import { type BoundedOutput, boundedRun } from '@ghostc/interpreter';
import { CompileError, type Graph, isFloat, type Tensor } from '@ghostc/ir';
import type { BoundModel } from './bind-inputs.ts';
import type { OnnxTest } from './onnx-tests.ts';

/** What became of one test on one runtime. */
export interface Outcome {
  readonly status: 'passed' | 'refused' | 'failed';
  /** Code and words of the refusal, or what differed. */
  readonly reason?: string;
  /** Inputs that were given at compile time. */
  readonly bound?: readonly string[];
  /** Largest error over the derived bound. */
  readonly ratio?: number;
}

/** A refusal by name is a CompileError; anything else that is thrown is a failure. */
export function refusal(error: unknown): Outcome {
  if (!(error instanceof CompileError))
    return { status: 'failed', reason: `crash: ${String(error).slice(0, 200)}` };
  if (/^(tool\/failed|run\/failed)$/.test(error.code))
    return { status: 'failed', reason: `${error.code}: ${error.detail.slice(0, 300)}` };
  return { status: 'refused', reason: reasonOf(error) };
}

function reasonOf({ code, detail, location }: CompileError): string {
  return `${code}: ${location.op && !detail.includes(location.op) ? `${location.op}: ` : ''}${detail.split('\n')[0]?.slice(0, 160)}`;
}

/** Bounds of each data set of a model; made once for all runtimes. */
export function boundsOf({ graph, inputs }: BoundModel): readonly ReadonlyMap<string, BoundedOutput>[] {
  return inputs.map((set) => boundedRun(graph, set));
}

export interface Run {
  readonly test: OnnxTest;
  readonly model: BoundModel;
  readonly bounds: readonly ReadonlyMap<string, BoundedOutput>[];
}

/** Where no bound can be derived: what ONNX's own runner allows. */
const FALLBACK = { relative: 1e-3, absolute: 1e-7, reason: 'no bound can be derived' };

/**
 * Holds outputs against the test's own. Both were computed with rounding, so that each may be off by the derived bound.
 */
export function judge(
  { test, model, bounds }: Run,
  results: readonly ReadonlyMap<string, Tensor>[],
): Outcome {
  const comparisons = test.sets.flatMap((set, i) =>
    model.graph.outputs.flatMap(({ name }, k): Comparison[] => {
      const expected = set.outputs[k];
      if (!expected) return [];
      const actual = results[i]?.get(name);
      if (decimals.has(test.name)) return [compareTensors(expected, actual, DECIMALS)];
      return [compareOutput(expected, actual, bounds[i]?.get(name))];
    }),
  );
  const bound = model.bound.length ? { bound: model.bound } : {};
  const failed = comparisons.find((one) => !one.pass);
  if (failed) return { status: 'failed', reason: failed.problem ?? `differs by ${failed.maxAbs}`, ...bound };
  if (comparisons.length === 0) return { status: 'failed', reason: 'nothing was compared' };
  return { status: 'passed', ratio: Math.max(...comparisons.map((one) => one.ratio)), ...bound };
}

function compareOutput(
  expected: Tensor,
  actual: Tensor | undefined,
  oracle: BoundedOutput | undefined,
): Comparison {
  const derived = oracle?.bound.every((e) => Number.isFinite(e)) ? oracle.bound : undefined;
  if (!derived) return compareTensors(expected, actual, FALLBACK);
  const both = isFloat(expected.dtype) ? (e: number) => 2 * e : (e: number) => (e > 0 ? 1 : 0);
  return compareTensors(expected, actual, {
    relative: 0,
    absolute: 0,
    bound: derived.map(both),
    reason: 'derived, for both sides; one step for integers behind a rounding',
  });
}

/** Tests whose expected values stand in the test as decimals of four digits. */
const decimals: ReadonlySet<string> = new Set(['node/test_averagepool_2d_ceil_last_window_starts_on_pad']);
const DECIMALS = { relative: 5e-4, absolute: 5e-5, reason: 'expected values of four decimals' };

/** The ops of a model, for the table of support. */
export function opsOf(graph: Graph): string[] {
  return [...new Set([...graph.nodes()].map((node) => node.op))];
}
