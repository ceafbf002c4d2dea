import { dirname } from 'node:path';
import { lowerForKernels, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { CompileError, type Graph } from '@ghostc/ir';
import { bindDimensions, type Rounding, roundings } from '@ghostc/ops';
import { type CalibrationMethod, calibrationMethods, quantize } from '@ghostc/quant';
import { Command, Option } from 'commander';
import { parseBindings } from '../bindings.ts';
import { type CalibrationFlags, parseCalibrationSpec } from '../calibration/calibration-spec.ts';
import { type CalibrationData, loadCalibration } from '../calibration/load-calibration.ts';
import { graphFiles } from '../graph-files.ts';
import { loadModel } from '../load-model.ts';
import { startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface QuantizeFlags extends CalibrationFlags {
  readonly out: string;
  readonly calibration?: string;
  readonly seeded?: string;
  readonly method: CalibrationMethod;
  readonly percentile: string;
  readonly equalize?: boolean;
  readonly biasCorrection?: boolean;
  readonly io: 'float' | 'int8';
  readonly rounding: Rounding;
  readonly bind: readonly string[];
  readonly stateDict?: string;
  readonly seed: string;
  readonly json?: boolean;
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('make a float model an int8 model, with ranges measured on calibration data')
    .addArgument(modelArgument())
    .requiredOption('--out <file>', 'the int8 model: .onnx (QuantizeLinear/DequantizeLinear), or .gir')
    .option(
      '--calibration <path>',
      'a folder of test_data_set_K, of pictures or of tensors, or a .npy, .pb or raw file',
    )
    .option('--seeded <n>', 'calibrate on n seeded random inputs instead: for measuring, not for accuracy')
    .option('--shape <sizes>', 'shape of a raw file, such as 200x1x28x28')
    .addOption(new Option('--dtype <type>', 'elements of a raw file').choices(['u8', 'f32']).default('u8'))
    .addOption(
      new Option('--layout <order>', 'axes of arrays and raw files')
        .choices(['nchw', 'nhwc'])
        .default('nchw'),
    )
    .option(
      '--scale <n>',
      'x = (stored * scale - mean) / std; 1/255 for bytes and pictures if absent, else 1',
    )
    .option('--mean <list>', 'one number, or one per channel', '0')
    .option('--std <list>', 'one number, or one per channel', '1')
    .option('--resize <size>', 'pictures: the shorter side, or HEIGHTxWIDTH')
    .option('--crop <size>', 'pictures: cut from the middle')
    .addOption(
      new Option('--order <order>', 'pictures: order of channels').choices(['rgb', 'bgr']).default('rgb'),
    )
    .option('--limit <n>', 'most calibration samples taken')
    .addOption(
      new Option('--method <method>', 'how ranges are chosen').choices(calibrationMethods).default('minmax'),
    )
    .option('--percentile <p>', 'values inside the range, for --method percentile', '99.99')
    .option('--equalize', 'cross-layer equalisation')
    .option('--bias-correction', 'take the mean error of rounded weights out of the biases')
    .addOption(
      new Option('--io <type>', 'element type of inputs and outputs')
        .choices(['float', 'int8'])
        .default('float'),
    )
    .addOption(
      new Option('--rounding <kind>', 'of requantisation: once, or twice as TFLite')
        .choices(roundings)
        .default('single'),
    )
    .option('--bind <name=size...>', 'size of a symbolic dimension', [])
    .option('--state-dict <file>', 'weights of a ghostnet: model, .safetensors')
    .option('--seed <n>', 'seed of the weights of a ghostnet: model', '1')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(runQuantize);
}

const examples = `
Examples:
  ghostc quantize model.onnx --calibration photos/ --resize 256 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --out int8.onnx
  ghostc quantize model.onnx --calibration images.bin --shape 200x28x28 --mean 0.2860 --std 0.3530 --out int8.onnx
  ghostc quantize ghostnet:1.0 --seeded 2 --out int8.gir      then: ghostc compile int8.gir --target c --out build/`;

function runQuantize(model: string, flags: QuantizeFlags): void {
  const progress = startProgress(`reading ${model}`);
  try {
    const float = lowered(model, flags);
    const data = calibrationData(float, flags);
    const quantized = quantize(float, data.samples, {
      ...flags,
      percentile: percentileOf(flags),
      onProgress: (step, done) => (progress.text = `${step}: ${done} of ${data.count}`),
    });
    const written = writeFiles(dirname(flags.out), graphFiles(quantized.graph, flags.out));
    progress.stop();
    for (const warning of quantized.warnings) console.error(`warning: ${warning}`);
    if (flags.json) console.log(JSON.stringify({ files: written, warnings: quantized.warnings }));
    else console.log(written.join('\n'));
  } finally {
    progress.stop();
  }
}

function lowered(model: string, flags: QuantizeFlags): Graph {
  const { graph } = loadModel(model, { weights: flags.stateDict, seed: Number(flags.seed) });
  const sizes = parseBindings(flags.bind);
  return lowerForKernels(optimize(sizes.size ? bindDimensions(graph, sizes) : graph));
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

function seededSamples(float: Graph, count: number): CalibrationData['samples'] {
  return Array.from({ length: count }, (_, i) => ({
    name: `seed ${i + 1}`,
    inputs: seededInputs(float, i + 1),
  }));
}
