import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { serveQueue, ThreadPool } from '@ghostc/jobs';
import { nameVulkanDriver } from '@ghostc/runtimes';
import { jobsBundle, queueName } from './jobs-bundle.ts';

const usage = `npm run worker -- --queue URL [--store PLACE] [--threads N]

Does jobs of \`npm run zoo\`, \`conformance\`, \`fuzz:graphs\` and \`fuzz:onnx\` that name the same queue, until it is stopped. A worker
takes jobs of its own code only: the checkouts have to be the same.

  --queue URL    redis://... or rediss://...; GHOSTC_QUEUE keeps it off the command line
  --store PLACE  where models and results are: a folder that the machines share (default build/jobs), or s3://BUCKET/PREFIX
  --threads N    jobs at once (default 1)
  --seconds N    that a job may take (default 3600)
  --memory N     MB that a job may take in this process (default 4096)

SIGTERM lets the job at hand end; after any other end another worker does it.

Examples:
  npm run worker -- --queue redis://10.0.0.5:6379 --threads 2
  npm run fuzz:graphs -- --graphs 100000 --queue redis://10.0.0.5:6379`;

const { values } = parseArgs({
  allowPositionals: true, // the file that run-ts.mjs was given
  options: {
    queue: { type: 'string', default: process.env.GHOSTC_QUEUE ?? '' },
    store: { type: 'string', default: 'build/jobs' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '3600' },
    memory: { type: 'string', default: '4096' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const { file, code } = jobsBundle();
  nameVulkanDriver(); // threads cannot: their environment is not the process's
  const limits = { seconds: Number(values.seconds), mebibytes: Number(values.memory) };
  const pool = await ThreadPool.open({ file, threads: Number(values.threads), limits, store: values.store });
  const onDone = (kind: string): void => console.log(`done: ${kind}`);
  const server = await serveQueue({ url: values.queue, name: queueName(code), pool, onDone });
  console.log(`serving ${queueName(code)}`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await server.close();
  await pool.close();
  process.exit(); // a connection that was lost would be tried for ever
}
