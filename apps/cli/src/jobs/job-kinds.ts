import type { JobKind } from '@ghostc/jobs';
import { pointJob } from '../sweep/point-job.ts';
import { tuneJob } from './tune-job.ts';

/** All that a worker runs. */
export const jobKinds: ReadonlyMap<string, JobKind> = new Map([
  ['points', pointJob],
  ['tune', tuneJob],
]);
