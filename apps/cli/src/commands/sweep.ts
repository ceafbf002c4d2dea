import { basename, extname, join } from 'node:path';
import { type Target, targets } from '@ghostc/compiler';
import { openStore } from '@ghostc/jobs';
import { Command, Option } from 'commander';
import { type EngineFlags, openEngine } from '../jobs/open-engine.ts';
import { parseInteger, parsePositive } from '../parse-count.ts';
import { showStep, startProgress } from '../progress.ts';
import { compiledPoint } from '../sweep/compiled-point.ts';
import { readPoints } from '../sweep/read-points.ts';
import { type PointLine, runSweep, type SweepOutcome } from '../sweep/run-sweep.ts';
import { sweepPage } from '../sweep/sweep-page.ts';
import { loadSweepSpec, type SweepSpec } from '../sweep/sweep-spec.ts';
import { sortedFront, sweepText } from '../sweep/sweep-text.ts';
import { holdLock } from '../while-locked.ts';
import { makeFolder, writeFiles } from '../write-files.ts';

interface SweepFlags extends EngineFlags {
  readonly out?: string;
  readonly fits?: string;
  readonly store?: string;
  readonly compile?: string;
  readonly target: Target;
  readonly json?: boolean;
}

export function sweepCommand(): Command {
  return new Command('sweep')
    .description(
      'find the GhostNets, or models of yours, that suit a board best: many points, and those no other beats',
    )
    .argument('<spec>', 'what to try and what counts: .json, or .ts or .js with a default export')
    .option('--out <dir>', 'folder of points.jsonl and report.html (default: sweep-NAME of the spec)')
    .option('--fits <board>', 'only this board, and only points that fit it')
    .option('--threads <n>', 'points at once on this machine', parsePositive, 2)
    .addOption(
      new Option('--queue <url>', 'leave the points to ghostc worker: redis://..., rediss://...').env(
        'GHOSTC_QUEUE',
      ),
    )
    .option('--priority <n>', 'on the queue, lower comes earlier', parseInteger, 0)
    .option(
      '--store <place>',
      'where results and models are: a folder, or s3://BUCKET/PREFIX (default: OUT/store)',
    )
    .option('--seconds <n>', 'seconds that a point may take on this machine', parsePositive, 600)
    .option('--memory <n>', 'MB of memory that a point may take on this machine', parsePositive, 2048)
    .option('--compile <id>', 'compile a point of the sweep into OUT/ID instead')
    .addOption(new Option('--target <target>', 'what --compile makes').choices(targets).default('c'))
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(runCommand);
}

const help = `
points.jsonl has a line for each point, on the disk before the next one. A sweep that was stopped or killed resumes where it left off;
the same spec gives the same bytes, on threads and through a queue. Where no weights are given, they are generated from a hash of the model.
RAM, flash and instructions are planned, without code and stack; "measure": "compiled" asks the board's compiler and QEMU.

Examples:
  ghostc sweep spec.json
  ghostc sweep spec.json --fits nrf52840 --json
  ghostc sweep spec.json --compile 3f2a90c1d4e5
  ghostc sweep spec.json --queue redis://localhost:6379   (and ghostc worker --queue ... where the work is done)

A spec:
  { "space": { "width": { "from": 0.1, "to": 0.5, "step": 0.05 }, "resolution": [64, 96], "classes": 10,
               "ratio": [2, 3], "dw": [3, 5], "se": [0, 0.25], "bits": ["float", "int8"], "board": ["nrf52840"] },
    "objectives": ["ram", "instructions", "sqnr"],
    "constraints": { "fits": true, "flash": { "max": 900000 } },
    "strategy": { "kind": "nsga2", "population": 40, "generations": 12, "seed": 1 } }

Also: family, depth, model (files, or SPEC + STATE DICT), io, bands; the strategies grid and random. docs/sweep.md documents all of them.`;

async function runCommand(file: string, flags: SweepFlags): Promise<void> {
  const spec = await loadSweepSpec(file, flags);
  const out = flags.out ?? `sweep-${basename(file, extname(file))}`;
  if (flags.compile !== undefined) return compile(spec, out, { ...flags, id: flags.compile });
  const points = join(out, 'points.jsonl');
  const outcome = await searched(spec, out, flags);
  const lines: PointLine[] = [];
  for await (const line of readPoints(points)) lines.push(line);
  const onFront = new Set(outcome.front);
  const front = sortedFront(
    spec,
    lines.filter(({ id }) => onFront.has(id)),
  );
  console.log(flags.json ? JSON.stringify({ ...outcome, front }, null, 2) : sweepText(spec, outcome, front));
  const page = sweepPage(spec, { outcome, points: lines }, `Sweep ${basename(file)}`);
  for (const written of writeFiles(out, new Map([['report.html', page]]))) console.error(`wrote ${written}`);
  if (outcome.failed.length || front.length === 0) process.exitCode = 1;
}

async function searched(spec: SweepSpec, out: string, flags: SweepFlags): Promise<SweepOutcome> {
  makeFolder(out);
  const store = openStore(flags.store ?? join(out, 'store'));
  const release = holdLock(out);
  const progress = startProgress('starting');
  try {
    const engine = await openEngine(flags, store.place);
    const onPoint = (done: number, total: number): void => showStep(progress, `point ${done} of ${total}`);
    try {
      return await runSweep(spec, { engine, store, file: join(out, 'points.jsonl'), onPoint });
    } finally {
      await engine.close();
    }
  } finally {
    progress.stop();
    release();
  }
}

async function compile(
  spec: SweepSpec,
  out: string,
  { id, target, store }: SweepFlags & { readonly id: string },
): Promise<void> {
  const request = {
    id,
    target,
    store: openStore(store ?? join(out, 'store')),
    file: join(out, 'points.jsonl'),
  };
  const files = await compiledPoint(spec, request);
  for (const file of writeFiles(join(out, id), files)) console.error(`wrote ${file}`);
}
