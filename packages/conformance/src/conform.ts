import { interpret } from '@ghostc/interpreter';
import { type Graph, parseGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { exact, type Tolerance } from './compare.ts';
import type { Runtime } from './runtime.ts';
import { seededInputs } from './seeded-inputs.ts';
import type { ConformanceCase, Suite } from './suite.ts';
import { allSuites } from './suites/index.ts';
import type { RuntimeResult, Verification } from './verification.ts';
import { verifyModel } from './verify-model.ts';

/** Options of `conform`. */
export interface ConformOptions {
  /**
   * Cases that this runtime refuses, with the reason. A skip that would pass, or that names no case, fails
   * the run.
   */
  readonly skip?: Readonly<Record<string, string>>;
  readonly suites?: readonly Suite[];
  readonly onResult?: (result: SuiteResult) => void;
}

/** The result of one case on a runtime. */
export interface SuiteResult {
  readonly name: string;
  /** `refused`: the runtime reports by name what it does not support. */
  readonly status: 'pass' | 'fail' | 'error' | 'skip' | 'refused';
  readonly maxRel: number;
  readonly message?: string;
}

/** The results of all cases on a runtime. */
export interface ConformanceReport {
  readonly runtime: string;
  readonly cases: readonly SuiteResult[];
  /** The problems: failed cases, and stale skips. Empty if the runtime conforms. */
  readonly problems: readonly string[];
}

/** For cases where no bound can be derived, as after a squeeze-excite. */
const rounding: Tolerance = {
  relative: 1e-5,
  absolute: 1e-7,
  reason: 'float32 sums in another order, library functions within some ulp',
};

/** Runs every case of every suite on a runtime and compares the outputs with the interpreter's. */
export async function conform(
  runtime: Runtime,
  { skip = {}, suites = allSuites, onResult }: ConformOptions = {},
): Promise<ConformanceReport> {
  const cases: SuiteResult[] = [];
  for (const one of suites.flatMap((suite) => suite.cases)) {
    const result = await runCase(runtime, one, skip[one.name]);
    cases.push(result);
    onResult?.(result);
  }
  const names = new Set(cases.map((one) => one.name));
  const unknown = Object.keys(skip).filter((name) => !names.has(name));
  return {
    runtime: runtime.name,
    cases,
    problems: [...problems(cases, skip), ...unknown.map((name) => `skip ${name}: there is no such case`)],
  };
}

async function runCase(
  runtime: Runtime,
  one: ConformanceCase,
  skipped: string | undefined,
): Promise<SuiteResult> {
  const result = await verifyCase(runtime, one);
  const { maxRel, message } = result;
  const status = result.refusal === undefined ? result.status : 'refused';
  if (skipped !== undefined && result.status !== 'pass')
    return { name: one.name, status: 'skip', maxRel, message: skipped };
  return {
    name: one.name,
    status: status === 'unclear' ? 'fail' : status,
    maxRel,
    ...(message ? { message } : {}),
  };
}

/** Compares a runtime's outputs of one case with the interpreter's. Never throws. */
export function verifyCase(runtime: Runtime, one: ConformanceCase): Promise<RuntimeResult> {
  return verifyModel(runtime, caseTask(one));
}

const tasks = new WeakMap<ConformanceCase, Verification>();

/** A case with its inputs and expected outputs: computed once, and the same for every runtime. */
export function caseTask(one: ConformanceCase): Verification {
  const known = tasks.get(one) ?? taskOf(one);
  tasks.set(one, known);
  return known;
}

function taskOf(one: ConformanceCase): Verification {
  const model = caseGraph(one);
  const dataSets = Array.from({ length: one.seeds ?? 2 }, (_, i) => {
    const inputs = seededInputs(model, i + 1, one.values);
    return { name: `seed ${i + 1}`, inputs, outputs: interpret(model, inputs) };
  });
  return {
    model,
    dataSets,
    ...(one.exact ? { tolerance: exact } : { tolerance: rounding, derived: 'instead' }),
  };
}

/** The verified graph of a case. */
export function caseGraph({ name, text }: ConformanceCase): Graph {
  const graph = parseGraph(text, { registry, file: name });
  verify(graph, registry);
  return graph;
}

function problems(cases: readonly SuiteResult[], skip: Readonly<Record<string, string>>): string[] {
  const bad = cases
    .filter((one) => one.status === 'fail' || one.status === 'error')
    .map((one) => `${one.name}: ${one.message ?? one.status}`);
  const stale = cases
    .filter((one) => one.status === 'pass' && skip[one.name] !== undefined)
    .map((one) => `skip ${one.name}: the case passes`);
  return [...bad, ...stale];
}
