import { type CProgram, compileC, type IoForm } from '@ghostc/compiler';
import { seededInputs, type Tensors } from '@ghostc/conformance';
import { byteSize, type Graph } from '@ghostc/ir';
import { type CodeSize, measureC } from '@ghostc/runtimes';
import { formatCount } from '../format.ts';
import type { BoardFacts } from './board-table.ts';
import { type Buffer, type PlacedBuffer, placeBuffers } from './place-buffers.ts';
import { countRun, estimatedTime, type RunTime, runTime } from './run-time.ts';

/** A variant of a model, planned for a board: all but what a compiler has to say. Sizes in bytes. */
export interface Plan {
  readonly variant: string;
  readonly program: CProgram;
  /** What a run is counted on. */
  readonly inputs: Tensors;
  /** Estimated. */
  readonly time: RunTime;
  /** Arena, and the inputs and outputs that lie outside. */
  readonly buffers: readonly Buffer[];
  /** What does not fit, whatever the code takes. */
  readonly problems: readonly string[];
}

/** Whether a variant fits a board. Sizes in bytes; null: not known, since the code was not compiled. */
export interface FitReport {
  readonly variant: string;
  readonly arenaBytes: number;
  /** Inputs and outputs outside the arena. */
  readonly ioBytes: number;
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

export interface PlanRequest {
  readonly variant: string;
  readonly graph: Graph;
  readonly board: BoardFacts;
  readonly io: IoForm;
  readonly maxRam?: number | undefined;
}

/** Compiles the model to C for the board. Throws as `compileC`. */
export function planFor({ graph, maxRam, ...request }: PlanRequest): Plan {
  const { device, kernels } = request.board;
  const program = compileC(graph, { device, maxRam, io: request.io, kernels });
  return planOf(program, { ...request, graph });
}

/** The plan of a program that was compiled for a board. */
export function planOf(program: CProgram, { variant, graph, board, io }: Omit<PlanRequest, 'maxRam'>): Plan {
  const buffers = buffersOf(program, io);
  const known = { buffers, flashBytes: program.weightBytes };
  return {
    variant,
    program,
    inputs: seededInputs(graph, 1),
    time: estimatedTime(program, board),
    buffers,
    problems: problemsOf(known, board),
  };
}

/** Compiles and counts the code where that can still change the verdict, and holds all against the board's memories. */
export async function fitReport(plan: Plan, board: BoardFacts): Promise<FitReport> {
  const { variant, program, buffers } = plan;
  const { code, time } = plan.problems.length ? { code: null, time: plan.time } : await measured(plan, board);
  const all = code ? [...buffers, { name: 'stack', bytes: code.stackBytes }] : buffers;
  const flashBytes = program.weightBytes + (code?.codeBytes ?? 0);
  const problems = code ? problemsOf({ buffers: all, flashBytes }, board) : plan.problems;
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    ...{ variant, arenaBytes: program.arenaBytes, weightBytes: program.weightBytes, time, problems },
    ioBytes: buffers.reduce((sum, { bytes }) => sum + bytes, 0) - program.arenaBytes,
    stackBytes: code?.stackBytes ?? null,
    codeBytes: code?.codeBytes ?? null,
    ramBytes: code && total,
    flashBytes: code && flashBytes,
    fits: problems.length ? false : code ? true : null,
    memories: placeBuffers(all, board.ram),
    worst: program.peaks,
  };
}

/** Code, the deeper stack of call graph and run, and the time; code is null where the board's compiler is not installed. */
async function measured(plan: Plan, board: BoardFacts): Promise<{ code: CodeSize | null; time: RunTime }> {
  const size = await measureC(plan.program, board.compiler, board.flags);
  const run = size && (await countRun(plan, board));
  if (!size || !run?.instructions) return { code: size, time: plan.time };
  const stackBytes = Math.max(size.stackBytes, run.stackBytes ?? 0);
  return { code: { ...size, stackBytes }, time: runTime(run.instructions, 'counted', board) };
}

function buffersOf({ arenaBytes, inputs, outputs }: CProgram, io: IoForm): Buffer[] {
  const arena = { name: 'arena', bytes: arenaBytes };
  if (io === 'arena') return [arena];
  const outside = [...inputs, ...outputs];
  return [
    arena,
    ...outside.map(({ name, elements, dtype }) => ({ name, bytes: elements * byteSize(dtype) })),
  ];
}

interface Needs {
  readonly buffers: readonly Buffer[];
  readonly flashBytes: number;
}

function problemsOf({ buffers, flashBytes }: Needs, { ram, flashBytes: flash }: BoardFacts): string[] {
  const total = buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  const room = ram.reduce((sum, { bytes }) => sum + bytes, 0);
  const homeless = placeBuffers(buffers, ram).filter(({ memory }) => memory === null);
  const largest = Math.max(...ram.map(({ bytes }) => bytes));
  return [
    ...over('RAM', total, room),
    ...(total > room ? [] : homeless.map(({ name, bytes }) => homelessText(name, bytes, largest))),
    ...over('flash', flashBytes, flash),
  ];
}

function over(what: string, bytes: number, room: number): string[] {
  return bytes > room
    ? [
        `${what}: ${formatCount(bytes)} bytes, ${formatCount(bytes - room)} more than the ${formatCount(room)} there are`,
      ]
    : [];
}

function homelessText(name: string, bytes: number, largest: number): string {
  if (bytes > largest)
    return `${name}: ${formatCount(bytes)} bytes in one piece, ${formatCount(bytes - largest)} more than the largest memory of ${formatCount(largest)}`;
  return `${name}: ${formatCount(bytes)} bytes in one piece, and no memory has so much left beside the other buffers`;
}
