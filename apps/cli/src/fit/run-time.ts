import { type CostBuild, type CProgram, estimateInstructions } from '@ghostc/backend-c';
import type { BoardFacts } from './board-facts.ts';
import type { FetchCost } from './fetch-cost.ts';

/** How long one run takes: `seconds` = instructions x cyclesPerInstruction / clock. */
export interface RunTime {
  readonly seconds: number;
  readonly instructions: number;
  /** `counted`: in an emulator, on the code that the board gets; `estimated`: from figures of layers that were counted so. */
  readonly basis: 'counted' | 'estimated';
  /** An assumption: no emulator counts cycles. */
  readonly cyclesPerInstruction: number;
  readonly cyclesReason: string;
  /** What fetched weights add, part of `seconds`. */
  readonly fetch?: FetchCost | undefined;
}

export function runTime(instructions: number, basis: RunTime['basis'], board: BoardFacts): RunTime {
  const { cyclesPerInstruction, cyclesReason, clockMHz } = board;
  const seconds = (instructions * cyclesPerInstruction) / (clockMHz * 1e6);
  return { seconds, instructions: Math.round(instructions), basis, cyclesPerInstruction, cyclesReason };
}

export function estimatedTime(program: CProgram, board: BoardFacts): RunTime {
  return runTime(estimateInstructions(program, costBuildOf(board)), 'estimated', board);
}

export function costBuildOf({ core, flags, kernels }: BoardFacts): CostBuild {
  if (core.startsWith('RV32'))
    return flags.some((flag) => /^-march=rv32\w*f/.test(flag)) ? 'rv32imafc' : 'rv32imc';
  if (core === 'Cortex-M3') return 'cortex-m3';
  if (kernels === 'portable') return 'cortex-m0plus';
  return /^Cortex-M(52|55|85)$/.test(core) ? 'cortex-m55' : 'cortex-m4';
}
