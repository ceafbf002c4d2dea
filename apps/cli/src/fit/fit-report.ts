import type { CProgram } from '@ghostc/compiler';
import { type CodeSize, measureC } from '@ghostc/runtimes';
import type { BoardFacts } from './board-facts.ts';
import { countRun } from './count-run.ts';
import { withFetches } from './fetch-cost.ts';
import { type PlacedBuffer, placeBuffers } from './place-buffers.ts';
import { flashOf, type Plan, problemsOf } from './plan-for.ts';
import { type RunTime, runTime } from './run-time.ts';

/** Whether a variant fits a board. Sizes in bytes; null: not known, since the code was not compiled. */
export interface FitReport {
  readonly variant: string;
  readonly arenaBytes: number;
  /** Inputs and outputs outside the arena. */
  readonly ioBytes: number;
  /** The buffer of fetched weights. */
  readonly fetchBytes: number;
  readonly stackBytes: number | null;
  readonly ramBytes: number | null;
  readonly weightBytes: number;
  readonly codeBytes: number | null;
  readonly flashBytes: number | null;
  readonly time: RunTime;
  /** null: nothing known speaks against it, but code and stack are not known. */
  readonly fits: boolean | null;
  /** What does not fit, and by how much. */
  readonly problems: readonly string[];
  /** Which memory each buffer can lie in. */
  readonly memories: readonly PlacedBuffer[];
  /** The layers with the most arena bytes alive. */
  readonly worst: CProgram['peaks'];
}

/**
 * Compiles and counts the code if that can still change the verdict, and compares everything with the board's
 * memories.
 */
export async function fitReport(plan: Plan, board: BoardFacts): Promise<FitReport> {
  const { variant, program, buffers } = plan;
  const { code, time } = plan.problems.length ? { code: null, time: plan.time } : await measured(plan, board);
  const all = code ? [...buffers, { name: 'stack', bytes: code.stackBytes }] : buffers;
  const flash = flashOf(program, code?.codeBytes ?? 0);
  const problems = code ? problemsOf({ buffers: all, ...flash }, board) : plan.problems;
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    ...{ variant, arenaBytes: program.arenaBytes, weightBytes: program.weightBytes, problems },
    time: withFetches(time, { program, board, room: board.flashBytes - flash.flashBytes }),
    ioBytes: buffers.reduce((sum, { bytes }) => sum + bytes, 0) - program.arenaBytes - program.fetchBytes,
    fetchBytes: program.fetchBytes,
    stackBytes: code?.stackBytes ?? null,
    codeBytes: code?.codeBytes ?? null,
    ramBytes: code && total,
    flashBytes: code && flash.flashBytes,
    fits: problems.length ? false : code ? true : null,
    memories: placeBuffers(all, board.ram),
    worst: program.peaks,
  };
}

/** Code, the deeper stack of call graph and run, and the time; code is null where the board's compiler is not installed. */
async function measured(plan: Plan, board: BoardFacts): Promise<{ code: CodeSize | null; time: RunTime }> {
  const size = await measureC(plan.program, board.compiler, board.flags);
  const run = size && (await countRun({ ...plan, program: plan.counted }, board));
  if (!size || !run?.instructions) return { code: size, time: plan.time };
  const stackBytes = Math.max(size.stackBytes, run.stackBytes ?? 0);
  return { code: { ...size, stackBytes }, time: runTime(run.instructions, 'counted', board) };
}
