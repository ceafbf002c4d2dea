import { type IoForm, ioForms } from '@ghostc/compiler';
import { Command, Option } from 'commander';
import { bindOption } from '../bind-option.ts';
import { findBoard } from '../fit/board-table.ts';
import { fitReport } from '../fit/fit-report.ts';
import { fitText } from '../fit/fit-text.ts';
import { planFor } from '../fit/plan-for.ts';
import { remediesOf } from '../fit/remedies.ts';
import { loadModel } from '../load-model.ts';
import { showStep, startProgress } from '../progress.ts';
import { modelArgument } from './compile.ts';

interface FitFlags {
  readonly board: string;
  readonly boards?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly io: IoForm;
  readonly weights: 'inside' | 'fetch';
  readonly json?: boolean;
}

export function fitCommand(): Command {
  return new Command('fit')
    .description('check whether a model fits a board before it is flashed, and suggest remedies')
    .addArgument(modelArgument())
    .requiredOption('--board <name>', 'such as stm32f746, nrf52840, rp2040, esp32-c3, corstone-300')
    .option('--boards <file>', 'JSON list of boards of your own, with the fields of boards.json')
    .addOption(bindOption())
    .addOption(
      new Option('--io <place>', 'where inputs and outputs lie, as in compile')
        .choices(ioForms)
        .default('caller'),
    )
    .addOption(
      new Option(
        '--weights <place>',
        'in the flash inside, or fetched from an external one (--weights fetch of compile)',
      )
        .choices(['inside', 'fetch'])
        .default('inside'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(runFit);
}

const help = `
RAM, weights and bands are planned as ghostc compile does. Code and stack are measured on what the board's compiler makes at
-O2. Instructions are counted in QEMU on the same code, where it is installed and the run is short enough, else they are
estimated from figures of counted layers; cycles per instruction are an assumption. Weights that are fetched from an external
flash wait for what no layer before hides, in the order in which they are computed. Exit code 0 if the model fits, 1
if it does not or the compiler is not installed.

Examples:
  ghostc fit kws.tflite --board nrf52840
  ghostc fit vww.tflite --board stm32f411 --io arena
  ghostc fit ghostnet:0.5@96 --board stm32h743 --json
  ghostc fit model.onnx --board my-board --boards boards.json

A board of your own:
  [{ "name": "my-board", "core": "Cortex-M4F", "device": "cortex-m4", "clockMHz": 80,
     "ram": [{ "name": "SRAM", "bytes": 131072 }], "flashBytes": 1048576, "compiler": "arm-none-eabi-gcc",
     "flags": ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
     "externalFlash": { "bytes": 8388608, "bytesPerSecond": 16000000, "source": "QSPI, 4 lines at 32 MHz" },
     "cyclesPerInstruction": 1.35, "cyclesReason": "as measured with the cycle counter" },
   { "name": "another", "of": "nrf52840", "flashBytes": 786432 }]`;

const none = { reports: [], refused: [] };

async function runFit(model: string, flags: FitFlags): Promise<void> {
  const board = findBoard(flags.board, flags.boards);
  const progress = startProgress(`compiling ${model} for ${board.name}`);
  try {
    const loaded = loadModel(model, { bind: flags.bind });
    const { graph } = loaded;
    const { io, weights } = flags;
    const fetched = weights === 'fetch';
    const variant = fetched ? 'as it is, weights fetched' : 'as it is';
    const plan = planFor({ variant, graph, board, io, fetched });
    const report = await fitReport(plan, board);
    const onStep = (what: string): void => showStep(progress, `remedy: ${what}`);
    const remedies =
      report.fits === false ? await remediesOf({ model, loaded, plan, board, io, onStep }) : none;
    progress.stop();
    console.log(
      flags.json
        ? JSON.stringify(
            { model, board, report, remedies: remedies.reports, refused: remedies.refused },
            null,
            2,
          )
        : fitText(board, report, remedies),
    );
    if (!report.fits) process.exitCode = 1;
  } finally {
    progress.stop();
  }
}
