import { type CProgram, compileC, type IoForm } from '@ghostc/compiler';
import { seededInputs, type Tensors } from '@ghostc/conformance';
import { byteSize, type Graph } from '@ghostc/ir';
import { formatCount } from '../format-count.ts';
import type { BoardFacts } from './board-facts.ts';
import { type Buffer, placeBuffers } from './place-buffers.ts';
import { estimatedTime, type RunTime } from './run-time.ts';

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

/** What does not fit, and by how much. */
export function problemsOf({ buffers, flashBytes }: Needs, { ram, flashBytes: flash }: BoardFacts): string[] {
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
