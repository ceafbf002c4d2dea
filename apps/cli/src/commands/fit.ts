import { lowerForKernels, optimize } from '@ghostc/compiler';
import { CompileError, type Graph, randomTensor } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';
import { Command } from 'commander';
import { type BoardFacts, findBoard } from '../fit/board-table.ts';
import { type FitReport, fitReport } from '../fit/fit-report.ts';
import { formatCount, formatTable } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { startProgress } from '../progress.ts';
import { modelArgument } from './compile.ts';

interface FitFlags {
  readonly board: string;
  readonly boards?: string;
  readonly json?: boolean;
}

export function fitCommand(): Command {
  return new Command('fit')
    .description('tell whether a model fits a board before it is flashed, and what would help')
    .addArgument(modelArgument())
    .requiredOption('--board <name>', 'such as stm32f746, nrf52840, rp2040, esp32-c3, corstone-300')
    .option('--boards <file>', 'JSON list of boards of your own, as in boards.json')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nLeaves with 1 if the model does not fit.\n\nExamples:\n  ghostc fit kws.tflite --board nrf52840\n  ghostc fit ghostnet:0.5@96 --board stm32h743 --json',
    )
    .action(runFit);
}

async function runFit(model: string, { board: name, boards, json }: FitFlags): Promise<void> {
  const board = findBoard(name, boards);
  const progress = startProgress(`compiling ${model} for ${board.name}`);
  try {
    const { graph } = loadModel(model);
    const report = await fitReport('as it is', graph, board);
    progress.text = 'computing remedies';
    const remedies = report.fits ? [] : await remediesOf(model, { graph, ...report }, board);
    progress.stop();
    if (json) console.log(JSON.stringify({ model, board, report, remedies }, null, 2));
    else console.log(text(board, report, remedies));
    if (!report.fits) process.exitCode = 1;
  } finally {
    progress.stop();
  }
}

interface Wanted {
  readonly graph: Graph;
  /** Of the model as it is. */
  readonly arenaBytes: number;
}

/** Every remedy is compiled for the board; what fits comes first, then what needs less RAM. */
async function remediesOf(
  model: string,
  { graph, arenaBytes }: Wanted,
  board: BoardFacts,
): Promise<FitReport[]> {
  const reports: FitReport[] = [];
  const attempt = async (variant: string, graphOf: () => Graph, maxRam?: number): Promise<void> => {
    try {
      reports.push(await fitReport(variant, graphOf(), board, maxRam));
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
    }
  };
  const inputs = new Map(graph.inputs.map((input, i) => [input.name, randomTensor(input.type, i + 1)]));
  const isFloat = graph.inputs.every(({ type }) => type.dtype === 'f32');
  // Ranges of random inputs do for sizes and times; accuracy takes `ghostc quantize` with real data.
  const int8 = (): Graph =>
    quantize(lowerForKernels(optimize(graph)), [{ name: 'seeded', inputs }], { io: 'int8' }).graph;
  if (isFloat) await attempt('int8', int8);
  const room = Math.max(...board.ram.map(({ bytes }) => bytes)) - 8192;
  if (arenaBytes > room) await attempt(`--max-ram ${room}`, () => graph, room);
  for (const spec of smallerSpecs(model)) await attempt(spec, () => loadModel(spec).graph);
  return reports.sort((a, b) => Number(b.fits) - Number(a.fits) || a.ramBytes - b.ramBytes);
}

/** The same family at a smaller width or resolution. */
function smallerSpecs(model: string): string[] {
  const [, family, width, size = '224', rest = ''] =
    /^(ghostnet(?:v[123])?):([\d.]+)(?:@(\d+))?(\/\d+)?$/.exec(model) ?? [];
  if (!family) return [];
  const widths = ['0.5', '0.3'].filter((other) => Number(other) < Number(width));
  const sizes = [160, 128, 96].filter((other) => other < Number(size));
  return [
    ...widths.map((other) => `${family}:${other}@${size}${rest}`),
    ...sizes.map((other) => `${family}:${width}@${other}${rest}`),
  ];
}

function text(board: BoardFacts, report: FitReport, remedies: readonly FitReport[]): string {
  const row = (one: FitReport): string[] => [
    one.variant,
    formatCount(one.arenaBytes),
    formatCount(one.ioBytes),
    one.stackBytes === null ? 'no compiler' : formatCount(one.stackBytes),
    formatCount(one.weightBytes),
    one.codeBytes === null ? 'no compiler' : formatCount(one.codeBytes),
    `${one.seconds.toFixed(3)} s`,
    one.fits ? 'fits' : 'does not fit',
  ];
  const head = ['', 'arena', 'inputs, outputs', 'stack', 'weights', 'code', 'estimate', ''];
  return [
    `${board.name}: ${board.core} at ${board.clockMHz} MHz; ${board.cyclesPerInstruction} cycles an instruction (${board.cyclesReason})`,
    formatTable(head, [report, ...remedies].map(row)),
    ...report.problems,
    ...report.worst.map(({ layer, bytes }) => `${formatCount(bytes).padStart(12)} bytes alive at ${layer}`),
  ].join('\n');
}
