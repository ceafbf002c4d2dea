import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { venvPython } from '../build/venv-python.ts';
import { chartText } from './host/chart.ts';
import { type Contest, contests, type Workshop } from './host/contests.ts';
import {
  driverText,
  enginesScript,
  type NetHeader,
  netHeader,
  type Racer,
  type Result,
  race,
} from './host/racers.ts';

const usage = `npm run bench:host [-- [--json] [--svg FILE] [WORD...]]

One inference on one core of this machine: our C (-O3 -march=native, and a plain -O2, which dispatches at run time) beside ONNX
Runtime, OpenVINO, LiteRT with XNNPACK, MNN and ncnn, each with one thread. Least processor time of interleaved rounds; the time
from where each takes the model to its first output; the most memory of its process, which for the engines has Python in it.
--json has the medians as well, --svg draws the times. With words, only the models whose names have all of them: \`ResNet float\`. The models of MLPerf Tiny are where bench:mcu has them.
Exit code 1 where ours takes longer than the fastest that computes the same, or -O2 takes over 1.05 times as long as -march=native.`;

const root = process.cwd();
const peers = [
  'onnxruntime==1.32.0',
  'openvino==2026.4.1',
  'ai-edge-litert==2.3.0',
  'MNN==3.6.1',
  'ncnn==1.0.20261020',
];
const packages = [...peers, 'pnnx==20261020', 'onnx==1.22.0', 'numpy'];

const ours = 'ghostc';
const plain = 'ghostc, cc -O2';
const builds = { [ours]: ['-O3', '-march=native'], [plain]: ['-O2'] };
const PLAIN_LIMIT = 1.05;
/** As part of the largest output. int8 engines round otherwise, which an untrained network multiplies. */
const SAME = { float: 1e-3, int8: 0.5 };

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  allowPositionals: true,
  options: { json: { type: 'boolean' }, svg: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  run(process.execPath, ['tools/build/build-cli.mjs']);
  const ghostc = join(root, 'apps/cli/dist/ghostc.mjs');
  const python = venvPython(root, packages);
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-host-'));
  const shop: Workshop = {
    root,
    folder,
    ghostc: (...args) => run(process.execPath, [ghostc, ...args]),
    python: (...args) => run(python, args),
  };
  try {
    const rows = [];
    for (const [name, make] of contests(positionals)) {
      console.error(`${name} ...`);
      const contest = make(shop);
      rows.push(rowOf(contest, await race(racers(shop, python, contest))));
    }
    report(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function racers(shop: Workshop, python: string, contest: Contest): Racer[] {
  const folder = dirname(contest.tflite);
  shop.ghostc(
    'compile',
    contest.source,
    '--target',
    'c',
    '--name',
    'net',
    '--weights',
    'bin',
    '--out',
    folder,
  );
  const header = netHeader(readFileSync(join(folder, 'net.h'), 'utf8'));
  const input = inputOf(header);
  const file = join(folder, 'input');
  writeFileSync(file, seeded(input));
  writeFileSync(join(folder, 'main.c'), driverText(header));
  const own = Object.entries(builds).map(([name, flags]): Racer => {
    const [program, output] = [join(folder, `net${flags[0]}`), join(folder, `out${flags[0]}`)];
    run('cc', [...flags, '-w', ...['main.c', 'net.c', 'net_weights.S'], '-lm', '-o', program], folder);
    return { name, command: program, args: [file, output], output };
  });
  const engine = (name: string, model: string): Racer => {
    const output = join(folder, `out-${name}`);
    const args = [enginesScript(root), name, model, file, input.shape.join('x'), input.type, output];
    return { name, command: python, args, output };
  };
  const { onnx, tflite, type } = contest;
  const both = [engine('onnxruntime', onnx), engine('openvino', onnx), engine('litert', tflite)];
  if (type === 'int8') return [...own, ...both]; // MNN and ncnn read no quantised ONNX
  const mnn = join(folder, 'net.mnn');
  run(join(dirname(python), 'mnnconvert'), ['-f', 'ONNX', '--modelFile', onnx, '--MNNModel', mnn], folder);
  const shape = `inputshape=[${input.shape}]f32`;
  run(join(dirname(python), 'pnnx'), [onnx, shape, 'fp16=0'], folder);
  return [...own, ...both, engine('mnn', mnn), engine('ncnn', onnx.replace(/\.onnx$/, '.ncnn'))];
}

interface Input {
  readonly type: 'float32' | 'int8';
  readonly shape: readonly number[];
}

/** The input as the emitted header states it. */
function inputOf({ stated: [first] }: NetHeader): Input {
  return { type: first?.type === 'i8' ? 'int8' : 'float32', shape: first?.shape ?? [] };
}

function seeded({ type, shape }: Input): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (type === 'int8') return Uint8Array.from({ length: count }, (_, i) => (i * 7919) % 256);
  const values = Float32Array.from({ length: count }, (_, i) => (((i * 7919) % 2001) - 1000) / 1000);
  return new Uint8Array(values.buffer);
}

interface Row {
  readonly name: string;
  readonly results: readonly Result[];
  /** Of the fastest peer that computes the same. */
  readonly fastest: string;
  /** Our time over that of the fastest, and over that of -march=native. */
  readonly ratio: number;
  readonly plainRatio: number;
}

function rowOf({ name, type }: Contest, results: readonly Result[]): Row {
  const time = (racer: string): number => results.find((one) => one.racer === racer)?.milliseconds ?? NaN;
  const [first] = results
    .filter(({ racer, off }) => racer !== ours && racer !== plain && off <= SAME[type])
    .sort((a, b) => a.milliseconds - b.milliseconds);
  return {
    name,
    results,
    fastest: first?.racer ?? 'none',
    ratio: time(ours) / (first?.milliseconds ?? NaN),
    plainRatio: time(plain) / time(ours),
  };
}

function report(rows: readonly Row[]): void {
  const machine = `${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`;
  if (values.json) console.log(JSON.stringify({ machine, builds, peers, rows }, null, 2));
  else {
    console.log(
      `one core of ${machine}; least milliseconds of processor time; (off): largest difference from ours where that is over 0.001`,
    );
    console.table(Object.fromEntries(rows.map(({ name, ...row }) => [name, cellsOf(row)])));
    console.log('milliseconds to the first output, and megabytes of memory at most');
    console.table(Object.fromEntries(rows.map(({ name, results }) => [name, startsOf(results)])));
  }
  if (values.svg) writeFileSync(values.svg, chartText(machine, rows));
  const short = rows.filter(({ ratio, plainRatio }) => ratio > 1 || plainRatio > PLAIN_LIMIT);
  process.exitCode = short.length ? 1 : 0;
}

function cellsOf({ results, fastest, ratio, plainRatio }: Omit<Row, 'name'>): Record<string, string> {
  const cells = results.map(({ racer, milliseconds, off }) => [
    racer,
    `${milliseconds.toPrecision(3)}${off > 1e-3 ? ` (${off.toPrecision(1)})` : ''}`,
  ]);
  const ratios = { fastest, 'ours / fastest': ratio.toFixed(2), '-O2 / native': plainRatio.toFixed(2) };
  return { ...Object.fromEntries(cells), ...ratios };
}

function startsOf(results: readonly Result[]): Record<string, string> {
  return Object.fromEntries(
    results
      .filter(({ racer }) => racer !== plain)
      .map(({ racer, load, memory }) => [
        racer,
        `${load.toFixed(load < 10 ? 1 : 0)} ms, ${memory.toFixed(0)} MB`,
      ]),
  );
}

function run(command: string, args: readonly string[], cwd = root): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 26 });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`${command} ${args.join(' ')}: ${stderr?.trim() ?? error}`);
  }
}
