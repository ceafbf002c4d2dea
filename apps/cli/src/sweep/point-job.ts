import { emitC, planC } from '@ghostc/backend-c';
import { CompileError } from '@ghostc/ir';
import type { Json, Store } from '@ghostc/jobs';
import { findBoard } from '../fit/board-table.ts';
import { fitReport } from '../fit/fit-report.ts';
import { type Plan, planOf } from '../fit/plan-for.ts';
import { checkedParams, type Place, type PlannedBoard } from './point-params.ts';
import { type PreparedModel, prepareModel } from './prepared-model.ts';

/** What is known of a point. Sizes in bytes. */
export type PointResult = {
  readonly ram: number;
  readonly flash: number;
  readonly arena: number;
  readonly weights: number;
  readonly instructions: number;
  readonly seconds: number;
  readonly macs: number;
  readonly sqnr?: number | null;
  /** Percent of the labelled items. */
  readonly accuracy?: number;
  readonly fits: boolean | null;
  /** The excess over the board's memories, as fractions of their sizes, added up. */
  readonly excess: number;
  readonly problems: readonly string[];
};

/** Or why there is no such program. */
export type PointOutcome = PointResult | { readonly refused: string };

/** The kind of job that `ghostc sweep` asks for: the outcomes of the places, in their order. */
export async function pointJob(params: Json, store: Store): Promise<Json> {
  const { places, ...model } = checkedParams(params);
  const prepared = await orRefused(() => prepareModel(model, store));
  const outcomes: PointOutcome[] = [];
  for (const place of places)
    outcomes.push('refused' in prepared ? prepared : await orRefused(() => measurePoint(place, prepared)));
  return outcomes;
}

/** What cannot be computed is an outcome; what this machine lacks is not. */
async function orRefused<T>(work: () => Promise<T>): Promise<T | { refused: string }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CompileError) || /^(jobs|tool)\//.test(error.code)) throw error;
    return { refused: `${error.code}: ${error.detail}` };
  }
}

async function measurePoint(point: Place, model: PreparedModel): Promise<PointResult> {
  const { io, measure } = point;
  const board = typeof point.board === 'string' ? findBoard(point.board) : plannedBoard(point.board, measure);
  const { device } = board;
  const planned = planC(model.lowered, { device, io, maxRam: point.bands ?? undefined });
  const weights = measure === 'planned' ? ('external' as const) : undefined;
  const program = emitC(planned, { name: 'point', weights });
  const plan = planOf(program, { variant: 'point', graph: model.graph, board, io });
  return { ...(await sizes(plan, { board, measure })), ...outcomesOf(model) };
}

function outcomesOf({
  macs,
  sqnr,
  accuracy,
}: PreparedModel): Pick<PointResult, 'macs' | 'sqnr' | 'accuracy'> {
  return { macs, ...(sqnr !== undefined && { sqnr }), ...(accuracy !== undefined && { accuracy }) };
}

interface Measuring {
  readonly board: ReturnType<typeof findBoard>;
  readonly measure: Place['measure'];
}

/**
 * Planned: figures from the plan, without code and stack. Compiled: also figures from the board's compiler
 * and QEMU.
 */
async function sizes(plan: Plan, { board, measure }: Measuring): Promise<Omit<PointResult, 'macs'>> {
  const { program, buffers } = plan;
  const report = measure === 'compiled' ? await fitReport(plan, board) : undefined;
  const ram = report?.ramBytes ?? buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  const flash = report?.flashBytes ?? program.weightBytes;
  const time = report?.time ?? plan.time;
  const room = board.ram.reduce((sum, { bytes }) => sum + bytes, 0);
  const problems = report?.problems ?? plan.problems;
  const excess = Math.max(0, ram / room - 1) + Math.max(0, flash / board.flashBytes - 1);
  return {
    ...{ ram, flash, arena: program.arenaBytes, weights: program.weightBytes },
    ...{ instructions: time.instructions, seconds: time.seconds },
    fits: report ? report.fits : problems.length === 0,
    excess: problems.length ? Math.max(excess, 1e-3) : 0,
    problems,
  };
}

/** Throws `sweep/compiled`: a message cannot choose which program is run. */
function plannedBoard(board: PlannedBoard, measure: Place['measure']): ReturnType<typeof findBoard> {
  if (measure === 'planned') return { ...board, compiler: '' };
  throw new CompileError(
    'sweep/compiled',
    `measure compiled expects a board that ghostc knows, found ${board.name} of a file`,
  );
}
