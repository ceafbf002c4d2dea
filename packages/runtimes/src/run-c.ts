import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { buildC } from './build-c.ts';
import { type CDevice, cDevice } from './c-device.ts';
import { harnessCodes } from './c-harness.ts';
import { requireTools } from './require-tool.ts';
import { runProcess } from './run-process.ts';
import { packTensors, slotBytes, unpackTensors } from './tensor-bytes.ts';
import { withTempFolder } from './with-temp-folder.ts';

export interface RunCOptions {
  /** Count executed instructions: exact on the emulated boards, slower. */
  readonly count?: 'instructions';
  /** Seconds that all runs together may take. */
  readonly timeout?: number;
}

export interface CRun {
  readonly outputs: Tensors;
  /** Executed instructions, where counted. */
  readonly instructions?: number;
}

/**
 * Compiles a C program for a device and runs it on every set of inputs, on the host or in QEMU. The arena is poisoned
 * before each run, and what lies behind it is checked after. Throws CompileError `run/...` or `tool/...`.
 */
export async function runC(
  program: CProgram,
  deviceName: string,
  inputs: readonly Tensors[],
  options: RunCOptions = {},
): Promise<CRun[]> {
  const device = cDevice(deviceName);
  requireTools(device.tools, `c@${deviceName}`);
  return withTempFolder(async (folder) => {
    const executable = await buildC(program, device, folder);
    await writeFile(
      join(folder, 'in.bin'),
      Buffer.concat(inputs.map((one) => packTensors(program.inputs, one))),
    );
    await execute(executable, device, folder, options);
    return splitRuns(program, device, await readFile(join(folder, 'out.bin')), inputs.length, options);
  });
}

async function execute(
  executable: string,
  { board }: CDevice,
  cwd: string,
  { count, timeout = 600 }: RunCOptions,
): Promise<void> {
  const [command, args] = board
    ? [board.qemu, qemuArgs(executable, board.machine, count && board.counter.icount)]
    : [executable, []];
  try {
    await runProcess(command, args, { cwd, timeout });
  } catch (error) {
    throw error instanceof CompileError ? explained(error) : error;
  }
}

function qemuArgs(kernel: string, machine: readonly string[], icount: string | undefined): string[] {
  const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'null'];
  return [
    ...machine,
    ...quiet,
    ...(icount ? ['-icount', icount] : []),
    '-semihosting-config',
    'enable=on,target=native',
    '-kernel',
    kernel,
  ];
}

const meanings: Readonly<Record<number, string>> = {
  [harnessCodes.canary]: 'the program wrote behind its arena',
  [harnessCodes.input]: 'the harness could not read its inputs',
  [harnessCodes.output]: 'the harness could not write its outputs',
  [harnessCodes.fault]: 'the processor took a fault',
};

function explained(error: CompileError): CompileError {
  const code = Number(/left with code (\d+)/.exec(error.detail)?.[1] ?? Number.NaN);
  const meaning = meanings[code] ?? (code < 100 ? `the program's status is ${code}` : undefined);
  return meaning ? new CompileError('run/failed', meaning, error.location, error.notes) : error;
}

function splitRuns(
  program: CProgram,
  { board }: CDevice,
  bytes: Uint8Array,
  count: number,
  options: RunCOptions,
): CRun[] {
  const outputBytes = program.outputs.reduce((sum, slot) => sum + slotBytes(slot), 0);
  const each = outputBytes + 4;
  if (bytes.length !== each * count)
    throw new CompileError('run/output', `expected ${each * count} bytes of output, found ${bytes.length}`);
  return Array.from({ length: count }, (_, i) => {
    const outputs = unpackTensors(program.outputs, bytes.subarray(i * each, i * each + outputBytes));
    const ticks = new DataView(bytes.buffer, bytes.byteOffset + i * each + outputBytes).getUint32(0, true);
    return options.count && board
      ? { outputs, instructions: Math.round(ticks * board.counter.instructionsPerTick) }
      : { outputs };
  });
}
