import { readFileSync } from 'node:fs';
import { devices } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';
import known from './boards.json';

/** What `ghostc fit` knows of a board. Sizes in bytes. */
export interface BoardFacts {
  readonly name: string;
  readonly core: string;
  /** Whose C is generated for it. */
  readonly device: (typeof devices)[number];
  readonly kernels?: 'portable';
  readonly clockMHz: number;
  /** Memories; the arena must fit into one of them. */
  readonly ram: readonly { readonly name: string; readonly bytes: number }[];
  readonly flashBytes: number;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly cyclesPerInstruction: number;
  readonly cyclesReason: string;
}

/** A board by name, from the file of the user's own first. Throws `fit/board`, `fit/boards-file`. */
export function findBoard(name: string, file?: string): BoardFacts {
  const boards = [...(file ? readBoards(file) : []), ...(known as unknown as BoardFacts[])];
  const board = boards.find((one) => one.name === name.toLowerCase());
  if (board) return board;
  const names = boards.map((one) => one.name).join(', ');
  throw new CompileError('fit/board', `there is no board ${JSON.stringify(name)}; there are ${names}`);
}

function readBoards(file: string): BoardFacts[] {
  const data = parsed(file);
  if (!Array.isArray(data)) throw problem(file, 'expected a list of boards');
  return data.map((board, i) => checkedBoard(board, { file, i }));
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw problem(file, error instanceof Error ? error.message : String(error));
  }
}

const isText = (v: unknown): boolean => typeof v === 'string' && v.length > 0;
const isPositive = (v: unknown): boolean => typeof v === 'number' && Number.isFinite(v) && v > 0;
const isMemory = (v: unknown): boolean =>
  typeof v === 'object' &&
  v !== null &&
  isText((v as { name?: unknown }).name) &&
  isPositive((v as { bytes?: unknown }).bytes);

const fields: Readonly<Record<string, readonly [(v: unknown) => boolean, string]>> = {
  name: [isText, 'a text'],
  core: [isText, 'a text'],
  device: [(v) => (devices as readonly unknown[]).includes(v), `one of ${devices.join(', ')}`],
  clockMHz: [isPositive, 'a positive number'],
  ram: [(v) => Array.isArray(v) && v.length > 0 && v.every(isMemory), 'a list of {"name", "bytes"}'],
  flashBytes: [isPositive, 'a positive number'],
  compiler: [(v) => isText(v) && /^[\w.+-]+$/.test(String(v)), 'the name of a compiler'],
  flags: [(v) => Array.isArray(v) && v.every(isText), 'a list of texts'],
  cyclesPerInstruction: [isPositive, 'a positive number'],
  cyclesReason: [isText, 'a text'],
};

function checkedBoard(board: unknown, { file, i }: { file: string; i: number }): BoardFacts {
  const given = (typeof board === 'object' && board !== null ? board : {}) as Record<string, unknown>;
  for (const [field, [check, expected]] of Object.entries(fields))
    if (!check(given[field]))
      throw problem(file, `board ${i}: ${field} expects ${expected}, found ${JSON.stringify(given[field])}`);
  return { ...(given as unknown as BoardFacts), name: String(given.name).toLowerCase() };
}

function problem(file: string, detail: string): CompileError {
  return new CompileError('fit/boards-file', detail, { file });
}
