import { type CostBuild, type CProgram, estimateInstructions } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { type CRun, emulatedCore, runC } from '@ghostc/runtimes';
import type { BoardFacts } from './board-table.ts';

/** How long one run takes: `seconds` = instructions x cyclesPerInstruction / clock. */
export interface RunTime {
  readonly seconds: number;
  readonly instructions: number;
  /** `counted`: in an emulator, on the code that the board gets; `estimated`: from figures of layers that were counted so. */
  readonly basis: 'counted' | 'estimated';
  /** An assumption: no emulator counts cycles. */
  readonly cyclesPerInstruction: number;
  readonly cyclesReason: string;
}

export function runTime(instructions: number, basis: RunTime['basis'], board: BoardFacts): RunTime {
  const { cyclesPerInstruction, cyclesReason, clockMHz } = board;
  const seconds = (instructions * cyclesPerInstruction) / (clockMHz * 1e6);
  return { seconds, instructions: Math.round(instructions), basis, cyclesPerInstruction, cyclesReason };
}

export function estimatedTime(program: CProgram, board: BoardFacts): RunTime {
  return runTime(estimateInstructions(program, costBuildOf(board)), 'estimated', board);
}

function costBuildOf({ core, flags, kernels }: BoardFacts): CostBuild {
  if (core.startsWith('RV32'))
    return flags.some((flag) => /^-march=rv32\w*f/.test(flag)) ? 'rv32imafc' : 'rv32imc';
  if (kernels === 'portable') return 'cortex-m0plus';
  return /^Cortex-M(52|55|85)$/.test(core) ? 'cortex-m55' : 'cortex-m4';
}

/** More would take an emulator too long: about ten seconds on an idle machine. */
const COUNTED_AT_MOST = 2e9;

interface Run {
  readonly program: CProgram;
  readonly inputs: Tensors;
  readonly time: RunTime;
}

/** Runs the board's own build in an emulator; null where none is installed, or has room for it, or it would take too long. */
export async function countRun({ program, inputs, time }: Run, board: BoardFacts): Promise<CRun | null> {
  const emulator = emulatedCore(board);
  if (!emulator?.tools.every((tool) => tool.found()) || time.instructions > COUNTED_AT_MOST) return null;
  try {
    const [run] = await runC(program, emulator, [inputs], { count: 'instructions' });
    return run ?? null;
  } catch (error) {
    if (error instanceof CompileError && error.code.startsWith('run/')) return null;
    throw error;
  }
}
