import { type CProgram, compileC, type IoForm } from '@ghostc/compiler';
import { seededInputs, type Tensors } from '@ghostc/conformance';
import { byteSize, CompileError, type Graph } from '@ghostc/ir';
import { formatCount } from '../format-count.ts';
import type { BoardFacts } from './board-facts.ts';
import { type Buffer, placeBuffers, roomBeside, stackRoom } from './place-buffers.ts';
import { estimatedTime, type RunTime } from './run-time.ts';

/** A variant of a model, planned for a board: everything that needs no compiler. Sizes in bytes. */
export interface Plan {
  readonly variant: string;
  readonly request: PlanRequest;
  readonly program: CProgram;
  /** The same with its weights inside: what is counted. */
  readonly counted: CProgram;
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
  /** Weights in the external flash, fetched into RAM layer by layer. */
  readonly fetched?: boolean | undefined;
}

/** More for fetched weights is of little use: layers beyond are split. */
const FETCH_RAM = 64 * 1024;

/** Compiles the model to C for the board. Throws as `compileC`, and `fit/external-flash` where the board has none. */
export function planFor(request: PlanRequest): Plan {
  const { graph, board, io, maxRam, fetched } = request;
  const options = { device: board.device, maxRam, io };
  const resident = compileC(graph, options);
  if (!fetched) return planOf(resident, request);
  if (!board.externalFlash)
    throw new CompileError('fit/external-flash', `${board.name} has no second flash to fetch weights from`);
  const beside = [...buffersOf(resident, io), { name: 'stack', bytes: stackRoom }];
  const fetchRam = Math.min(FETCH_RAM, roomBeside(beside, board.ram));
  return {
    ...planOf(compileC(graph, { ...options, weights: 'fetch', fetchRam }), request),
    counted: resident,
  };
}

/** The plan of a program that was compiled for a board. */
export function planOf(program: CProgram, request: PlanRequest): Plan {
  const { variant, graph, board, io } = request;
  const buffers = buffersOf(program, io);
  const flash = flashOf(program, 0);
  return {
    variant,
    request,
    program,
    counted: program,
    inputs: seededInputs(graph, 1),
    time: estimatedTime(program, board),
    buffers,
    problems: problemsOf({ buffers, ...flash }, board),
  };
}

/** What is stored in which flash, given the bytes of code. */
export function flashOf({ form, weightBytes }: CProgram, codeBytes: number): Omit<Needs, 'buffers'> {
  return form === 'fetch'
    ? { flashBytes: codeBytes, externalBytes: weightBytes }
    : { flashBytes: codeBytes + weightBytes, externalBytes: 0 };
}

function buffersOf({ arenaBytes, fetchBytes, inputs, outputs }: CProgram, io: IoForm): Buffer[] {
  const own = [
    { name: 'arena', bytes: arenaBytes },
    ...(fetchBytes ? [{ name: 'fetched weights', bytes: fetchBytes }] : []),
  ];
  if (io === 'arena') return own;
  const outside = [...inputs, ...outputs];
  return [
    ...own,
    ...outside.map(({ name, elements, dtype }) => ({ name, bytes: elements * byteSize(dtype) })),
  ];
}

interface Needs {
  readonly buffers: readonly Buffer[];
  readonly flashBytes: number;
  /** In the external flash. */
  readonly externalBytes: number;
}

/** What does not fit, and by how much. */
export function problemsOf({ buffers, flashBytes, externalBytes }: Needs, board: BoardFacts): string[] {
  const { ram, flashBytes: flash, externalFlash } = board;
  const total = buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  const room = ram.reduce((sum, { bytes }) => sum + bytes, 0);
  const homeless = placeBuffers(buffers, ram).filter(({ memory }) => memory === null);
  const largest = Math.max(...ram.map(({ bytes }) => bytes));
  return [
    ...over('RAM', total, room),
    ...(total > room ? [] : homeless.map(({ name, bytes }) => homelessText(name, bytes, largest))),
    ...over('flash', flashBytes, flash),
    ...over('external flash', externalBytes, externalFlash?.bytes ?? 0),
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
