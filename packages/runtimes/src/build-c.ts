import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import type { CDevice } from './c-device.ts';
import {
  armStartup,
  harnessMain,
  hostPlatform,
  platformHeader,
  riscvStartup,
  semihostPlatform,
} from './c-harness.ts';
import { linkerScript } from './c-linker-script.ts';
import { runProcess } from './run-process.ts';
import { slotBytes } from './tensor-bytes.ts';

/** How the generated sources must compile. */
export const strictFlags = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-pedantic'] as const;

const COMPILE_SECONDS = 300;

/** Compiles a program with its harness in `folder`; gives the executable's path. */
export async function buildC(program: CProgram, device: CDevice, folder: string): Promise<string> {
  await writeSources(program, device, folder);
  const objects: string[] = [];
  for (const source of libraryUnits(program))
    objects.push(await compileUnit(source, device, folder, [...strictFlags]));
  for (const source of harnessUnits(device))
    objects.push(await compileUnit(source, device, folder, harnessFlags(device)));
  const script = device.board ? ['-T', 'board.ld', '-Wl,--gc-sections'] : [];
  const args = [...device.flags, ...device.linkFlags, ...script, ...objects, '-lm', '-o', 'program'];
  await runProcess(device.compiler, args, { cwd: folder, timeout: COMPILE_SECONDS });
  return join(folder, 'program');
}

function libraryUnits({ files }: CProgram): string[] {
  return [...files.keys()].filter((name) => /\.[cS]$/.test(name));
}

function harnessUnits({ board }: CDevice): string[] {
  if (!board) return ['main.c', 'platform.c'];
  return ['main.c', 'platform.c', board.startup === 'arm' ? 'startup.c' : 'startup.S'];
}

async function compileUnit(
  source: string,
  device: CDevice,
  folder: string,
  flags: readonly string[],
): Promise<string> {
  const object = source.replace(/\.[cS]$/, '.o');
  const language = source.endsWith('.S') ? [] : flags;
  const args = [
    '-O2',
    '-ffunction-sections',
    '-fdata-sections',
    ...device.flags,
    ...systemHeaders(device),
    ...language,
    '-c',
    source,
    '-o',
    object,
  ];
  await runProcess(device.compiler, args, { cwd: folder, timeout: COMPILE_SECONDS });
  return object;
}

/** picolibc's headers come through its specs file, at compile time too. */
function systemHeaders({ linkFlags }: CDevice): string[] {
  return linkFlags.filter((flag) => flag.includes('picolibc'));
}

function harnessFlags({ board }: CDevice): string[] {
  if (!board) return ['-std=gnu11'];
  return [
    '-std=gnu11',
    `-DCOUNTER=0x${board.counter.address.toString(16)}u`,
    '-DBIG=__attribute__((section(".big")))',
  ];
}

async function writeSources(program: CProgram, { board }: CDevice, folder: string): Promise<void> {
  const files = new Map<string, string | Uint8Array>(program.files);
  files.set('platform.h', platformHeader);
  files.set('main.c', harnessMain(program));
  files.set('platform.c', board ? semihostPlatform : hostPlatform);
  if (board?.startup === 'arm') files.set('startup.c', armStartup);
  if (board?.startup === 'riscv') files.set('startup.S', riscvStartup);
  if (board)
    files.set(
      'board.ld',
      linkerScript(board, { weights: program.weightBytes, buffers: bufferBytes(program) }),
    );
  for (const [name, content] of files) await writeFile(join(folder, name), content);
}

function bufferBytes({ arenaBytes, inputs, outputs }: CProgram): number {
  return [...inputs, ...outputs].reduce((sum, slot) => sum + slotBytes(slot) + 16, arenaBytes + 256);
}
