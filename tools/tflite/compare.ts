import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime } from '@ghostc/runtimes';
import { compareModel } from './compare-model.ts';
import {
  mlperfModels,
  modelFixture,
  modelOutputs,
  operatorFixture,
  operatorOutputs,
  readFixture,
  SEEDS,
} from './fixtures.ts';
import { findPython } from './reference.ts';

const usage = `npm run compare:tflite -- [--update] [--json]

Runs the models of MLPerf Tiny (../shared/models/mlperf-tiny) on ${SEEDS} seeded inputs each in the interpreter and in C, and on 3 in C
on a Cortex-M4, and holds the outputs against those of TFLite's reference kernels: integers bit for bit, floats within the
error bounds derived for both sides. Exit code 0 only if all hold.

  --update  write TFLite's outputs (test-fixtures/tflite) anew first
  --json    print JSON

Examples:
  npm run compare:tflite
  npm run compare:tflite -- --update`;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { update: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const models = mlperfModels();
  if (!models) throw new Error('../shared/models/mlperf-tiny is absent: there is nothing to compare');
  if (values.update) update(models);
  const rows = [];
  for (const [name, model] of models) rows.push(...(await compareEverywhere(name, model)));
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else console.table(rows);
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
}

function update(models: ReadonlyMap<string, Uint8Array>): void {
  const python = findPython();
  if (!python) throw new Error('python3 with ai-edge-litert is missing');
  writeFileSync(operatorFixture, `${JSON.stringify(operatorOutputs(python), null, 1)}\n`);
  writeFileSync(modelFixture, `${JSON.stringify(modelOutputs(python, models), null, 1)}\n`);
}

async function compareEverywhere(name: string, model: Uint8Array) {
  const expected = readFixture(modelFixture)[name] ?? '';
  const targets = [
    { runtime: interpreterRuntime, seeds: SEEDS },
    { runtime: cRuntime('host'), seeds: SEEDS },
    { runtime: cRuntime('cortex-m4'), seeds: 3 },
  ];
  const rows = [];
  for (const { runtime, seeds } of targets) {
    process.stderr.write(`${name} on ${runtime.name}, ${seeds} inputs ...\n`);
    const result = await compareModel(runtime, { model, expected, seeds }).catch((error: Error) => error);
    const holds = !(result instanceof Error) && result.ofBound <= 1;
    const shown = result instanceof Error ? { problem: result.message.split('\n')[0] } : result;
    rows.push({ model: name, target: runtime.name, inputs: seeds, holds, ...shown });
  }
  return rows;
}
