import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Dim } from '@ghostc/ir';
import { onnxTestFolder } from '../conformance/onnx-tests.ts';
import { everyNth } from '../sweep/every-nth.ts';
import { fetchModel, type ZooModel } from '../zoo/fetch-model.ts';
import { checkRoundTrips, type ModelFile, modelsBelow } from './check-round-trips.ts';
import type { Judged } from './compare-models.ts';

const usage = `npm run round-trip -- [FOLDER...] [--zoo] [--filter TEXT] [--every N] [--batch SIZE] [--opset N] [--json]

Loads and saves every .onnx below the folders, and the ONNX backend tests: each has to pass onnx.checker, to give the same
outputs in ONNX Runtime, on the inputs beside it or on random ones, and to keep names, opset and metadata.

  --zoo          the trained models of npm run zoo instead
  --filter TEXT  only paths with the text
  --every N      each Nth of them
  --batch SIZE   3 (times as many as it takes), or a name: each of three samples has to give what it gives by itself
  --opset N      save in this opset or a later one
  --json         every model as JSON

Exit code 0 if all do, 1 otherwise.`;

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  options: {
    filter: { type: 'string', default: '' },
    batch: { type: 'string' },
    opset: { type: 'string' },
    every: { type: 'string', default: '1' },
    zoo: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
if (values.help) console.log(usage);
else process.exitCode = await roundTrips(positionals);

async function roundTrips(given: readonly string[]): Promise<number> {
  const folders = given.length || values.zoo ? given : [await onnxTestFolder(process.cwd())];
  const all = [...folders.flatMap(modelsBelow), ...(values.zoo ? zooFiles() : [])];
  const files = all.filter(({ path }) => path.includes(values.filter));
  const judged = checkRoundTrips([...everyNth(files, { every: Number(values.every) })], {
    batch: batchOf(values.batch),
    opset: values.opset === undefined ? undefined : Number(values.opset),
  });
  report(judged);
  return judged.every(({ status }) => status === 'same' || status === 'unrunnable') ? 0 : 1;
}

function zooFiles(): ModelFile[] {
  const cache = join(process.cwd(), 'node_modules/.cache/zoo');
  const models: readonly ZooModel[] = JSON.parse(readFileSync('tools/zoo/models.json', 'utf8'));
  return models.map((model) => ({ path: fetchModel(model, cache), bind: model.bind }));
}

function batchOf(text: string | undefined): Dim | undefined {
  return text === undefined || Number.isNaN(Number(text)) ? text : Number(text);
}

function report(judged: readonly Judged[]): void {
  const counts: Record<string, number> = {};
  for (const { status } of judged) counts[status] = (counts[status] ?? 0) + 1;
  if (values.json) console.log(JSON.stringify({ counts, judged }, null, 2));
  else {
    for (const { name, status, reason = '' } of judged)
      if (status !== 'same') console.log(`${status.padEnd(10)} ${name}: ${reason.replaceAll('\n', ' ')}`);
    console.log(
      `${judged.length} models: ${Object.entries(counts)
        .map(([status, n]) => `${n} ${status}`)
        .join(', ')}`,
    );
  }
}
