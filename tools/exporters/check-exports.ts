import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { optimize, readModel } from '@ghostc/compiler';
import { messageOf } from '@ghostc/ir';

const usage = `npm run exporters -- FOLDER [PATTERN] [--verify TARGETS] [--smaller MB]

Reads the models that tools/exporters/export_models.py wrote into FOLDER, and holds the Ghost modules that are found against those
in each network's code.

  --verify TARGETS  run ghostc verify, too: onnx,c,wgsl
  --smaller MB      only files below this size

Exit code 0 only if all are read, every Ghost module is found, and every target agrees or is refused by name.`;

/** The entry of index.json for a file. */
interface Export {
  readonly network: string;
  readonly ghostModules: number;
  /** Sizes of its symbolic dimensions. */
  readonly bind?: Readonly<Record<string, number>>;
  /** Why PyTorch's exporter wrote none. */
  readonly refusedByExporter?: string;
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  options: { verify: { type: 'string' }, smaller: { type: 'string' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const [folder, pattern = ''] = positionals;
if (values.help || !folder) console.log(usage);
else process.exitCode = checkAll(folder);

function checkAll(from: string): number {
  const index: Record<string, Export> = JSON.parse(readFileSync(join(from, 'index.json'), 'utf8'));
  const counts = { written: 0, good: 0, bad: 0, refusedByExporter: 0 };
  const most = 2 ** 20 * Number(values.smaller ?? Infinity);
  for (const [file, entry] of Object.entries(index)) {
    const path = join(from, file);
    if (!file.includes(pattern)) continue;
    if (!existsSync(path)) counts.refusedByExporter++;
    else if (statSync(path).size < most) {
      const [good, line] = check(path, entry);
      counts.written++;
      counts[good ? 'good' : 'bad']++;
      console.log(`${good ? 'good' : 'BAD '} ${file}: ${line}`);
    }
  }
  console.log(JSON.stringify(counts));
  return counts.bad ? 1 : 0;
}

function check(path: string, { ghostModules, bind = {} }: Export): [good: boolean, line: string] {
  try {
    const graph = readModel(readFileSync(path), { file: path, bind: new Map(Object.entries(bind)) });
    const before = graph.nodeCount;
    const optimized = optimize(graph);
    const found = [...optimized.nodes()].filter(({ op }) => op === 'ghost_module').length;
    const verdicts = values.verify ? verify(path, values.verify, bind) : [];
    const line = [`${found} of ${ghostModules} Ghost modules`, `${before} to ${optimized.nodeCount} nodes`];
    const wrong = verdicts.some((verdict) => verdict.endsWith('fail'));
    return [found >= ghostModules && !wrong, [...line, ...verdicts].join(', ')];
  } catch (error) {
    return [false, messageOf(error).split('\n')[0] ?? ''];
  }
}

function verify(path: string, targets: string, bind: NonNullable<Export['bind']>): string[] {
  const sizes = Object.entries(bind).flatMap(([name, size]) => ['--bind', `${name}=${size}`]);
  const how = ['--targets', targets, '--any-work', '--json', ...sizes];
  const command = ['apps/cli/dist/ghostc.mjs', 'verify', path, ...how];
  const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  try {
    const { targets: verdicts } = JSON.parse(stdout) as { targets: { target: string; status: string }[] };
    return verdicts.map(({ target, status }) => `${target} ${status}`);
  } catch {
    throw new Error(stderr.split('\n')[0]);
  }
}
