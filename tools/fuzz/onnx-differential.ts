import { parseArgs } from 'node:util';
import { printAligned } from '../build/print-aligned.ts';
import { fuzzOnnxOnQueue } from '../jobs/fuzz-jobs.ts';
import { queueHelp, queueOptions } from '../jobs/on-queue.ts';
import { inParallel, part, shareOf, workers } from './in-parallel.ts';
import { fuzzOnnx, type OnnxReport } from './onnx/fuzz-onnx.ts';
import { type Target, targets } from './onnx/judge-models.ts';
import { opDraws } from './onnx/op-draws.ts';

/**
 * Differential fuzzing of whole ONNX models: every op of the reader at the edges of its attributes, opset 7 to 22, against
 * ONNX Runtime without optimisation. Exit code 1 when a target differs or fails.
 */
const usage = `npm run fuzz:onnx -- [--count N] [--seconds N] [--seed N] [--op LIST] [--replay SEED:OP] [--json]

  --count N         models that ONNX Runtime computes (default 5000)
  --seconds N       stop after so long
  --seed N          of models and values (default 1)
  --op LIST         only models whose first node is one of these, as Resize,com.microsoft.QGemm
  --targets LIST    of interpreter, onnx, c, wgsl (default: all)
  --replay SEED:OP  the one model that a failure names
  --workers N       processes that share the models (default: one for each processor)
  --reasons         lists what was refused, with reason and count
  --json            the whole report as JSON
${queueHelp}

Examples:
  npm run fuzz:onnx -- --count 5000
  npm run fuzz:onnx -- --op Pad,Slice --count 500 --seed 7`;

const { values } = parseArgs({
  allowPositionals: true, // the file that run-ts.mjs was given
  options: {
    count: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1e9' },
    op: { type: 'string' },
    targets: { type: 'string', default: targets.join() },
    replay: { type: 'string' },
    workers: { type: 'string', default: workers },
    share: { type: 'string' },
    reasons: { type: 'boolean', default: false },
    ...queueOptions,
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const ops = values.op?.split(',');
  const unknown = ops?.find((op) => !opDraws.has(op));
  if (unknown) throw new Error(`no op ${unknown}; there are ${[...opDraws.keys()].join(', ')}`);
  const report = await reported(ops);
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else print(report);
  process.exitCode = report.failures.length ? 1 : 0;
}

async function reported(ops: string[] | undefined): Promise<OnnxReport> {
  const run = { seed: Number(values.seed), targets: values.targets.split(',') as Target[] };
  const count = Number(values.count);
  if (values.queue && !values.replay)
    return fuzzOnnxOnQueue({ ...run, count, ops: ops ?? [...opDraws.keys()] }, values);
  const many = !values.replay && !values.share && Number(values.workers) > 1;
  if (many) return inParallel<OnnxReport>(Number(values.workers));
  const share = shareOf(values.share ?? '0/1');
  return fuzzOnnx({
    ...run,
    ops,
    share,
    count: values.replay ? 1 : part(count, share),
    replay: values.replay,
    seconds: Number(values.seconds),
    onProgress: ({ graphs, seconds, failures }) =>
      process.stderr.write(
        `${graphs} models, ${(graphs / seconds).toFixed(1)} a second, ${failures.length} failures\n`,
      ),
  });
}

function print({ graphs, seconds, ops, targets: tallies, failures }: OnnxReport): void {
  const rows = Object.entries(ops).sort(([a], [b]) => (a < b ? -1 : 1));
  const cells = rows.map(([op, { graphs: made, agree, refused, wrong, rejected }]) => {
    const reasons = Object.values(refused).reduce((sum, n) => sum + n, 0);
    return [op, made, agree, reasons, wrong, rejected].map(String);
  });
  printAligned([['op', 'models', 'agree', 'refused', 'wrong', 'rejected by ONNX Runtime'], ...cells], 1);
  if (values.reasons)
    for (const [op, { refused }] of rows)
      for (const [reason, n] of Object.entries(refused)) console.log(`${op}: ${n} ${reason}`);
  for (const failure of failures) console.log(failure);
  for (const [target, { agree, wrong, refused, unjudged, reasons }] of Object.entries(tallies)) {
    const numbers = `${agree} agree, ${wrong} wrong, ${unjudged} outputs not judged (bound too wide)`;
    console.log(`${target}: ${numbers}, ${refused} refused`);
    for (const [reason, n] of Object.entries(reasons).sort(([, a], [, b]) => b - a))
      console.log(`  ${n} ${reason}`);
  }
  console.log(`${graphs} models in ${seconds.toFixed(0)} s, ${failures.length} failures`);
}
