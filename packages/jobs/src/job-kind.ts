import { CompileError, messageOf } from '@ghostc/ir';
import type { Job, Json, Outcome } from './job.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';

/** Does the jobs of one kind. It checks the parameters, which may come from another machine, and throws CompileErrors. */
export type JobKind = (params: Json, store: Store) => Json | Promise<Json>;

/** What a thread is given. */
export interface ThreadTask {
  readonly job: Job;
  readonly store: string;
}

/** What a thread runs: jobs of these kinds, by name, and nothing else. */
export function jobThread(kinds: ReadonlyMap<string, JobKind>): (task: ThreadTask) => Promise<Outcome> {
  let store: Store | undefined;
  return async ({ job, store: place }) => {
    try {
      if (store?.place !== place) store = openStore(place);
      const run = kinds.get(job.kind);
      if (!run)
        throw new CompileError('jobs/kind', `there is no kind of job ${JSON.stringify(job.kind)} here`);
      return { result: await run(job.params, store) };
    } catch (error) {
      return { failed: failureOf(error) };
    }
  };
}

function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof CompileError) return { code: error.code, message: error.detail };
  return { code: 'jobs/error', message: messageOf(error) };
}
