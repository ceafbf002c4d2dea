import { type BoundedOutput, boundedRun } from '@ghostc/interpreter';
import type { Graph, Shape } from '@ghostc/ir';
import { bindDimensions, dimensionsFrom } from '@ghostc/ops';
import { type Comparison, compareTensors, type Tolerance } from './compare.ts';
import { derivedTolerance } from './compare-derived.ts';
import { runEach } from './run-each.ts';
import type { Runtime, Tensors } from './runtime.ts';

/** One set of inputs with the outputs that they must give, by name. */
export interface DataSet {
  readonly name: string;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

export interface TargetResult {
  readonly target: string;
  readonly status: 'pass' | 'fail' | 'error';
  readonly maxAbs: number;
  readonly maxRel: number;
  /** Largest allowed maxRel. */
  readonly tolerance: number;
  /** Largest error over what is allowed there, derived bounds included; at most 1 when it passes. */
  readonly ratio: number;
  readonly seconds: number;
  /** Why it failed: the error, or the data set and output that differ most. */
  readonly message?: string;
  /** What passed, where it is more than outputs within the tolerance. */
  readonly note?: string;
}

export interface Verification {
  readonly model: Graph;
  readonly dataSets: readonly DataSet[];
  readonly tolerance: Tolerance;
  /**
   * Hold every element against a bound derived from the computation, too: `besides` the tolerance, or `instead` of it, where
   * one can be derived that is not too wide. Outputs of a data set may be off by the same bound.
   */
  readonly derived?: 'besides' | 'instead';
}

/** Runs the model on every data set in one runtime and holds all outputs against the expected ones. Never throws. */
export async function verifyModel(runtime: Runtime, task: Verification): Promise<TargetResult> {
  const start = performance.now();
  const finish = (result: Omit<TargetResult, 'target' | 'tolerance' | 'seconds'>): TargetResult => ({
    target: runtime.name,
    ...result,
    tolerance: task.tolerance.relative,
    seconds: (performance.now() - start) / 1000,
  });
  try {
    const comparisons = await compareAll(runtime, task);
    return finish(summarize(comparisons));
  } catch (error) {
    return finish({
      status: 'error',
      maxAbs: Number.NaN,
      maxRel: Number.NaN,
      ratio: Number.NaN,
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

interface Named extends Comparison {
  readonly subject: string;
}

async function compareAll(runtime: Runtime, task: Verification): Promise<Named[]> {
  const comparisons: Named[] = [];
  for (const [model, dataSets] of byShape(runtime, task)) {
    const results = await runEach(
      runtime.prepare(model),
      dataSets.map(({ inputs }) => inputs),
    );
    dataSets.forEach((set, i) => comparisons.push(...compareSet(set, results[i] ?? new Map(), task)));
  }
  if (comparisons.length === 0) throw new Error('nothing was compared: no data set has an output');
  return comparisons;
}

type Bounds = ReadonlyMap<string, BoundedOutput>;

/** They are the same for every runtime, and take longer than most runtimes do. */
const knownBounds = new WeakMap<Graph, WeakMap<DataSet, Bounds>>();

function boundsOf(model: Graph, set: DataSet): Bounds {
  const ofModel = knownBounds.get(model) ?? new WeakMap<DataSet, Bounds>();
  knownBounds.set(model, ofModel);
  const bounds = ofModel.get(set) ?? boundedRun(model, set.inputs);
  ofModel.set(set, bounds);
  return bounds;
}

function compareSet(set: DataSet, actual: Tensors, { model, tolerance, derived }: Verification): Named[] {
  const bounds: Bounds = derived && set.outputs.size > 0 ? boundsOf(model, set) : new Map();
  return [...set.outputs].flatMap(([name, expected]) => {
    const subject = `${set.name}, output ${name}`;
    const bound = derivedTolerance(expected, bounds.get(name));
    const fixed = { ...compareTensors(expected, actual.get(name), tolerance), subject };
    if (!bound) return [fixed];
    const exact = { ...compareTensors(expected, actual.get(name), bound), subject };
    return derived === 'instead' ? [exact] : [fixed, exact];
  });
}

/** A runtime that wants fixed shapes gets one specialised model for each distinct input shape. */
function byShape(runtime: Runtime, { model, dataSets }: Verification): Map<Graph, DataSet[]> {
  if (runtime.dynamicShapes) return new Map([[model, [...dataSets]]]);
  const groups = new Map<string, { graph: Graph; sets: DataSet[] }>();
  for (const set of dataSets) {
    const shapes = new Map<string, Shape>([...set.inputs].map(([name, tensor]) => [name, tensor.shape]));
    const key = JSON.stringify([...shapes]);
    const group = groups.get(key) ?? {
      graph: bindDimensions(model, dimensionsFrom(model, shapes)),
      sets: [],
    };
    group.sets.push(set);
    groups.set(key, group);
  }
  return new Map([...groups.values()].map(({ graph, sets }) => [graph, sets]));
}

function summarize(
  comparisons: readonly Named[],
): Pick<TargetResult, 'status' | 'maxAbs' | 'maxRel' | 'ratio' | 'message'> {
  const worst = comparisons.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const maxAbs = Math.max(...comparisons.map((one) => one.maxAbs));
  const pass = comparisons.every((one) => one.pass);
  const reason = `${worst.subject}: ${worst.problem ?? `differs by ${worst.maxAbs.toExponential(2)}, allowed ${worst.allowed.toExponential(2)}`}`;
  return {
    status: pass ? 'pass' : 'fail',
    maxAbs,
    maxRel: Math.max(...comparisons.map((one) => one.maxRel)),
    ratio: worst.ratio,
    ...(pass ? {} : { message: reason }),
  };
}
