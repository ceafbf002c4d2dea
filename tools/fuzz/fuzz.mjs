import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, setup } from '../build/setup.mjs';
import { buildWorker } from './build-worker.mjs';
import { runTarget } from './run-target.mjs';

/** As `fuzz/targets.ts` has them. */
const names = [
  'onnx',
  'onnx-fields',
  'onnx-compile',
  'tensor-proto',
  'text',
  'safetensors',
  'tflite',
  'tflite-fields',
  'tflite-compile',
  'npy',
  'png',
  'jpeg',
  'calibration',
];

const usage = `npm run fuzz -- [--seconds N] [--runs N] [--target NAME]... [--seed N] [--json]

Coverage-guided fuzzing of every reader of foreign bytes. An input may make a reader say what is wrong with it (a
CompileError); any other exception, more than 5 s (of the processor) or more than 1 GiB is a failure, and the input is saved in fuzz-failures/.

  --seconds N    for all targets together (default 60)
  --runs N       at most, for each target
  --target NAME  only these: ${names.join(', ')}
  --seed N       of the mutations (default 1)

Examples:
  npm run fuzz -- --seconds 600
  npm run fuzz -- --target text --runs 100000`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: String(2 ** 31) },
    target: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

async function main() {
  await setup();
  const { folder, script } = buildWorker();
  try {
    const wanted = values.target.length ? values.target : names;
    const unknown = wanted.find((name) => !names.includes(name));
    if (unknown) throw new Error(`there is no target ${unknown}; there are ${names.join(', ')}`);
    const reports = [];
    for (const target of wanted)
      reports.push(await fuzz(target, script, Number(values.seconds) / wanted.length));
    summarize(reports);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fuzz(target, script, seconds) {
  const report = await runTarget(target, {
    script,
    seconds,
    runs: Number(values.runs),
    seed: Number(values.seed),
    fixtures: join(root, 'test-fixtures'),
    onProgress: ({ runs, corpus, coverage }) => {
      if (process.stderr.isTTY)
        process.stderr.write(`\r${target}: ${runs} runs, ${corpus} inputs kept, ${coverage} statements  `);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (report.failure) report.saved = save(target, report.failure);
  return report;
}

function save(target, { input, reason }) {
  const folder = join(root, 'fuzz-failures');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${target}-${Date.now()}.bin`);
  writeFileSync(file, input);
  console.error(`${target}: ${reason}\n  input saved: ${file}`);
  return file;
}

function summarize(reports) {
  const rows = reports.map(({ target, runs, corpus, coverage, statements, peakBytes, failure }) => ({
    target,
    runs,
    corpus,
    'statements reached': `${coverage} of ${statements}`,
    'peak MB': Math.round(peakBytes / 2 ** 20),
    failure: failure ? failure.reason.split('\n')[0] : 'none',
  }));
  if (values.json) console.log(JSON.stringify({ runs: sum(reports), targets: rows }, null, 2));
  else {
    console.table(Object.fromEntries(rows.map(({ target, ...rest }) => [target, rest])));
    console.log(`${sum(reports)} executions`);
  }
  process.exitCode = reports.some(({ failure }) => failure) ? 1 : 0;
}

function sum(reports) {
  return reports.reduce((total, { runs }) => total + runs, 0);
}
