import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime, litertPython, stopEngines } from '@ghostc/runtimes';
import { compareEverywhere, compareOperators } from './compare-everywhere.ts';
import { compareFolder } from './compare-folder.ts';
import {
  FLOAT_TOLERANCE,
  kerasFixture,
  kerasOutputs,
  modelFixture,
  modelOutputs,
  neededMlperfModels,
  operatorFixture,
  operatorOutputs,
  SEEDS,
} from './fixtures.ts';

const usage = `npm run compare:tflite -- [--update] [--models DIR] [--json]

Runs the models of MLPerf Tiny (../shared/models/mlperf-tiny, or the folder in GHOSTC_MLPERF_TINY) on ${SEEDS} seeded inputs each in the interpreter, in C, in
WGSL on Dawn and Deno, on 10 in Chromium, and on 3 in C on a Cortex-M4, and compares the outputs with those of TFLite's reference kernels: integers bit for bit, floats within the
error bounds derived for both sides and ${FLOAT_TOLERANCE}. Every operator of the float models is compared with TFLite on its
inputs there, within its own bound. Exit code 0 only if all agree.

  --operators   only rewrite TFLite's outputs of the operator cases and of Keras's models; no other model is needed
  --update      rewrite TFLite's outputs (test-fixtures/tflite) first
  --models DIR  instead: every .tflite of a folder on one seeded input, in the interpreter and in C, against TFLite
  --json        print JSON

Examples:
  npm run compare:tflite
  npm run compare:tflite -- --update
  pip download --no-deps mediapipe==0.10.14 && unzip -j -d mediapipe/ mediapipe-*.whl '*.tflite'
  npm run compare:tflite -- --models mediapipe/`;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    update: { type: 'boolean' },
    operators: { type: 'boolean' },
    models: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const runtimes = [interpreterRuntime, cRuntime('host')];
if (values.help) console.log(usage);
else if (values.operators) updateOperators();
else await main();

async function main(): Promise<void> {
  const rows = values.models ? await compareFolder(values.models, python(), runtimes) : await compareMlperf();
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else console.table(rows);
  await stopEngines();
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
}

async function compareMlperf(): Promise<{ holds: boolean }[]> {
  const models = neededMlperfModels();
  if (values.update) update(models);
  const rows: { holds: boolean }[] = [];
  for (const [name, model] of models) {
    rows.push(...(await compareEverywhere(name, model)));
    if (name.endsWith('_float')) rows.push(...compareOperators(python(), name, model));
  }
  return rows;
}

function python(): string {
  const found = litertPython();
  if (found) return found;
  throw new Error('python3 with ai-edge-litert is missing');
}

function updateOperators(): void {
  writeFileSync(operatorFixture, `${JSON.stringify(operatorOutputs(python()), null, 1)}\n`);
  writeFileSync(kerasFixture, `${JSON.stringify(kerasOutputs(python()), null, 1)}\n`);
}

function update(models: ReadonlyMap<string, Uint8Array>): void {
  updateOperators();
  writeFileSync(modelFixture, `${JSON.stringify(modelOutputs(python(), models), null, 1)}\n`);
}
