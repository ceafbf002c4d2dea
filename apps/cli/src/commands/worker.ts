import { once } from 'node:events';
import { serveQueue } from '@ghostc/jobs';
import { nameVulkanDriver } from '@ghostc/runtimes';
import { Command } from 'commander';
import { openPool, queueName } from '../jobs/open-engine.ts';
import { parsePositive } from '../parse-count.ts';
import { startProgress } from '../progress.ts';

interface WorkerFlags {
  readonly queue: string;
  readonly store: string;
  readonly threads: number;
  readonly seconds: number;
  readonly memory: number;
}

export function workerCommand(): Command {
  return new Command('worker')
    .description('do jobs of ghostc sweep and ghostc tune from a queue, until it is stopped')
    .requiredOption(
      '--queue <url>',
      'redis://... or rediss://..., as ghostc sweep has it',
      process.env.GHOSTC_QUEUE,
    )
    .option(
      '--store <place>',
      'where models are: a folder that the machines share, or s3://BUCKET/PREFIX',
      'sweep/store',
    )
    .option('--threads <n>', 'jobs at once', parsePositive, 1)
    .option('--seconds <n>', 'seconds that a job may take', parsePositive, 600)
    .option('--memory <n>', 'MB of memory that a job may take', parsePositive, 2048)
    .addHelpText('after', help)
    .action(runWorker);
}

const help = `
A worker does ghostc's own kinds of jobs, by name, and checks their parameters; a message has no code, no command and no path.
What takes too long or too much memory is stopped and fails. User, password and TLS are as the URL gives them; GHOSTC_QUEUE
keeps it off the command line. SIGTERM lets the job at hand end; after any other end another worker does it.

Examples:
  ghostc worker --queue redis://10.0.0.5:6379 --threads 4
  GHOSTC_QUEUE=rediss://worker:secret@queue.example:6380 ghostc worker --store s3://sweeps/net`;

async function runWorker({ queue, store, ...limits }: WorkerFlags): Promise<void> {
  nameVulkanDriver(); // a thread cannot: its environment is not the process's
  const pool = await openPool(limits, store);
  const progress = startProgress('waiting for jobs');
  let done = 0;
  const onDone = (): void => {
    progress.text = `${++done} jobs done`;
  };
  try {
    const server = await serveQueue({ url: queue, name: queueName, pool, onDone });
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    await server.close();
  } finally {
    progress.stop();
    await pool.close();
  }
  process.exit(); // a connection that was lost would be tried for ever
}
