import { firmwareFiles } from '@ghostc/backend-c';
import { compileC, type IoForm, ioForms, type WeightForm, weightForms } from '@ghostc/compiler';
import { Command, Option } from 'commander';
import { bindOption } from '../bind-option.ts';
import { parseByteSize } from '../byte-size.ts';
import { findBoard } from '../fit/board-table.ts';
import { formatCount } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface FirmwareFlags {
  readonly board: string;
  readonly boards?: string;
  readonly out: string;
  readonly name?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly weights?: WeightForm;
  readonly io: IoForm;
  readonly maxRam?: number;
  readonly fetchRam?: number;
}

export function boardCommand(): Command {
  return new Command('board')
    .description(
      'write a small firmware that runs a model on a board, for verify and profile over a serial port',
    )
    .addArgument(modelArgument())
    .requiredOption('--board <name>', 'a board of ghostc fit')
    .option('--boards <file>', 'JSON list of boards of your own, as for ghostc fit')
    .requiredOption('--out <dir>', 'output folder; created if missing')
    .option('--name <name>', 'prefix of files and identifiers')
    .addOption(bindOption())
    .addOption(new Option('--weights <form>', 'as in compile').choices(weightForms))
    .addOption(new Option('--io <place>', 'as in compile').choices(ioForms).default('caller'))
    .addOption(new Option('--max-ram <size>', 'as in compile').argParser(parseByteSize))
    .addOption(new Option('--fetch-ram <size>', 'as in compile').argParser(parseByteSize))
    .addHelpText('after', help)
    .action(runBoard);
}

const help = `
A CMake project: the compiled C, and a program that answers requests over a serial port. Yours are the vendor's start-up file and
linker script, and two functions that read and write serial bytes: see its README.md.

Examples:
  ghostc board kws.tflite --board nrf52840 --out firmware/
  ghostc board int8.onnx --board stm32h743 --weights external --out firmware/
  ghostc verify kws.tflite --targets board --port /dev/ttyACM0
  ghostc profile kws.tflite --port /dev/ttyACM0 --baud 921600`;

function runBoard(model: string, flags: FirmwareFlags): void {
  const board = findBoard(flags.board, flags.boards);
  const progress = startProgress(`compiling ${model} for ${board.name}`);
  try {
    const { graph, name: named } = loadModel(model, { bind: flags.bind });
    const { weights, io, maxRam, fetchRam } = flags;
    const settings = { device: board.device, weights, io, maxRam, fetchRam };
    const program = compileC(graph, { ...settings, name: flags.name ?? named, observer: true });
    const options = { ...settings, name: program.name };
    const files = firmwareFiles(program, { ...board, hertz: 1e6 * board.clockMHz }, options);
    const written = writeFiles(flags.out, files);
    progress.stop();
    for (const path of written) console.log(path);
    console.log(
      `${formatCount(program.arenaBytes)} bytes of arena, ${formatCount(program.weightBytes)} of weights`,
    );
  } finally {
    progress.stop();
  }
}
