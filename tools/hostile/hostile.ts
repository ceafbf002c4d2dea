import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commands } from './commands.ts';
import { hostileModels } from './hostile-models.ts';
import { type Limits, type Outcome, runLimited } from './run-limited.ts';

/** Every command over every hostile model, within 5 s and 1 GB. Exit code 1 when anything is wrong. */
const usage = `npm run hostile -- [--models REGEX] [--commands LIST] [--size N] [--folder DIR] [--seconds S] [--megabytes M] [--jobs N]

  --models REGEX   names of models (default all)
  --commands LIST  of ${Object.keys(commands).join(', ')}
  --size N         nodes of long graphs, branches of wide ones (default 10000)
  --folder DIR     folders with model.onnx in place of our own models
  --seconds S      processor time of the command itself, of all its threads (default 7: about 5 s on an idle machine)
  --megabytes M    its memory (default 1000)
  --jobs N         commands at a time (default 1)
  --all            prints what is right, too`;

const { values } = parseArgs({
  allowPositionals: true, // the file that run-ts.mjs was given
  options: {
    models: { type: 'string', default: '' },
    commands: { type: 'string', default: Object.keys(commands).join(',') },
    size: { type: 'string', default: '10000' },
    folder: { type: 'string' },
    seconds: { type: 'string', default: '7' },
    megabytes: { type: 'string', default: '1000' },
    jobs: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await sweep(resolve('apps/cli/dist/ghostc.mjs'));

type Models = ReadonlyMap<string, () => Uint8Array>;

function modelsOf(folder: string): Models {
  return new Map(
    readdirSync(folder).map((name) => [name, () => readFileSync(join(folder, name, 'model.onnx'))]),
  );
}

async function sweep(cli: string): Promise<void> {
  const limits: Limits = { seconds: Number(values.seconds), megabytes: Number(values.megabytes) };
  const chosen = new RegExp(values.models);
  const models = values.folder ? modelsOf(values.folder) : hostileModels(Number(values.size));
  const names = [...models.keys()].filter((name) => chosen.test(name));
  const queue = names.flatMap((name) =>
    values.commands.split(',').map((command) => [name, command] as const),
  );
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  for (const name of names) writeFileSync(join(folder, `${name}.onnx`), models.get(name)?.() ?? '');
  let [done, wrong] = [0, 0];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [name, command] = next;
      const out = join(folder, `${name}-${command}`);
      const args = commands[command]?.(join(folder, `${name}.onnx`), out) ?? [];
      const outcome = await runLimited([cli, ...args], { out, limits });
      rmSync(out, { recursive: true, force: true });
      done++;
      if (outcome.fault) wrong++;
      if (outcome.fault || values.all) console.log(lineOf(name, command, outcome));
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${done} runs, ${wrong} wrong`);
  if (wrong) process.exitCode = 1;
}

function lineOf(name: string, command: string, outcome: Outcome): string {
  const { fault, status, seconds, childSeconds, megabytes, message } = outcome;
  const took = `${seconds.toFixed(1).padStart(6)} s ${childSeconds.toFixed(1).padStart(6)} s ${megabytes.toFixed(0).padStart(5)} MB`;
  return `${name.padEnd(30)} ${command.padEnd(8)} ${status} ${took}  ${fault || 'right'}  ${message.slice(0, 200)}`;
}
