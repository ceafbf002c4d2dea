import { basename, dirname } from 'node:path';
import type { OnnxOptions } from '@ghostc/backend-onnx';
import { compileTflite, lowerForQuantizer, type OutputFiles, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { CompileError, type Graph } from '@ghostc/ir';
import { defaultRounding, onnxRounding, type Rounding, roundings } from '@ghostc/ops';
import {
  type AutoQuantizedModel,
  type AutoStep,
  autoQuantize,
  type CalibrationMethod,
  calibrationMethods,
  type Fitted,
  type LayerSensitivity,
  type PrecisionBudget,
  type QuantizedModel,
  type QuantReport,
  quantize,
  type WeightLevels,
} from '@ghostc/quant';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { bindOption } from '../bind-option.ts';
import { type CalibrationFlags, parseCalibrationSpec } from '../calibration/calibration-spec.ts';
import { addDataOptions } from '../calibration/data-options.ts';
import { type CalibrationData, loadCalibration } from '../calibration/load-calibration.ts';
import { anyWorkOption, CALIBRATION_RUNS, checkWork } from '../check-work.ts';
import { formatCount, formatTable } from '../format.ts';
import { graphFiles } from '../graph-files.ts';
import { loadModel } from '../load-model.ts';
import { parseCount } from '../parse-count.ts';
import { showStep, startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

/** What engines want. */
interface EngineForm {
  readonly rounding: Rounding;
  readonly symmetric?: boolean;
  readonly weightLevels?: WeightLevels;
  /** How ONNX is written; TFLite if absent. */
  readonly onnx?: OnnxOptions;
}

/** The fast kernels of ONNX Runtime and OpenVINO are those of u8 activations; without VNNI they add pairs in 16 bits. TensorRT knows no zero points and no int32 to dequantise. */
const engines = {
  onnxruntime: { rounding: onnxRounding, weightLevels: 'pairs', onnx: { activations: 'u8' } },
  openvino: { rounding: onnxRounding, weightLevels: 'pairs', onnx: { activations: 'u8' } },
  tensorrt: { rounding: onnxRounding, symmetric: true, onnx: { floatBiases: true } },
  litert: { rounding: 'double' },
} as const satisfies Readonly<Record<string, EngineForm>>;
type Engine = keyof typeof engines;

/** Percent of the multiply-accumulates that `--auto` may give 16-bit activations. */
const AUTO_PERCENT = 10;

interface QuantizeFlags extends CalibrationFlags {
  readonly out: string;
  readonly calibration?: string;
  readonly seeded?: string;
  readonly method: CalibrationMethod;
  readonly percentile: string;
  readonly equalize?: boolean;
  readonly fit?: Fitted;
  readonly int16Macs?: string;
  readonly auto?: boolean;
  readonly effort?: string;
  readonly io: 'float' | 'int8';
  readonly rounding?: Rounding;
  readonly for?: Engine;
  readonly bind: ReadonlyMap<string, number>;
  readonly stateDict?: string;
  readonly seed: number;
  readonly perLayerReport?: boolean;
  readonly reportSamples: string;
  readonly keepFloat?: string;
  readonly keepInt16?: string;
  readonly minSqnr?: string;
  readonly anyWork?: boolean;
  readonly json?: boolean;
}

export function quantizeCommand(): Command {
  const command = new Command('quantize')
    .description('quantise a float model to int8, with ranges measured on calibration data')
    .addArgument(modelArgument())
    .requiredOption(
      '--out <file>',
      'the int8 model: .onnx (QuantizeLinear/DequantizeLinear), .gir, or .tflite with --for litert',
    )
    .option(
      '--calibration <path>',
      'a folder of test_data_set_K, of pictures or of tensors, or a .npy, .pb or raw file',
    )
    .option('--seeded <n>', 'calibrate on n seeded random inputs instead: for measuring, not for accuracy');
  return addDataOptions(command)
    .option('--limit <n>', 'use at most n calibration samples')
    .addOption(
      new Option('--method <method>', 'how ranges are chosen').choices(calibrationMethods).default('minmax'),
    )
    .option('--percentile <p>', 'values inside the range, for --method percentile', '99.99')
    .option('--equalize', 'cross-layer equalisation')
    .addOption(
      new Option(
        '--fit <what>',
        'choose biases, or weights and biases, layer after layer so that sums are right for the integers before',
      ).choices(['biases', 'weights']),
    )
    .option(
      '--int16-macs <percent>',
      `16-bit activations for the last layers, up to this part of the multiply-accumulates (with --auto ${AUTO_PERCENT}, else 0)`,
    )
    .option('--auto', 'try what can help, and keep what does on samples that it was not learnt from')
    .option('--effort <seconds>', 'with --auto: what it may take on a usual processor, as 90, 90s or 5m (5m)')
    .addOption(
      new Option('--io <type>', 'element type of inputs and outputs')
        .choices(['float', 'int8'])
        .default('float'),
    )
    .addOption(
      new Option('--rounding <kind>', 'of requantisation: twice as TFLite, or once as ONNX Runtime')
        .choices(roundings)
        .default(undefined, `${defaultRounding}, with --for as the engine`),
    )
    .addOption(
      new Option('--for <engine>', 'write the form that an engine computes fastest').choices(
        Object.keys(engines),
      ),
    )
    .option(
      '--per-layer-report',
      'what quantising each layer by itself does to the outputs (SQNR in dB), the worst first',
    )
    .option('--report-samples <n>', 'samples that layers are measured on', '4')
    .option('--keep-float <n>', 'leave up to n of the worst layers in float')
    .option('--keep-int16 <n>', 'leave up to n of the worst layers in 16-bit activations and 8-bit weights')
    .option('--min-sqnr <dB>', 'stop keeping layers when the outputs are this good')
    .addOption(bindOption())
    .addOption(anyWorkOption())
    .option('--state-dict <file>', 'weights of a ghostnet: model, .safetensors')
    .option('--seed <n>', 'seed of the weights of a ghostnet: model', parseCount, 1)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(runQuantize);
}

const examples = `
Examples:
  ghostc quantize model.onnx --calibration photos/ --resize 256 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --out int8.onnx
  ghostc quantize model.onnx --calibration images.bin --shape 200x28x28 --mean 0.2860 --std 0.3530 --out int8.onnx
  ghostc quantize model.onnx --calibration sets/ --per-layer-report --keep-int16 3 --min-sqnr 25 --out int8.onnx
  ghostc quantize model.onnx --calibration photos/ --auto --effort 5m --out int8.onnx
  ghostc quantize model.onnx --calibration photos/ --for onnxruntime --out int8.onnx
  ghostc quantize model.onnx --calibration photos/ --for litert --out int8.tflite
  ghostc quantize ghostnet:1.0 --seeded 2 --out int8.onnx     then: ghostc compile int8.onnx --target c --out build/`;

function runQuantize(model: string, flags: QuantizeFlags): void {
  const form: EngineForm = flags.for ? engines[flags.for] : { rounding: defaultRounding, onnx: {} };
  const ending = form.onnx ? '.onnx' : '.tflite';
  if (flags.for && !flags.out.endsWith(ending))
    throw new CompileError(
      'cli/option',
      `--for ${flags.for} expects --out FILE${ending}, found ${flags.out}`,
    );
  const progress = startProgress(`reading ${model}`);
  try {
    const float = lowered(model, flags);
    const data = calibrationData(float, flags);
    const effort = effortOf(flags);
    const options = {
      ...flags,
      int16Part: int16PartOf(flags),
      rounding: flags.rounding ?? form.rounding,
      symmetric: form.symmetric,
      weightLevels: form.weightLevels,
      percentile: percentileOf(flags),
      reportSamples: flags.perLayerReport ? positive(flags.reportSamples, '--report-samples') : undefined,
      keep: budgetOf(flags),
      onProgress: (step: string, done: number) => showStep(progress, `${step}: ${done}`),
    };
    const quantized = flags.auto
      ? autoQuantize(float, data.samples, {
          ...options,
          effort,
          onStep: (step) => showStep(progress, stepText(step)),
        })
      : quantize(float, data.samples, options);
    const written = writeFiles(dirname(flags.out), filesOf(quantized.graph, flags.out, form));
    progress.stop();
    printResult(quantized, written, flags);
  } finally {
    progress.stop();
  }
}

function filesOf(graph: Graph, out: string, { onnx }: EngineForm): OutputFiles {
  return onnx
    ? graphFiles(graph, out, onnx)
    : new Map([[basename(out), compileTflite(graph, { name: graph.name })]]);
}

/** Files, then what was measured; warnings go to stderr. */
function printResult(
  { graph, report, warnings, steps, leftOut = [] }: QuantizedModel & Partial<AutoQuantizedModel>,
  files: readonly string[],
  { json, perLayerReport }: QuantizeFlags,
): void {
  for (const warning of warnings) console.error(`${pc.yellow('warning')}: ${warning}`);
  const bytes = constantBytes(graph);
  if (json)
    console.log(
      JSON.stringify(
        { files, weightBytes: bytes, warnings, ...(steps && { steps, leftOut }), ...reportJson(report) },
        null,
        2,
      ),
    );
  else {
    if (steps) printSteps(steps, leftOut);
    for (const file of files) console.log(file);
    console.log(`${formatCount(bytes)} bytes of weights, biases and tables`);
    if (report && perLayerReport) printLayers(report);
    if (report) printReport(report);
  }
}

function printSteps(steps: readonly AutoStep[], leftOut: readonly string[]): void {
  const rows = steps.map(({ step, sqnr, kept }) => [step, decibels(sqnr), kept ? 'kept' : 'no gain']);
  console.log(formatTable(['tried', 'SQNR on unseen samples', ''], rows));
  for (const step of leftOut) console.log(`left out, since it goes beyond --effort: ${step}`);
}

function stepText({ step, sqnr, kept }: AutoStep): string {
  return `${step}: ${decibels(sqnr)}, ${kept ? 'kept' : 'no gain'}`;
}

function printLayers({ layers }: QuantReport): void {
  const rows = layers.map(({ layer, op, sqnr }) => [layer, op, decibels(sqnr)]);
  console.log(formatTable(['layer in int8 by itself', 'op', 'SQNR'], rows));
}

function printReport({ kept, sqnr }: QuantReport): void {
  for (const { layer, op } of kept) console.log(`kept out of int8: ${layer} (${op})`);
  console.log(`SQNR of the outputs: ${decibels(sqnr)}`);
}

function reportJson(report: QuantReport | undefined): object {
  if (!report) return {};
  const plain = ({ layer, op, sqnr }: LayerSensitivity): object => ({ layer, op, sqnr });
  return { sqnr: report.sqnr, kept: report.kept.map(plain), layers: report.layers.map(plain) };
}

function decibels(sqnr: number): string {
  return Number.isFinite(sqnr) ? `${sqnr.toFixed(1)} dB` : 'exact';
}

function constantBytes(graph: Graph): number {
  return [...graph.constants].reduce(
    (sum, { constant, users }) => sum + (users.size ? (constant?.data.byteLength ?? 0) : 0),
    0,
  );
}

function budgetOf({ keepFloat, keepInt16, minSqnr }: QuantizeFlags): PrecisionBudget | undefined {
  if (keepFloat !== undefined && keepInt16 !== undefined)
    throw new CompileError('cli/option', 'expected --keep-float or --keep-int16, not both');
  const given = keepFloat ?? keepInt16;
  if (given === undefined && minSqnr === undefined) return undefined;
  return {
    keep: keepInt16 === undefined ? 'float' : 'int16',
    layers: given === undefined ? Number.POSITIVE_INFINITY : positive(given, '--keep-float or --keep-int16'),
    minSqnr: minSqnr === undefined ? undefined : decibelsOf(minSqnr),
  };
}

function int16PartOf({ auto, int16Macs }: QuantizeFlags): number {
  const percent = int16Macs === undefined ? (auto ? AUTO_PERCENT : 0) : Number(int16Macs || Number.NaN);
  if (percent >= 0 && percent <= 100) return percent / 100;
  throw new CompileError('cli/option', `--int16-macs expects 0 to 100, found ${JSON.stringify(int16Macs)}`);
}

function effortOf({ auto, effort }: QuantizeFlags): number | undefined {
  if (effort === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m)?$/.exec(effort) ?? [];
  if (!auto) throw new CompileError('cli/option', '--effort expects --auto');
  if (number !== undefined) return Number(number) * (unit === 'm' ? 60 : 1);
  throw new CompileError(
    'cli/option',
    `--effort expects seconds, as 90, 90s or 5m, found ${JSON.stringify(effort)}`,
  );
}

function decibelsOf(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new CompileError('cli/option', `--min-sqnr expects a number, found ${JSON.stringify(text)}`);
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new CompileError('cli/option', `${flag} expects a positive integer, found ${JSON.stringify(text)}`);
}

function lowered(model: string, flags: QuantizeFlags): Graph {
  const loaded = loadModel(model, { weights: flags.stateDict, seed: flags.seed, bind: flags.bind });
  checkWork(loaded, flags, CALIBRATION_RUNS);
  return lowerForQuantizer(optimize(loaded.graph));
}

function percentileOf({ percentile }: QuantizeFlags): number {
  const value = Number(percentile);
  if (value > 50 && value <= 100) return value;
  throw new CompileError(
    'cli/option',
    `--percentile expects more than 50 and at most 100, found ${percentile}`,
  );
}

function calibrationData(float: Graph, flags: QuantizeFlags): CalibrationData {
  const { calibration, seeded } = flags;
  if (calibration !== undefined && seeded === undefined)
    return loadCalibration(calibration, float, parseCalibrationSpec(flags));
  const count = Number(seeded);
  if (calibration === undefined && Number.isSafeInteger(count) && count > 0)
    return { count, samples: seededSamples(float, count) };
  throw new CompileError('cli/option', 'expected --calibration PATH, or --seeded N with N of at least 1');
}
