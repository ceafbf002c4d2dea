import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { installHints, requireTools } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { packTensors } from '../process/tensor-bytes.ts';
import { buildC, type CLibrary } from './build-c.ts';
import { type CDevice, cDevice, cRuntimeName } from './c-device.ts';
import type { LayerCounting } from './c-harness.ts';
import { harnessCodes } from './c-platform.ts';
import { type CRun, readRuns } from './read-runs.ts';

export interface RunCOptions {
  /** Count executed instructions: exact on the emulated boards, and slower. The host counts none. */
  readonly count?: 'instructions';
  readonly profile?: LayerCounting;
  /** Seconds of work that one call, with all its inputs, may take. Default 600. */
  readonly timeout?: number;
  /** For compiler and linker, such as `-fsanitize=address,undefined` on the host. */
  readonly extraFlags?: readonly string[];
  /** What the program calls, built for the device. */
  readonly library?: CLibrary | undefined;
}

/** A program built for a device. */
export interface CExecutable {
  /** Runs every set of inputs, in one process or one boot of the emulator. Calls run one after another. */
  run(inputs: readonly Tensors[]): Promise<CRun[]>;
  /** Removes the temporary folder. */
  dispose(): Promise<void>;
}

/** Compiles a C program for a device, or one that is described. Throws CompileError `tool/...`, `run/device`, `run/memory`. */
export async function prepareC(
  program: CProgram,
  target: string | CDevice,
  options: RunCOptions = {},
): Promise<CExecutable> {
  const device = typeof target === 'string' ? cDevice(target) : target;
  requireTools(device.tools, cRuntimeName(device.name));
  const folder = await makeTempFolder();
  try {
    await buildC(program, {
      device,
      folder: folder.path,
      extraFlags: options.extraFlags ?? [],
      profile: options.profile,
      library: options.library,
    });
  } catch (error) {
    await folder.remove();
    throw withHint(error, device);
  }
  const built = { program, device, folder: folder.path, options };
  let last: Promise<unknown> = Promise.resolve();
  const run = (inputs: readonly Tensors[]): Promise<CRun[]> => {
    const result = last.then(() => runBuilt(built, inputs));
    last = result.catch(() => undefined);
    return result;
  };
  return { run, dispose: () => last.then(folder.remove) };
}

interface Built {
  readonly program: CProgram;
  readonly device: CDevice;
  readonly folder: string;
  readonly options: RunCOptions;
}

async function runBuilt(
  { program, device, folder, options }: Built,
  inputs: readonly Tensors[],
): Promise<CRun[]> {
  const packed = inputs.map((one) => packTensors(program.inputs, one));
  await writeFile(join(folder, 'in.bin'), packed);
  await execute(device, folder, options);
  const { profile, count } = options;
  const runs = readRuns(program, device, await readFile(join(folder, 'out.bin')), profile);
  const expected = inputs.length * (profile?.repeats ?? 1);
  if (runs.length === expected) return count ? runs : runs.map(withoutCount);
  throw new CompileError('run/output', `expected the outputs of ${expected} runs, found ${runs.length}`);
}

/** Compiles, runs on every set of inputs, cleans up. */
export async function runC(
  program: CProgram,
  target: string | CDevice,
  inputs: readonly Tensors[],
  options: RunCOptions = {},
): Promise<CRun[]> {
  const executable = await prepareC(program, target, options);
  try {
    return await executable.run(inputs);
  } finally {
    await executable.dispose();
  }
}

function withoutCount({ outputs, stackBytes }: CRun): CRun {
  return { outputs, stackBytes, instructions: undefined };
}

/** Runs `program` of the folder on what is in `in.bin`; it leaves `out.bin`. */
export async function execute(
  device: CDevice,
  cwd: string,
  { count, timeout = 600 }: Pick<RunCOptions, 'count' | 'timeout'> = {},
): Promise<void> {
  const program = join(cwd, 'program');
  const here = device.emulator ? [device.emulator, program] : [program];
  const [command = '', ...args] = device.board
    ? [device.board.qemu, ...qemuArgs(program, device, count)]
    : here;
  try {
    await runProcess(command, args, { cwd, timeout });
  } catch (error) {
    throw error instanceof CompileError ? explained(error, device) : error;
  }
}

function qemuArgs(kernel: string, { board }: CDevice, count: RunCOptions['count']): string[] {
  const shift = board?.counter.kind === 'minstret' ? 'shift=0' : 'shift=6';
  return [
    ...(board?.machine ?? []),
    ...['-display', 'none', '-monitor', 'none', '-serial', 'null'],
    ...(count ? ['-icount', shift] : []),
    ...['-semihosting-config', 'enable=on,target=native'],
    ...['-kernel', kernel],
  ];
}

const meanings: Readonly<Record<number, string>> = {
  [harnessCodes.input]: 'the harness could not read its inputs',
  [harnessCodes.output]: 'the harness could not write its outputs',
  [harnessCodes.fault]: 'the processor took a fault (a bad address, or the stack overflowed)',
};

/** A tool that exists but cannot be started may have to be reinstalled. */
function withHint<E>(error: E, { tools }: CDevice): E | CompileError {
  if (!(error instanceof CompileError) || error.code !== 'tool/start') return error;
  return new CompileError(error.code, error.detail, error.location, installHints(tools));
}

/** An exit code of the harness in words. */
export function explained(error: CompileError, device: CDevice): CompileError {
  const { name } = device;
  if (error.code === 'tool/start') return withHint(error, device);
  const meaning = meanings[Number(/left with code (\d+)/.exec(error.detail)?.[1])];
  return meaning ? new CompileError('run/failed', `${name}: ${meaning}`) : error;
}
