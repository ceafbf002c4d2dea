import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ArtefactModel, artefactModels } from '../artefacts/artefact-models.ts';
import { artefactVariants } from '../artefacts/artefact-variants.ts';
import { differences, hashesByFile } from '../artefacts/differences.ts';
import { hashVariant } from '../artefacts/hash-variant.ts';

const usage = `npm run artefacts -- [NAME]... [--sample] [--against FILE]

Compiles every fixture model, those of ../shared/models and every conformance case for every target and device with the main
options, and prints a line for each file: sha256, model, target, options, file. A refactoring leaves all of them as they are.

  NAME            only models whose names contain one of these
  --sample        one in 20 of the small models, by a hash of their names, in less than a minute
  --against FILE  lines of an earlier run: print what differs, and leave with 1 if anything does

Examples:
  npm run --silent artefacts > /tmp/before
  npm run artefacts -- --sample --against /tmp/before`;

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  allowPositionals: true,
  options: {
    sample: { type: 'boolean', default: false },
    against: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(usage);
else if (values.against === undefined) for (const line of lines()) console.log(line);
else compareWith(values.against);

function* lines(): Generator<string> {
  for (const model of chosenModels())
    for (const variant of artefactVariants(model)) yield* hashVariant(model.name, variant);
}

function chosenModels(): ArtefactModel[] {
  const all = artefactModels().filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  if (!values.sample) return all;
  const small = all.filter(({ name }) => /^(test-fixtures.cases|conformance)/.test(name));
  return small.filter(({ name }) => createHash('sha256').update(name).digest().readUInt32LE() % 20 === 0);
}

/** Prints differences as they are found. */
function compareWith(file: string): void {
  const models = new Set(chosenModels().map(({ name }) => name));
  const before = readFileSync(file, 'utf8').split('\n');
  const old = hashesByFile(before.filter((line) => models.has(line.split(' ')[1] ?? '')));
  let [files, found] = [0, 0];
  for (const difference of differences(old, lines())) {
    if (difference === undefined) files++;
    else {
      console.log(difference);
      found++;
    }
  }
  console.log(`${files} files are the same, ${found} differ`);
  if (found) process.exitCode = 1;
}
