import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { CompileError } from '@ghostc/ir';
import { runProcess } from '../process/run-process.ts';
import type { Board, CDevice } from './c-device.ts';
import { harnessBytes, harnessMain, type LayerCounting, layersHeader, singleMain } from './c-harness.ts';
import { linkerScript } from './c-linker-script.ts';
import {
  aarch64Entry,
  aarch64Startup,
  armStartup,
  hostPlatform,
  platformHeader,
  riscvStartup,
  semihostPlatform,
} from './c-platform.ts';
import { checkParameters } from './check-parameters.ts';

/** How the generated sources must compile. */
export const strictFlags = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-pedantic'] as const;

const SECONDS = 300;

/** A library built for the device: its headers are for the program only. */
export interface CLibrary {
  /** Folder of headers. */
  readonly include: string;
  readonly archive: string;
}

interface Build {
  readonly device: CDevice;
  readonly folder: string;
  /** For compiler and linker both, such as `-fsanitize=address`. */
  readonly extraFlags: readonly string[];
  readonly profile?: LayerCounting | undefined;
  readonly library?: CLibrary | undefined;
}

/**
 * Compiles a program with its harness in `folder`; gives the executable's path. Throws `tool/failed` with the compiler's
 * words, `run/memory` when the board is too small, `run/work` for thousands of inputs and outputs.
 */
export async function buildC(program: CProgram, build: Build): Promise<string> {
  checkParameters(program);
  await writeSources(program, build);
  const strict = [...program.files.keys()].filter((name) => /\.[cS]$/.test(name));
  const objects = await allDone([
    ...strict.map((source) => compileUnit(source, build, programFlags(build))),
    ...harnessUnits(build.device).map((source) => compileUnit(source, build, harnessFlags(build.device))),
  ]);
  await link(objects, build);
  return join(build.folder, 'program');
}

/** Like Promise.all, but waits for the others when one fails: nothing may still write into the folder then. */
async function allDone<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}

/** Links objects to `program`. Throws as buildC does. */
export async function link(
  objects: readonly string[],
  { device, folder, extraFlags, library }: Omit<Build, 'profile'>,
): Promise<void> {
  const script = device.board
    ? ['-T', 'harness_board.ld', '-Wl,--gc-sections', '-Wl,--no-warn-rwx-segments']
    : [];
  const flags = [...device.flags, ...extraFlags, ...device.linkFlags, ...script];
  try {
    const libraries = [...(library ? [library.archive] : []), '-lm'];
    await runProcess(
      device.linker ?? device.compiler,
      [...flags, ...objects, ...libraries, '-o', 'program'],
      {
        cwd: folder,
        timeout: SECONDS,
      },
    );
  } catch (error) {
    throw overflow(error, device) ?? error;
  }
}

/** The linker's "region `FLASH' overflowed by 1234 bytes" as our own error. */
function overflow(error: unknown, { name }: CDevice): CompileError | undefined {
  const match = /region `(\w+)' overflowed by (\d+) bytes/.exec(String(error));
  return match
    ? new CompileError('run/memory', `${name}: ${match[1]} is ${match[2]} bytes too small for the program`)
    : undefined;
}

/** Names of the harness' sources. */
export function harnessUnits({ board }: CDevice): string[] {
  return ['harness_main.c', 'harness_platform.c', ...(board ? Object.keys(startups[board.startup]) : [])];
}

/** Files of a board's start-up code. */
const startups: Readonly<Record<Board['startup'], Readonly<Record<string, string>>>> = {
  arm: { 'startup.c': armStartup },
  riscv: { 'startup.S': riscvStartup },
  aarch64: { 'entry.S': aarch64Entry, 'startup.c': aarch64Startup },
};

function programFlags({ profile, library }: Build): readonly string[] {
  const include = library ? [`-I${library.include}`] : [];
  return [...strictFlags, ...include, ...(profile ? ['-include', 'harness_layers.h'] : [])];
}

async function compileUnit(source: string, build: Build, flags: readonly string[]): Promise<string> {
  const { device, folder, extraFlags } = build;
  const object = source.replace(/\.[cS]$/, '.o');
  const language = source.endsWith('.S') ? ['-I.'] : [...flags, ...extraFlags];
  const sections = ['-ffunction-sections', '-fdata-sections'];
  const args = ['-O2', ...sections, ...device.flags, ...language, '-c', source, '-o', object];
  await runProcess(device.compiler, args, { cwd: folder, timeout: SECONDS });
  return object;
}

/** Of the harness' own sources. */
export function harnessFlags({ board }: CDevice): string[] {
  const flags = ['-std=gnu11', '-Wall', '-Werror'];
  if (!board) return flags;
  const { counter } = board;
  const address = counter.kind === 'fpgaio' ? [`-DFPGAIO=0x${counter.address.toString(16)}u`] : [];
  return [...flags, ...address, '-DBIG=__attribute__((section(".big")))'];
}

async function writeSources(program: CProgram, { device, folder, profile }: Build): Promise<void> {
  const files = [...program.files, ...harnessFiles(program, device, profile)];
  await Promise.all(files.map(([name, content]) => writeFile(join(folder, name), content)));
}

function harnessFiles(program: CProgram, { board }: CDevice, profile?: LayerCounting): [string, string][] {
  return [
    ['harness_main.c', `${harnessMain(program, profile)}${singleMain(program)}`],
    ['harness_layers.h', layersHeader],
    ...platformFiles([program], board),
  ];
}

/** The definitions that the harness depends on, with memory for all the programs. */
export function platformFiles(programs: readonly CProgram[], board?: Board): [string, string][] {
  const common: [string, string][] = [
    ['harness_platform.h', platformHeader],
    ['harness_platform.c', board ? semihostPlatform : hostPlatform],
  ];
  if (!board) return common;
  const footprint = {
    weights: programs.reduce((sum, { weightBytes }) => sum + weightBytes, 0),
    buffers: programs.reduce((sum, program) => sum + harnessBytes(program), 0),
  };
  return [
    ...common,
    ...Object.entries(startups[board.startup]),
    ['harness_board.ld', linkerScript(board, footprint)],
  ];
}
