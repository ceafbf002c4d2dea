import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCli } from '../build/build-cli.mjs';
import { pythonVenv } from '../build/python-venv.mjs';
import { root } from '../build/setup.mjs';

const usage = `npm run bench:quantized [-- --rounds N] [--json] [MODEL.onnx...]

Int8 models of \`ghostc quantize --for onnxruntime\` beside those of ONNX Runtime's own quantiser: the least time of interleaved runs
on one thread, and the signal to noise of the outputs against float. Without a model: ghostnet:1.0.
Exit code 1 where ours takes more than 1.05 times as long, or is the noisier one.`;

const TARGET = 1.05;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '100' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(usage);
else await main();

async function main() {
  const ghostc = await buildCli();
  const python = join(pythonVenv('onnx==1.22.0', 'onnxruntime==1.32.0', 'numpy', 'sympy'), 'python');
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-quantized-'));
  try {
    const models = positionals.length ? positionals : [ghostNet(ghostc, folder)];
    const rows = models.map((model) => raced(python, [ghostc, values.rounds, model]));
    if (values.json) console.log(JSON.stringify(rows, null, 2));
    else console.table(Object.fromEntries(rows.map(rowOf)));
    const short = rows.filter(({ ratio, sqnr }) => ratio > TARGET || sqnr.ghostc < sqnr.onnxruntime);
    for (const { model } of short) console.error(`${model}: the target is missed`);
    process.exitCode = short.length ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ghostNet(ghostc, folder) {
  run(process.execPath, [ghostc, 'compile', 'ghostnet:1.0', '--target', 'onnx', '--out', folder]);
  return join(folder, 'ghostnet_1_0.onnx');
}

function raced(python, args) {
  console.error(`${basename(args.at(-1))} ...`);
  const row = JSON.parse(run(python, [join(root, 'tools/bench/quantized-for-ort.py'), ...args]));
  return { ...row, ratio: row.milliseconds.ghostc / row.milliseconds.onnxruntime };
}

function rowOf({ model, milliseconds, sqnr, ratio }) {
  const ms = (one) => `${milliseconds[one].toFixed(2)} ms`;
  const dB = (one) => `${sqnr[one].toFixed(1)} dB`;
  const columns = { float: ms('float'), 'ORT int8': ms('onnxruntime'), ghostc: ms('ghostc') };
  const noise = { 'SQNR ORT': dB('onnxruntime'), 'SQNR ghostc': dB('ghostc') };
  return [model, { ...columns, 'ghostc / ORT': ratio.toFixed(2), ...noise }];
}

function run(command, args) {
  return execFileSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
