import { CompileError, type Graph } from '@ghostc/ir';
import { type Check, checkedFields, type Engine, isHash, isWhole, type Json, type Store } from '@ghostc/jobs';
import { type TuneResult, tuneWgsl } from '@ghostc/runtimes';
import { modelOf, type StoredModel, storeModel } from './stored-model.ts';

type TuneParams = StoredModel & { readonly rounds: number };

/** The kind of job that `ghostc tune` asks for: a `TuneResult` of the worker's adapter. */
export async function tuneJob(params: Json, store: Store): Promise<Json> {
  const problem = (detail: string): CompileError => new CompileError('tune/job', detail);
  const checks: Record<keyof TuneParams, Check> = { model: isHash, weights: isHash, rounds: isWhole };
  const { rounds: most, ...stored } = checkedFields<TuneParams>(params, checks, { where: 'tune', problem });
  const result: object = await tuneWgsl(await modelOf({ ...stored, seed: 0 }, store), { rounds: most });
  return result as Json;
}

/**
 * Has a worker tune a model. Timings are not cached: they are measured again each time. Throws the worker's
 * error.
 */
export async function tuneThere(
  graph: Graph,
  most: number,
  { engine, store }: { readonly engine: Engine; readonly store: Store },
): Promise<TuneResult> {
  const job = { kind: 'tune', params: { ...(await storeModel(graph, store)), rounds: most } };
  const outcome = await engine.run(job);
  await engine.forget?.(job);
  if ('failed' in outcome) throw new CompileError(outcome.failed.code, outcome.failed.message);
  return outcome.result as object as TuneResult;
}
