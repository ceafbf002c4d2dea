import { parseArgs } from 'node:util';
import { fuzzGraphsOnQueue } from '../jobs/fuzz-jobs.ts';
import { queueHelp, queueOptions } from '../jobs/on-queue.ts';
import { fuzzGraphs, saveIn, type Tally } from './fuzz-graphs.ts';
import { inParallel, part, shareOf, workers } from './in-parallel.ts';

/**
 * Differential fuzzing: valid random graphs (a tenth in int8, a fifth with dynamic dimensions) on every target against the
 * interpreter, within derived bounds. A graph that differs is reduced and saved. Exit code 1 when any differs.
 */
const usage = `npm run fuzz:graphs -- [--graphs N] [--seconds N] [--seed N] [--targets LIST] [--failures DIR] [--json]

  --graphs N      graphs (default 2000)
  --seconds N     stop after so long
  --seed N        of graphs and inputs (default 1)
  --targets LIST  of onnx, c, wgsl, c@cortex-m4, ... (default onnx,c,wgsl)
  --workers N     processes that share the graphs (default: one for each processor)
  --failures DIR  folder for reduced failures (default fuzz-failures)
${queueHelp}

Examples:
  npm run fuzz:graphs -- --graphs 2000
  npm run fuzz:graphs -- --graphs 1000000 --seconds 14400 --seed 7`;

const { values } = parseArgs({
  allowPositionals: true, // the file that run-ts.mjs was given
  options: {
    graphs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1e9' },
    targets: { type: 'string', default: 'onnx,c,wgsl' },
    workers: { type: 'string', default: workers },
    share: { type: 'string' },
    failures: { type: 'string', default: 'fuzz-failures' },
    ...queueOptions,
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const tally = await tallied();
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (values.json) console.log(JSON.stringify(tally, null, 2));
  else print(tally);
  process.exitCode = tally.differing.length ? 1 : 0;
}

async function tallied(): Promise<Tally> {
  const run = { seed: Number(values.seed), targets: values.targets.split(',') };
  if (values.queue)
    return fuzzGraphsOnQueue({ ...run, count: Number(values.graphs) }, values, values.failures);
  if (!values.share && Number(values.workers) > 1) return inParallel<Tally>(Number(values.workers));
  const share = shareOf(values.share ?? '0/1');
  return fuzzGraphs({
    ...run,
    graphs: part(Number(values.graphs), share),
    share,
    seconds: Number(values.seconds),
    save: saveIn(values.failures),
    onProgress: ({ graphs, differing }) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${graphs} graphs, ${differing.length} differ `);
    },
  });
}

function print({ graphs, kinds, dropped, differing, ...targets }: Tally): void {
  const made = Object.entries(kinds).map(([kind, n]) => `${n} ${kind}`);
  console.log(`${graphs} graphs (${made.join(', ')}), ${dropped} replaced: no numbers, or no narrow bound`);
  for (const [target, compared] of Object.entries(targets.compared)) {
    const [refused, seconds] = [targets.refused[target] ?? 0, targets.seconds[target] ?? 0];
    console.log(`${target}: ${compared} compared, ${refused} refused, ${seconds.toFixed(1)} s`);
  }
  console.log(`${differing.length} differ`);
  for (const line of differing) console.log(line);
}
