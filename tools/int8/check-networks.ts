import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lowerForQuantizer, optimize, readModel } from '@ghostc/compiler';
import { interpret } from '@ghostc/interpreter';
import { type Graph, itemAt, type Tensor, toNumbers } from '@ghostc/ir';
import { autoQuantize, SignalToNoise } from '@ghostc/quant';
import { venvPython } from '../build/venv-python.ts';
import type { Row } from './row.ts';
import { seededPictures } from './seeded-pictures.ts';

const root = process.cwd();
const ort = ['onnx==1.22.0', 'onnxruntime==1.32.0', 'numpy', 'sympy'];
const exporters = [
  ...['torch==2.15.0', 'torchvision==0.29.2', 'timm==1.0.31'],
  ...['ultralytics==8.4.190', 'onnx==1.22.0', 'onnxscript==0.7.2'],
];

/** Name, and the network as tools/exporters/export_models.py calls it. Weights are seeded: trained ones are in no package. */
const networks: Readonly<Record<string, string>> = {
  'ghostnet-v1': 'timm-ghostnet_100',
  'ghostnet-v2': 'timm-ghostnetv2_100',
  'ghostnet-v3': 'timm-ghostnetv3_100',
  repghost: 'timm-repghostnet_100',
  ghostpan: 'detectors-ghostpan',
  esnet: 'detectors-esnet',
  'yolov8n-ghost': 'ultralytics-yolov8n-ghost',
  'mobilenetv3-small': 'timm-mobilenetv3_small_050',
  'efficientnet-lite0': 'timm-efficientnet_lite0',
};
export const networkNames: readonly string[] = Object.keys(networks);

/** Decibels that the mean has to be above ONNX Runtime's best. */
const MARGIN = 4;
const SEEN = 8;
const UNSEEN = 8;

interface NetworkOptions {
  readonly int16Part: number;
  readonly effort: number;
  readonly progress: (what: string) => void;
}

/**
 * Signal to noise of networks after `autoQuantize`, in the interpreter, beside ONNX Runtime's static quantiser (u8 activations, int8
 * weights per channel) with the best of its calibration methods, without its optimisations, which is exact. Both are calibrated on the
 * same seeded pictures, and measured on others.
 */
export function checkNetworks(names: readonly string[], options: NetworkOptions): Row[] {
  const rows = names.map((name) => checkNetwork(name, options));
  const gains = rows.map(({ gain }) => gain);
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const summary: Row = {
    ...{ check: 'networks', subject: `mean of ${rows.length}`, target: 'above ONNX Runtime' },
    ...{ found: `${mean.toFixed(1)} dB`, expected: `at least ${MARGIN} dB`, met: mean >= MARGIN },
  };
  return [...rows.map(({ row }) => row), summary];
}

function checkNetwork(
  name: string,
  { int16Part, effort, progress }: NetworkOptions,
): { row: Row; gain: number } {
  progress(`networks: ${name}`);
  const file = networkFile(name);
  const float = lowerForQuantizer(optimize(readModel(readFileSync(file), { file })));
  const [seen, unseen] = [seededPictures(float, SEEN, 1), seededPictures(float, UNSEEN, 1001)];
  const theirs = ortBest(file, { seen, unseen });
  const { graph, steps } = autoQuantize(float, seen, {
    int16Part,
    effort,
    onStep: ({ step, sqnr, kept }) => progress(`  ${step}: ${sqnr.toFixed(1)} dB ${kept ? '(kept)' : ''}`),
  });
  const exact = unseen.map(({ inputs }) => [...interpret(float, inputs).values()]);
  const ours = sqnr(exact, graph, unseen);
  const kept = steps.filter((step) => step.kept).length;
  const row = {
    ...{ check: 'networks', subject: name, target: `${int16Part * 100} % in 16 bits, ${kept} steps kept` },
    ...{
      found: `${ours.toFixed(1)} dB (int8 outputs by themselves ${outputsInInt8(exact).toFixed(1)} dB)`,
      expected: `above ${theirs.sqnr.toFixed(1)} dB (ONNX Runtime ${theirs.version}, ${theirs.method})`,
    },
    met: ours >= theirs.sqnr,
  };
  progress(`  ${row.found}, ${row.expected}`);
  return { row, gain: ours - theirs.sqnr };
}

function networkFile(name: string): string {
  if (name.endsWith('.onnx')) return name;
  const known = networks[name];
  if (!known) throw new Error(`unknown network ${name}; expected a file or ${networkNames.join(', ')}`);
  const given = process.env.GHOSTC_EXPORTS;
  if (given) return join(given, `${name}.onnx`);
  const folder = join(root, 'node_modules/.cache/exports');
  const file = join(folder, `${known}.torchscript-17-static.onnx`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const flags = ['--only', known, '--exporter', 'torchscript', '--opset', '17', '--variant', 'static'];
    run(venvPython(root, exporters), ['tools/exporters/export_models.py', folder, ...flags]);
  }
  if (existsSync(file)) return file;
  throw new Error(`${known} was not exported; ${folder} has ${readdirSync(folder).join(', ')}`);
}

type Pictures = ReturnType<typeof seededPictures>;
/** The outputs for each picture. */
type Outputs = readonly (readonly Tensor[])[];

function ortBest(
  file: string,
  sets: { seen: Pictures; unseen: Pictures },
): { sqnr: number; method: string; version: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-networks-'));
  try {
    for (const [name, pictures] of Object.entries(sets))
      pictures.forEach(({ inputs }, i) => {
        const { data } = itemAt([...inputs.values()], 0);
        writeFileSync(
          join(folder, `${name}-${i}.f32`),
          new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        );
      });
    return JSON.parse(run(venvPython(root, ort), ['tools/int8/ort_quantizer.py', file, folder]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): string {
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  return output.trim().split('\n').at(-1) ?? '';
}

/**
 * Signal to noise of the exact outputs rounded to 256 levels, spread evenly over what they are on these pictures: a model all in int8
 * is hardly better, whatever its layers do.
 */
function outputsInInt8(runs: Outputs): number {
  const total = new SignalToNoise();
  itemAt(runs, 0).forEach((_, k) => {
    const exact = runs.flatMap((outputs) => Array.from(toNumbers(itemAt(outputs, k)), Number));
    const low = exact.reduce((least, x) => Math.min(least, x), 0);
    const step = exact.reduce((most, x) => Math.max(most, x - low), 0) / 255;
    const rounded = exact.map((x) => Math.round((x - low) / step) * step + low);
    total.add(exact, rounded);
  });
  return total.decibels;
}

function sqnr(exact: Outputs, graph: Graph, pictures: Pictures): number {
  const total = new SignalToNoise();
  for (const [i, { inputs }] of pictures.entries())
    total.addOutputs(itemAt(exact, i), interpret(graph, inputs).values());
  return total.decibels;
}
