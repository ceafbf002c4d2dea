import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readModel } from '@ghostc/compiler';
import { buildFromSpec } from '@ghostc/ghostnet';
import { printAligned } from '../build/print-aligned.ts';
import { mutantsDocument, type Tried } from './document.ts';
import type { Mutant, Subject } from './mutant.ts';
import { mutantsOf } from './mutants-of.ts';
import { isShort, sampleOf, tally, verdictOf } from './tally.ts';
import { tryMutant } from './try-mutant.ts';

const help = `npm run mutants -- [--models LIST] [--kinds LIST] [--log FILE] [--seconds N] [--document FILE]

Breaks the compiler in one place at a time (kernels of the C and the WGSL after fusion, passes, plans), and asks whether
verify finds it, bisect names the layer, and what it calls smallest differs when it is run by itself. A change of 64 ulp of an
output's largest element or less is no fault. Leaves with 1 if one that is goes undetected.

  --models    comma-separated: ghost_fmnist, or a spec such as ghostnet:1.0@224 (default ghost_fmnist,ghostnet:1.0@224)
  --kinds     kinds and how many of each, per model (default c:15,wgsl:15,pass:4,plan-c:3,plan-wgsl:3,none)
  --log       a file that gets a line of JSON for each; those that it has are not tried again
  --seconds   begin no further one after this time
  --document  write the table of the log: docs/mutants.md`;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    models: { type: 'string', default: 'ghost_fmnist,ghostnet:1.0@224' },
    kinds: { type: 'string', default: 'c:15,wgsl:15,pass:4,plan-c:3,plan-wgsl:3,none' },
    log: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    document: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const tried = logged();
  const end = performance.now() + 1000 * Number(values.seconds);
  for (const name of values.models.split(',')) {
    const subject = load(name);
    const sample = sampleOf(subject.graph);
    for (const mutant of mutantsOf(subject, values.kinds.split(','))) {
      if (tried.some((one) => one.name === mutant.name) || performance.now() > end) continue;
      const one = await tryOne(subject, mutant, sample);
      tried.push(one);
      if (values.log) appendFileSync(values.log, `${JSON.stringify(one)}\n`);
      console.log(`${one.verdict.padEnd(14)} ${String(one.ulp).padStart(9)} ulp  ${one.name}`);
      if (one.verdict === 'not located') console.log(`  named: ${one.named.join(', ')}`);
    }
  }
  printAligned(tally(tried.map(({ verdict }) => verdict)));
  if (values.document) writeFileSync(values.document, mutantsDocument(tried));
  process.exitCode = tried.some(({ verdict }) => isShort(verdict)) ? 1 : 0;
}

function logged(): Tried[] {
  if (!values.log || !existsSync(values.log)) return [];
  const lines = readFileSync(values.log, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

async function tryOne(
  { name: model }: Subject,
  mutant: Mutant,
  sample: ReturnType<typeof sampleOf>,
): Promise<Tried> {
  const { cpuUsage } = process;
  const before = cpuUsage();
  const trial = await tryMutant(mutant, sample);
  const { user, system } = cpuUsage(before);
  const { name, kind } = mutant;
  return {
    ...{ model, name, kind, verdict: verdictOf(trial), ulp: trial.ulp.toExponential(1) },
    named: trial.report?.group.map(({ node }) => node) ?? [],
    seconds: Math.round((user + system) / 1e6),
  };
}

function load(name: string): Subject {
  if (name.startsWith('ghostnet:')) return { name, graph: buildFromSpec(name, { seed: 1 }) };
  const bytes = readFileSync(`test-fixtures/models/${name}/${name}.onnx`);
  return { name, graph: readModel(bytes, {}) };
}

if (values.help) console.log(help);
else await main();
