import { parseArgs } from 'node:util';
import { runtimeNames, stopEngines } from '@ghostc/runtimes';
import { printAligned } from '../build/print-aligned.ts';
import { checkAccuracy } from '../int8/check-accuracy.ts';
import { checkBits } from '../int8/check-bits.ts';
import { checkMethods } from '../int8/check-methods.ts';
import { checkNetworks, networkNames } from '../int8/check-networks.ts';
import { checkQdq } from '../int8/check-qdq.ts';
import { checkSizes } from '../int8/check-sizes.ts';
import { checkTflite } from '../int8/check-tflite.ts';
import { GHOSTNET, modelNames } from '../int8/int8-models.ts';
import type { Row } from '../int8/row.ts';

const targets = runtimeNames.filter((name) => /^(c|wgsl)\b/.test(name));

const usage = `npm run verify:int8 -- [accuracy] [methods] [bits] [qdq] [tflite] [sizes] [networks] [--model NAME]... [--targets LIST] [--json]

What int8 has to show, all of it or the named parts:
  accuracy  ghost_fmnist: 2,000 images in C on the host, 200 in C on a Cortex-M4, at most 0.3 points under float
  methods   ghost_fmnist: accuracy on 2,000 images for every calibration method, equalisation, bias correction
  bits      every module model, ghost_fmnist and GhostNet 1.0x at 224: all targets give the interpreter's bits
  qdq       our QDQ ONNX in ONNX Runtime: layers at most one step off on at most 0.1 % of the elements, the same classes
  tflite    MLPerf Tiny against TFLite's reference kernels on 100 inputs
  sizes     weights and arena of GhostNet 1.0x
  networks  only where it is named: quantize --auto on nine exports, against ONNX Runtime's static quantiser with its best method;
            needs PyTorch, timm and ultralytics from PyPI (gigabytes), or GHOSTC_EXPORTS=FOLDER with NAME.onnx: ${networkNames.join(', ')}

  --model NAME    bits and sizes of this model instead: a name, an .onnx or .tflite file, or a spec such as ghostnet:0.5;
                  of networks, only these; a file has one input, f32 [1,C,H,W]
  --int16 PERCENT of networks: 16-bit activations for up to this part of the multiply-accumulates (10)
  --effort S      of networks, as of quantize --auto (300)
  --targets LIST  of bits and tflite: ${targets.join(',')} if absent
  --json          print JSON

Examples:
  npm run verify:int8
  npm run verify:int8 -- bits --model ghostnet:0.5@96 --targets c@cortex-m4,wgsl
  npm run verify:int8 -- networks --model mine.onnx --int16 0

Exit code 0 only if all hold.`;

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  allowPositionals: true,
  options: {
    model: { type: 'string', multiple: true },
    targets: { type: 'string' },
    int16: { type: 'string', default: '10' },
    effort: { type: 'string', default: '300' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

const parts: Readonly<Record<string, () => Promise<Row[]> | Row[]>> = {
  accuracy: () => checkAccuracy(progress),
  methods: () => checkMethods(progress),
  bits: checkAllBits,
  qdq: () => checkQdq(progress),
  tflite: () => checkTflite(values.targets?.split(','), progress),
  networks: () =>
    checkNetworks(values.model ?? networkNames, {
      int16Part: Number(values.int16) / 100,
      effort: Number(values.effort),
      progress,
    }),
  sizes: () => (values.model ?? [GHOSTNET]).flatMap((name) => checkSizes(name, progress)),
};

process.exitCode = values.help ? help() : await main();

function help(): number {
  console.log(usage);
  return 0;
}

async function main(): Promise<number> {
  const problem = badArgument();
  if (problem) {
    console.error(problem);
    return 2;
  }
  const rows: Row[] = [];
  try {
    for (const [name, run] of Object.entries(parts))
      if (positionals.length === 0 ? name !== 'networks' : positionals.includes(name))
        rows.push(...(await run()));
  } finally {
    await stopEngines();
  }
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else print(rows);
  return rows.every(({ met }) => met) ? 0 : 1;
}

function badArgument(): string | undefined {
  const part = positionals.find((one) => !Object.hasOwn(parts, one));
  if (part !== undefined) return `unknown part ${part}; expected ${Object.keys(parts).join(', ')}`;
  const target = values.targets?.split(',').find((name) => name !== 'interpreter' && !targets.includes(name));
  return target && `there is no target ${target}; there are ${targets.join(', ')}`;
}

async function checkAllBits(): Promise<Row[]> {
  const rows: Row[] = [];
  const chosen = values.targets?.split(',') ?? targets;
  for (const name of values.model ?? modelNames) rows.push(...(await checkBits(name, chosen, progress)));
  return rows;
}

function progress(what: string): void {
  process.stderr.write(`${what}\n`);
}

function print(rows: readonly Row[]): void {
  const verdict = ({ expected, met }: Row): string =>
    met ? (expected === undefined ? '' : 'met') : 'MISSED';
  printAligned([
    ['check', 'subject', 'target', 'found', 'expected', ''],
    ...rows.map((row) => [row.check, row.subject, row.target, row.found, row.expected ?? '', verdict(row)]),
  ]);
  console.log(`\n${rows.filter(({ met }) => met).length} of ${rows.length} met`);
}
