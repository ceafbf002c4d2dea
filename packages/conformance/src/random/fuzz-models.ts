import { boundedRun, interpret } from '@ghostc/interpreter';
import { attempt, itemAt, messageOf, toNumbers } from '@ghostc/ir';
import type { OpDefinition } from '@ghostc/ops';
import { compareTensors, type Tolerance } from '../compare.ts';
import { runEach } from '../run-each.ts';
import type { Runtime, Tensors } from '../runtime.ts';
import { isRefusal } from '../verify-model.ts';
import { Coverage } from './coverage.ts';
import { type RandomModel, randomModel } from './random-model.ts';

/** How many random models are drawn, from which seed, of which ops. */
export interface ModelFuzz {
  readonly models: number;
  readonly seed: number;
  /** Maximum number of nodes of a model. Default 8. */
  readonly nodes?: number;
  /** Ops that are drawn; all supported ones if absent. */
  readonly ops?: readonly OpDefinition[] | undefined;
  /** Seconds after which no more models are drawn. */
  readonly seconds?: number;
  /** Maximum number of models in flight. Default 1. */
  readonly parallel?: number;
  readonly onProgress?: (tally: FuzzTally) => void;
  readonly onFailure?: (failure: FuzzFailure) => Promise<void>;
}

/**
 * A model on which a runtime is wrong. `randomModel` recreates it from the number only in a run from the
 * start.
 */
export interface FuzzFailure extends RandomModel {
  readonly number: number;
  readonly problem: string;
}

/** The result of a run: models, refusals by reason, outputs judged, and differences. */
export interface FuzzTally {
  models: number;
  refused: number;
  /** Outputs compared with a bound, and outputs without one or with one so wide that noise would pass. */
  judged: number;
  unjudged: number;
  readonly failures: string[];
  readonly refusals: Map<string, number>;
  readonly coverage: Coverage;
}

/** Runs random models on a runtime, and compares every output with the interpreter's within derived bounds. */
export async function fuzzModels(runtime: Runtime, options: ModelFuzz): Promise<FuzzTally> {
  const { models, seed, ops, nodes = 8, seconds = Infinity, parallel = 1 } = options;
  const coverage = new Coverage();
  const tally: FuzzTally = {
    ...{ models: 0, refused: 0, judged: 0, unjudged: 0 },
    ...{ failures: [], refusals: new Map(), coverage },
  };
  const end = performance.now() + seconds * 1000;
  let number = 0;
  const lane = async (): Promise<void> => {
    while (number < models && performance.now() < end) {
      const mine = number++;
      const model = randomModel({ seed: seed * 1_000_003 + mine, coverage, nodes, ops });
      coverage.add(model.graph);
      const problem = await judge(runtime, model, tally);
      tally.models++;
      if (problem !== null) {
        tally.failures.push(`model ${mine}: ${problem}`);
        await options.onFailure?.({ ...model, number: mine, problem });
      }
      options.onProgress?.(tally);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return tally;
}

async function judge(
  runtime: Runtime,
  { graph, inputs }: RandomModel,
  tally: FuzzTally,
): Promise<string | null> {
  try {
    const given = new Map(
      [...inputs].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    );
    const [outputs] = await runEach(runtime.prepare(graph), [given]);
    return problemOf({ graph, inputs }, outputs as Tensors, tally);
  } catch (error) {
    const words = messageOf(error);
    if (!isRefusal(error)) return words;
    tally.refused++;
    const reason = itemAt(words.split('\n'), 0).slice(0, 100);
    tally.refusals.set(reason, (tally.refusals.get(reason) ?? 0) + 1);
    return null;
  }
}

function problemOf({ graph, inputs }: RandomModel, outputs: Tensors, tally: FuzzTally): string | null {
  const expected = interpret(graph, inputs);
  const bounds = attempt(() => boundedRun(graph, inputs));
  for (const [name, tensor] of expected) {
    const bound = bounds?.get(name)?.bound.map((e) => 2 * e);
    const tolerance: Tolerance = { relative: 0, absolute: 0, bound: bound ?? [], reason: 'derived' };
    const finite =
      bound?.every(Number.isFinite) && toNumbers(tensor).every((v) => Number.isFinite(Number(v)));
    if (!finite || !compareTensors(tensor, tensor, tolerance).pass) {
      tally.unjudged++;
      continue;
    }
    tally.judged++;
    const { pass, problem } = compareTensors(tensor, outputs.get(name), tolerance);
    if (!pass) return `${name}: ${problem}`;
  }
  return null;
}
