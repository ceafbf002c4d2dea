import { type CostBuild, type CProgram, estimateInstructions } from '@ghostc/backend-c';
import type { BoardFacts } from './board-facts.ts';

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

/** What it costs that weights are fetched, each range while the layers before it compute. */
export interface FetchCost {
  /** Of all weights. */
  readonly transferSeconds: number;
  /** What no layer hides. */
  readonly waitSeconds: number;
  /** Ranges of the weights that are best copied from the flash inside: those with most waiting for a byte, as many as it has room for. */
  readonly inside: readonly InsideRange[];
  readonly insideBytes: number;
  /** What is left to wait for then. */
  readonly waitSecondsInside: number;
}

export interface InsideRange {
  /** Name in the source model. */
  readonly layer: string;
  /** Of the weights file. */
  readonly offset: number;
  readonly bytes: number;
}

export function runTime(instructions: number, basis: RunTime['basis'], board: BoardFacts): RunTime {
  const { cyclesPerInstruction, cyclesReason, clockMHz } = board;
  const seconds = (instructions * cyclesPerInstruction) / (clockMHz * 1e6);
  return { seconds, instructions: Math.round(instructions), basis, cyclesPerInstruction, cyclesReason };
}

export function estimatedTime(program: CProgram, board: BoardFacts): RunTime {
  return runTime(estimateInstructions(program, costBuildOf(board)), 'estimated', board);
}

export function costBuildOf({ core, flags }: BoardFacts): CostBuild {
  if (core.startsWith('RV32'))
    return flags.some((flag) => /^-march=rv32\w*f/.test(flag)) ? 'rv32imafc' : 'rv32imc';
  if (/^Cortex-M(0\+?|23)$/.test(core)) return 'cortex-m0plus';
  if (core === 'Cortex-M3') return 'cortex-m3';
  if (core === 'Cortex-M7') return 'cortex-m7';
  return /^Cortex-M(52|55|85)$/.test(core) ? 'cortex-m55' : 'cortex-m4';
}
