import type { JobKind } from '@ghostc/jobs';
import { pointJob } from './point-job.ts';

/** All that a worker runs. */
export const jobKinds: ReadonlyMap<string, JobKind> = new Map([['points', pointJob]]);
