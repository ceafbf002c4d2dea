import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readModel } from '@ghostc/compiler';
import { buildFromSpec } from '@ghostc/ghostnet';
import { printAligned } from '../build/print-aligned.ts';
import type { Subject } from './mutant.ts';
import { mutantsOf } from './mutants-of.ts';
import { sampleOf, tally, type Verdict, verdictOf } from './tally.ts';
import { tryMutant } from './try-mutant.ts';

const help = `npm run mutants -- [--models LIST] [--count N] [--kinds LIST] [--shard I/N]

Breaks the compiler in one place at a time (kernels of the C and the WGSL after fusion, passes, plans), and asks whether
verify finds it, bisect names the layer, and what it calls smallest differs when it is run by itself. A change of 64 ulp of an
output's largest element or less is no fault. Leaves with 1 if one that is goes undetected.

  --models  comma-separated: ghost_fmnist, or a spec such as ghostnet:1.0@224 (default ghost_fmnist)
  --count   mutants of each of c, wgsl, pass, plan-c, plan-wgsl (default 20)
  --kinds   some of these
  --shard   the i-th of n parts of all that`;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    models: { type: 'string', default: 'ghost_fmnist' },
    count: { type: 'string', default: '20' },
    kinds: { type: 'string', default: 'c,wgsl,pass,plan-c,plan-wgsl' },
    shard: { type: 'string', default: '1/1' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const verdicts: Verdict[] = [];
  const [shard = 1, shards = 1] = values.shard.split('/').map(Number);
  for (const name of values.models.split(',')) {
    const subject = load(name);
    const sample = sampleOf(subject.graph);
    const mutants = mutantsOf(subject, values.kinds.split(','), Number(values.count));
    for (const mutant of mutants.filter((_, i) => i % shards === shard - 1)) {
      const trial = await tryMutant(mutant, sample);
      const verdict = verdictOf(trial);
      verdicts.push(verdict);
      console.log(`${verdict.padEnd(14)} ${trial.ulp.toExponential(1).padStart(9)} ulp  ${trial.name}`);
      if (verdict === 'not located')
        console.log(`  named: ${trial.report?.group.map(({ node }) => node).join(', ')}`);
    }
  }
  printAligned(tally(verdicts));
  process.exitCode = verdicts.every((one) => one === 'reproduced' || one === 'harmless') ? 0 : 1;
}

function load(name: string): Subject {
  if (name.startsWith('ghostnet:')) return { name, graph: buildFromSpec(name, { seed: 1 }) };
  const bytes = readFileSync(`test-fixtures/models/${name}/${name}.onnx`);
  return { name, graph: readModel(bytes, {}) };
}

if (values.help) console.log(help);
else await main();
