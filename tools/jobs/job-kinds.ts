import { type JobKind, jobThread } from '@ghostc/jobs';
import { conformanceJob } from './conformance-job.ts';
import { graphsJob, onnxModelsJob } from './fuzz-jobs.ts';
import { codedJob } from './params.ts';
import { zooJob } from './zoo-job.ts';

/** All that `npm run worker` runs. */
const kinds: ReadonlyMap<string, JobKind> = new Map([
  ['conformance', codedJob(conformanceJob)],
  ['graphs', codedJob(graphsJob)],
  ['onnx-models', codedJob(onnxModelsJob)],
  ['zoo', codedJob(zooJob)],
]);

export default jobThread(kinds);
