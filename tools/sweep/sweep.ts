import { parseArgs } from 'node:util';
import { convTransposeCases } from './conv-transpose-cases.ts';
import { everyNth } from './every-nth.ts';
import { resizeCases } from './resize-cases.ts';
import { runSweep, type SweepTally, sweepTargets } from './run-sweep.ts';

/** Every attribute of Resize and ConvTranspose on all targets, against ONNX Runtime. Exit code 1 when anything is wrong. */
const usage = `npm run sweep -- [--ops LIST] [--every N] [--from I] [--wrong N]

  --ops LIST   of resize, conv-transpose (default both)
  --every N    every N-th case only (default 1)
  --from I     the first case (default 0)
  --wrong N    wrong cases that are printed (default 40)`;

const generators = { resize: resizeCases, 'conv-transpose': convTransposeCases };

const { values } = parseArgs({
  allowPositionals: true, // the file that run-ts.mjs was given
  options: {
    ops: { type: 'string', default: 'resize,conv-transpose' },
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    wrong: { type: 'string', default: '40' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else for (const op of values.ops.split(',')) await sweep(op as keyof typeof generators);

async function sweep(op: keyof typeof generators): Promise<void> {
  const cases = everyNth(generators[op](), { every: Number(values.every), from: Number(values.from) });
  const tally = await runSweep(cases, (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} cases `);
  });
  print(op, tally);
  if (tally.wrong.length) process.exitCode = 1;
}

function print(op: string, { cases, skipped, counts, wrong, refusals }: SweepTally): void {
  console.log(`${op}: ${cases} cases, ${skipped} that ONNX Runtime refuses`);
  console.log(`${'target'.padEnd(12)}    agree  refused    wrong`);
  for (const target of sweepTargets) {
    const { agree, refused, wrong: bad } = counts[target];
    console.log(target.padEnd(12) + [agree, refused, bad].map((n) => String(n).padStart(9)).join(''));
  }
  for (const [reason, count] of refusals) console.log(`refused ${count} times: ${reason}`);
  for (const line of wrong.slice(0, Number(values.wrong))) console.log(line);
}
