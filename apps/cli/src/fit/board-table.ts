import { readFileSync } from 'node:fs';
import { devices } from '@ghostc/compiler';
import { CompileError, messageOf } from '@ghostc/ir';
import { type Check, checkedFields, isOneOf } from '@ghostc/jobs';
import {
  type BoardDevice,
  type BoardFacts,
  type BoardOf,
  type ExternalFlash,
  knownBoards,
  sourcedFacts,
  wholeBoard,
} from './board-facts.ts';
import type { Memory } from './place-buffers.ts';

const boardDevices = devices.filter((device): device is BoardDevice => /^(cortex-m|rv32)/.test(device));

/** A board by name, from the file of the user's own first. Throws `fit/board`, `fit/boards-file`. */
export function findBoard(name: string, file?: string): BoardFacts {
  const boards = [...(file ? readBoards(file) : []), ...knownBoards];
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
    throw problem(file, messageOf(error));
  }
}

/** Cores that `core` may name. */
const cores = /^(Cortex-(M0\+?|M3|M4F?|M7|M23|M33|M52|M55|M85)|RV32[A-Z_a-z]*)$/;

const withDsp = /^Cortex-M(4F?|7|33|52|55|85)$/;

/** Cores that have the instructions that a device's own kernels use. */
const coresFor: Readonly<Record<BoardDevice, RegExp>> = {
  'cortex-m0plus': /^Cortex-M/,
  'cortex-m3': /^Cortex-M/,
  'cortex-m4': withDsp,
  'cortex-m7': withDsp,
  'cortex-m33': withDsp,
  'cortex-m55': /^Cortex-M(52|55|85)$/,
  'cortex-m85': /^Cortex-M85$/,
  rv32: /^RV32/,
  rv32imc: /^RV32/,
  rv32imac_zba_zbb: /^RV32IM\w*_Zba_Zbb/,
};

const isText = (v: unknown): boolean => typeof v === 'string' && v.trim().length > 0;
const isPositive = (v: unknown): boolean => typeof v === 'number' && Number.isFinite(v) && v > 0;
const isSize = (v: unknown): boolean => typeof v === 'number' && Number.isSafeInteger(v) && v > 0;
const text: Check = { ok: isText, expected: 'a text' };
const size: Check = { ok: isSize, expected: 'a positive whole number of bytes' };
const positive: Check = { ok: isPositive, expected: 'a positive number' };

const memoryFields = { name: text, bytes: size } satisfies Record<keyof Memory, Check>;

const externalFields = { bytes: size, bytesPerSecond: positive, source: text } satisfies Record<
  keyof ExternalFlash,
  Check
>;

const fields: Readonly<Record<keyof BoardFacts, Check>> = {
  name: text,
  core: {
    ok: (v) => typeof v === 'string' && cores.test(v),
    expected: 'a core such as Cortex-M0+, Cortex-M4F, Cortex-M7, Cortex-M33, Cortex-M55 or RV32IMC',
  },
  device: isOneOf(boardDevices),
  clockMHz: positive,
  ram: { ok: (v) => Array.isArray(v) && v.length > 0, expected: 'a list of {"name", "bytes"}' },
  flashBytes: size,
  flashNote: { ...text, optional: true },
  externalFlash: {
    ok: (v) => typeof v === 'object' && v !== null,
    expected: 'an object {"bytes", "bytesPerSecond", "source"}',
    optional: true,
  },
  compiler: {
    ok: (v) => isText(v) && /^[\w.+-]+$/.test(String(v)),
    expected: 'the name of a compiler on the PATH',
  },
  flags: { ok: (v) => Array.isArray(v) && v.every(isText), expected: 'a list of texts' },
  cyclesPerInstruction: positive,
  cyclesReason: text,
  sources: {
    ok: (v) =>
      typeof v === 'object' &&
      v !== null &&
      Object.entries(v).every(([fact, from]) => sourcedFacts.some((one) => one === fact) && isText(from)),
    expected: `an object of texts for some of ${sourcedFacts.join(', ')}`,
    optional: true,
  },
};

function checkedBoard(board: unknown, { file, i }: { file: string; i: number }): BoardFacts {
  const where = `board ${i}`;
  const given = checkedFields<BoardFacts>(
    likeAnother(board, { file, where }),
    fields,
    problemAt(file, where),
  );
  given.ram.forEach((memory, k) =>
    checkedFields(memory, memoryFields, problemAt(file, `${where}: ram[${k}]`)),
  );
  if (given.externalFlash)
    checkedFields(given.externalFlash, externalFields, problemAt(file, `${where}: externalFlash`));
  const names = given.ram.map(({ name }) => name);
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice) throw problem(file, `${where}: ram has two memories called ${JSON.stringify(twice)}`);
  const mismatch = mismatchOf(given);
  if (mismatch) throw problem(file, `${where}: ${mismatch}`);
  return { ...given, name: given.name.toLowerCase() };
}

/** With the facts of the board that `of` names. */
function likeAnother(board: unknown, { file, where }: { file: string; where: string }): unknown {
  if (!isLikeAnother(board)) return board;
  if (!knownBoards.some(({ name }) => name === board.of))
    throw problem(file, `${where}: of expects a board that is known, found ${JSON.stringify(board.of)}`);
  return wholeBoard(board, knownBoards);
}

function isLikeAnother(board: unknown): board is BoardOf {
  return typeof board === 'object' && board !== null && 'of' in board;
}

/** Why the code for a board would not run on its core. */
function mismatchOf({ core, device, flags }: BoardFacts): string | undefined {
  if (core.startsWith('RV32') !== device.startsWith('rv32'))
    return `device ${device} makes code that a ${core} does not run`;
  const fitting = boardDevices.filter((one) => coresFor[one].test(core));
  if (!fitting.includes(device))
    return `the kernels of device ${device} use instructions that a ${core} lacks; expected one of ${fitting.join(', ')}`;
  const cpu = flags
    .find((flag) => flag.startsWith('-mcpu='))
    ?.slice('-mcpu='.length)
    .replace(/\+.*/, '');
  const own = core
    .toLowerCase()
    .replace('+', 'plus')
    .replace(/^(cortex-m4)f$/, '$1');
  return cpu === undefined || cpu === own ? undefined : `core is ${core}, but flags build for -mcpu=${cpu}`;
}

const problemAt = (file: string, where: string) => ({
  where,
  problem: (detail: string) => problem(file, detail),
});

function problem(file: string, detail: string): CompileError {
  return new CompileError('fit/boards-file', detail, { file });
}
