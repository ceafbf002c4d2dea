import { type BisectReport, bisect, type Sample } from '@ghostc/bisect';
import {
  type Executable,
  interpreterRuntime,
  type Runtime,
  runEach,
  type Tensors,
  verifyModel,
} from '@ghostc/conformance';
import { entryOf, itemAt, parseGraph, printGraph, toNumbers } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import type { Mutant } from './mutant.ts';
import { onceFor } from './once-for.ts';

export interface Trial {
  readonly name: string;
  readonly kind: Mutant['kind'];
  /** Largest difference of an output, in ulp of its largest element; infinite where the program fails. */
  readonly ulp: number;
  /** Did `verify` fail? */
  readonly found: boolean;
  /** Is the broken layer among those that `bisect` names? */
  readonly located: boolean;
  /** Does what `bisect` calls smallest differ when it is written, read and run anew? */
  readonly reproduced: boolean;
  readonly report: BisectReport | null;
}

/** A change of this many ulp of the largest element has to be found. */
export const LEAST_ULP = 64;

/** Asks `verify` and `bisect`, which may take `maxTrials` executions to reduce what it found. */
export async function tryMutant(
  { runtime, layers, name, kind }: Mutant,
  sample: Sample,
  maxTrials = 4,
): Promise<Trial> {
  const { ulp, found, outputs } = await verified(runtime, sample);
  if (kind !== 'none' && !found && ulp <= LEAST_ULP)
    return { name, kind, ulp, found, located: false, reproduced: false, report: null };
  const report = await bisect(sample, { a: oracle, b: knowing(runtime, sample, outputs) }, { maxTrials });
  const located = report.group.some(({ node }) => layers.has(node));
  return { name, kind, ulp, found, located, reproduced: await reproduces(report, runtime), report };
}

interface Verified {
  readonly ulp: number;
  readonly found: boolean;
  readonly outputs: Tensors | undefined;
}

async function verified(runtime: Runtime, { graph, inputs }: Sample): Promise<Verified> {
  const expected = itemAt(await runEach(oracle.prepare(graph), [inputs]), 0);
  const kept: Tensors[] = [];
  const watched: Runtime = {
    ...runtime,
    prepare: async (model) => watching(await runtime.prepare(model), kept),
  };
  const tolerance = { relative: 0, absolute: 0, reason: 'none' };
  const dataSets = [{ name: 'seeded', inputs, outputs: expected }];
  const { status } = await verifyModel(watched, {
    model: graph,
    dataSets,
    tolerance,
    derived: 'statistical',
  });
  return {
    ulp: kept[0] ? ulpApart(expected, kept[0]) : Infinity,
    found: status === 'fail' || status === 'error',
    outputs: kept[0],
  };
}

function watching({ run, dispose }: Executable, kept: Tensors[]): Executable {
  return {
    run: async (inputs) => {
      kept.push(await run(inputs));
      return itemAt(kept, -1);
    },
    ...(dispose && { dispose }),
  };
}

function ulpApart(expected: Tensors, actual: Tensors): number {
  let most = 0;
  for (const [name, tensor] of expected) {
    const [want, got] = [toNumbers(tensor), actual.get(name) && toNumbers(entryOf(actual, name))];
    const largest = Array.from(want, (v) => Math.abs(Number(v))).reduce((a, b) => Math.max(a, b), 0);
    const ulp = 2 ** (Math.floor(Math.log2(largest || 1)) - 23);
    for (let i = 0; i < want.length; i++) {
      const apart = Math.abs(Number(want[i]) - Number(got?.[i])) / ulp;
      most = Math.max(most, Number.isNaN(apart) ? Infinity : apart);
    }
  }
  return most;
}

/** The runtime, with the outputs of the whole model: software GPUs take ten seconds for them. */
function knowing(runtime: Runtime, { graph }: Sample, outputs: Tensors | undefined): Runtime {
  if (!outputs) return runtime;
  const known: Executable = { run: async () => outputs };
  return { ...runtime, prepare: async (model) => (model === graph ? known : runtime.prepare(model)) };
}

async function reproduces({ smallest }: BisectReport, runtime: Runtime): Promise<boolean> {
  if (!smallest) return false;
  const { text, resources } = printGraph(smallest.graph, registry);
  const again = { graph: parseGraph(text, { registry, resources }), inputs: new Map(smallest.inputs) };
  return (await verified(runtime, again)).found;
}

const known = onceFor();

/** The interpreter, which computes nothing twice: all mutants of a model ask for the same parts of it. */
const oracle: Runtime = {
  ...interpreterRuntime,
  prepare: async (model) => known(model, () => interpreterRuntime.prepare(model)),
};
