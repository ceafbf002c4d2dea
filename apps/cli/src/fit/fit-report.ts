import { type CProgram, compileC } from '@ghostc/compiler';
import { byteSize, type Graph } from '@ghostc/ir';
import { graphMacs } from '@ghostc/ops';
import { measureC } from '@ghostc/runtimes';
import type { BoardFacts } from './board-table.ts';

/** Whether a model fits a board. Sizes in bytes; null: not measured, the compiler is not installed. */
export interface FitReport {
  readonly variant: string;
  readonly arenaBytes: number;
  readonly ioBytes: number;
  readonly stackBytes: number | null;
  readonly ramBytes: number;
  readonly weightBytes: number;
  readonly codeBytes: number | null;
  readonly flashBytes: number;
  /** Estimated seconds an inference. */
  readonly seconds: number;
  readonly fits: boolean;
  /** What does not fit, and by how much. */
  readonly problems: readonly string[];
  /** The layers with the most arena bytes alive. */
  readonly worst: CProgram['peaks'];
}

/** Instructions per multiply-accumulate of whole networks, as measured in an emulator; portable int8 in plain C. */
const instructionsPerMac = { f32: 2.5, i8: 1.6, portable: 7, softFloat: 60 } as const;

/** Compiles the model for the board, measures the code, and holds both against the board's memories. */
export async function fitReport(
  variant: string,
  model: Graph,
  board: BoardFacts,
  maxRam?: number,
): Promise<FitReport> {
  const { device, kernels } = board;
  const program = compileC(model, { device, maxRam, ...(kernels && { kernels }) });
  const code = await measureC(program, board.compiler, board.flags);
  const ioBytes = [...program.inputs, ...program.outputs].reduce(
    (sum, { elements, dtype }) => sum + elements * byteSize(dtype),
    0,
  );
  const ramBytes = program.arenaBytes + ioBytes + (code?.stackBytes ?? 0);
  const flashBytes = program.weightBytes + (code?.codeBytes ?? 0);
  const problems = problemsOf({ arenaBytes: program.arenaBytes, ramBytes, flashBytes }, board);
  return {
    ...{ variant, arenaBytes: program.arenaBytes, ioBytes, stackBytes: code?.stackBytes ?? null, ramBytes },
    ...{ weightBytes: program.weightBytes, codeBytes: code?.codeBytes ?? null, flashBytes },
    ...{
      seconds: secondsOf(model, program, board),
      fits: problems.length === 0,
      problems,
      worst: program.peaks,
    },
  };
}

function problemsOf(
  need: { arenaBytes: number; ramBytes: number; flashBytes: number },
  { ram, flashBytes }: BoardFacts,
): string[] {
  const largest = Math.max(...ram.map(({ bytes }) => bytes));
  const total = ram.reduce((sum, { bytes }) => sum + bytes, 0);
  const over = (what: string, bytes: number, room: number): string[] =>
    bytes > room ? [`${what}: ${bytes} bytes, ${bytes - room} more than the ${room} there are`] : [];
  return [
    ...over('arena in one memory', need.arenaBytes, largest),
    ...over('RAM', need.ramBytes, total),
    ...over('flash', need.flashBytes, flashBytes),
  ];
}

/** MACs x instructions per MAC x cycles per instruction / clock. */
function secondsOf(model: Graph, { inputs }: CProgram, board: BoardFacts): number {
  const macs = graphMacs(model);
  const isInteger =
    [...model.nodes()].some(({ op }) => op.startsWith('qlinear_')) || inputs[0]?.dtype === 'i8';
  const hasFloatUnit = !/soft|rv32imc/.test(board.flags.join(' '));
  const floats = hasFloatUnit ? instructionsPerMac.f32 : instructionsPerMac.softFloat;
  const isTuned = !board.kernels && board.device !== 'rv32';
  const integers = isTuned ? instructionsPerMac.i8 : instructionsPerMac.portable;
  return (macs * (isInteger ? integers : floats) * board.cyclesPerInstruction) / (board.clockMHz * 1e6);
}
