import type { CProgram } from '@ghostc/compiler';
import type { Graph } from '@ghostc/ir';
import { graphMacs } from '@ghostc/ops';
import type { BoardFacts } from './board-table.ts';

/** Estimated, not measured: `seconds` = work x instructionsPerMac x cyclesPerInstruction / clock. */
export interface TimeEstimate {
  readonly seconds: number;
  /** Multiply-accumulates, and elements that bands of rows move. */
  readonly work: number;
  readonly instructionsPerMac: number;
  readonly cyclesPerInstruction: number;
  /** Where both factors come from. */
  readonly source: string;
}

/**
 * Instructions per multiply-accumulate of whole networks: GhostNet 0.5x at 96 with the device's kernels, counted in QEMU by
 * `ghostc profile`. Larger networks take less (GhostNet 1.0x at 224 in int8 on Cortex-M4: 1.6), small ones more.
 */
const counted = {
  'cortex-m4': { f32: 2.5, i8: 2 },
  'cortex-m7': { f32: 2.5, i8: 2 },
  'cortex-m55': { f32: 3, i8: 0.67 },
  rv32: { f32: 2.7, i8: 5.8 },
  host: { f32: 1, i8: 2 },
} as const;

/** Plain C; and a call of the compiler's library for each float operation where the core has no unit for it. */
const portableInt8 = 7;
const softFloat = 60;

export function estimateTime(model: Graph, program: CProgram, board: BoardFacts): TimeEstimate {
  const work = graphMacs(model) + program.bandWork;
  const { cyclesPerInstruction, cyclesReason, clockMHz } = board;
  const instructionsPerMac = perMac(program, board);
  return {
    seconds: (work * instructionsPerMac * cyclesPerInstruction) / (clockMHz * 1e6),
    ...{ work, instructionsPerMac, cyclesPerInstruction },
    source: `instructions of whole networks counted in QEMU; cycles of a ${board.core}: ${cyclesReason}`,
  };
}

function perMac({ layers }: CProgram, { device, kernels, flags }: BoardFacts): number {
  const isInteger = layers.some(({ op }) => op.startsWith('qlinear_'));
  if (isInteger) return kernels === 'portable' ? portableInt8 : counted[device].i8;
  const hasFloatUnit = !flags.some(
    (flag) => flag === '-mfloat-abi=soft' || /-march=rv32im(?!.*f)/.test(flag),
  );
  return hasFloatUnit ? counted[device].f32 : softFloat;
}
