import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CProgram, type Device, firmwareFiles } from '@ghostc/backend-c';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { type Graph, itemAt } from '@ghostc/ir';
import { harnessFlags } from '../../c/build-c.ts';
import { type CDevice, cDevice, type Board as McuBoard } from '../../c/c-device.ts';
import { harnessBytes } from '../../c/c-harness.ts';
import { type Footprint, linkerScript } from '../../c/c-linker-script.ts';
import { armStartup, platformHeader, riscvStartup } from '../../c/c-platform.ts';
import { runProcess } from '../../process/run-process.ts';

/** Of the model, where they are no part of the program. */
export const weightFile = 'model/src/net_weights.bin';

const own = (file: string): Promise<string> => readFile(join(import.meta.dirname, file), 'utf8');

/** A firmware that runs. */
export interface RunningBoard {
  /** Of its serial port. */
  readonly path: string;
  /** Of the firmware. */
  readonly folder: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Writes the firmware of a model called net. */
async function writeFirmware(
  model: Graph,
  folder: string,
  options: CompileCOptions & { device: Device },
): Promise<CProgram> {
  const device = cDevice(options.device);
  const settings = { ...options, name: 'net' };
  const program = compileC(model, { ...settings, observer: true });
  const board = { name: 'emulated', hertz: 25e6, compiler: device.compiler, flags: device.flags };
  for (const [path, content] of firmwareFiles(program, board, settings)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return program;
}

async function started(process: ChildProcess, line: RegExp): Promise<string> {
  let text = '';
  for (;;) {
    const [chunk] = await Promise.race([
      once(process.stdout ?? process, 'data'),
      once(process, 'exit').then(() => Promise.reject(new Error(`the board ended: ${text}`))),
    ]);
    text += String(chunk);
    const found = line.exec(text);
    if (found) return found[1] ?? '';
  }
}

async function stopped(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exit = once(process, 'exit');
  process.kill('SIGKILL');
  await exit;
}

/** The firmware as a program of this machine, on a pseudo terminal; `faults` are those of host-serial.c. */
export async function hostBoard(
  model: Graph,
  folder: string,
  { faults = {}, ...options }: CompileCOptions & { readonly faults?: Readonly<Record<string, string>> } = {},
): Promise<RunningBoard> {
  const program = await writeFirmware(model, folder, { ...options, device: 'host' });
  await writeFile(join(folder, 'host_serial.c'), await own('host-serial.c'));
  const sources = [...program.files.keys()]
    .filter((name) => /\.[cS]$/.test(name))
    .map((name) => `model/src/${name}`);
  const flags = [
    '-O1',
    '-g',
    '-fsanitize=address,undefined',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-DGHOSTC_DISPATCH=0',
    '-I.',
    '-Imodel/include',
    '-Imodel/src',
  ];
  await runProcess('gcc', [...flags, 'serve.c', 'host_serial.c', ...sources, '-lm', '-o', 'firmware'], {
    cwd: folder,
    timeout: 120,
  });
  const path = join(folder, 'port');
  const child = spawn(join(folder, 'firmware'), [path, join(folder, weightFile)], {
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0', ...faults },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await started(child, /ready/);
  return { path, folder, process: child, stop: () => stopped(child) };
}

/** Addresses of UARTs of QEMU's boards. */
const uarts: Partial<Record<Device, string>> = {
  'cortex-m4': '0x40004000u',
  'cortex-m55': '0x49303000u',
  rv32: '0x10000000u',
};

/** The firmware of a model, in QEMU. */
export async function qemuBoard(
  model: Graph,
  folder: string,
  options: CompileCOptions & { readonly device: Device },
): Promise<RunningBoard> {
  const program = await writeFirmware(model, folder, options);
  const footprint = { weights: program.weightBytes, buffers: harnessBytes(program) };
  return bootFirmware(folder, options.device, footprint);
}

/** Builds the firmware of a folder by its own CMake project, and boots it. */
export async function bootFirmware(
  folder: string,
  device: Device,
  footprint: Footprint,
): Promise<RunningBoard> {
  const target = cDevice(device);
  const board = boardOf(device);
  const startup = board.startup === 'arm' ? 'startup.c' : 'startup.S';
  const files = [
    ['harness_platform.h', platformHeader],
    ['mcu_serial.c', await own('mcu-serial.c')],
    [startup, board.startup === 'arm' ? armStartup : riscvStartup],
    ['board.ld', linkerScript(board, footprint)],
  ] as const;
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  await runProcess('cmake', cmakeArguments(target, { folder, startup }), { cwd: folder, timeout: 60 });
  await runProcess('cmake', ['--build', 'build'], { cwd: folder, timeout: 300 });
  return startFirmware(folder, device);
}

/** Boots what was built in a folder in QEMU, whose UART is a pseudo terminal; a weight file is loaded into memory. */
export async function startFirmware(folder: string, device: Device): Promise<RunningBoard> {
  const board = boardOf(device);
  const file = join(folder, weightFile);
  const loaded = existsSync(file)
    ? ['-device', `loader,file=${file},addr=${weightsAt(board)},force-raw=on`]
    : [];
  const machine = [...board.machine, '-display', 'none', '-monitor', 'none', '-serial', 'pty', ...loaded];
  const child = spawn(board.qemu, [...machine, '-kernel', join(folder, 'build/net_firmware')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const path = await started(child, /redirected to (\S+)/);
  return { path, folder, process: child, stop: () => stopped(child) };
}

function boardOf(device: Device): McuBoard {
  return cDevice(device).board ?? noBoard(device);
}

function noBoard(device: Device): never {
  throw new Error(`no board for ${device}`);
}

/** In the middle of the last memory, which buffers of tests leave free. */
function weightsAt({ memories }: McuBoard): number {
  const { origin, bytes } = itemAt(memories, memories.length - 1);
  return origin + bytes / 2;
}

function cmakeArguments(device: CDevice, { folder, startup }: { folder: string; startup: string }): string[] {
  const places = '-DBOARD_MEMORY=__attribute__((section(".big")))';
  const defines = [
    `-DUART=${uarts[device.name]}`,
    ...harnessFlags(device).filter((flag) => flag.startsWith('-DFPGAIO')),
    places,
    `-DWEIGHTS_AT=${weightsAt(boardOf(device.name))}u`,
  ];
  return [
    ...[
      '-S',
      '.',
      '-B',
      'build',
      '-DCMAKE_TOOLCHAIN_FILE=toolchain.cmake',
      '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
    ],
    `-DBOARD_SOURCES=${join(folder, startup)};${join(folder, 'mcu_serial.c')}`,
    `-DBOARD_LINKER_SCRIPT=${join(folder, 'board.ld')}`,
    `-DCMAKE_C_FLAGS=${[...device.flags, ...defines.map((one) => `'${one}'`)].join(' ')}`,
    `-DCMAKE_EXE_LINKER_FLAGS=${device.linkFlags.join(' ')} -Wl,--gc-sections -Wl,--no-warn-rwx-segments`,
  ];
}
