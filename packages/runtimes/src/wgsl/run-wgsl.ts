import { type Executable, runEach, type Tensors } from '@ghostc/conformance';
import { type AdapterKind, createSession, type WgslProgram } from '@ghostc/wgsl-runtime';
import { runSession } from '../process/run-session.ts';
import { dawnDevice, dawnOffers, nullDevice } from './dawn-device.ts';

export interface PrepareWgslOptions {
  /** Only the modules that run everywhere, no variants. */
  readonly plain?: boolean;
  /** What the program is shaped for. Default: what the adapter is. */
  readonly adapter?: AdapterKind;
}

/** A WGSL program on Dawn, ready to run; `dispose` frees its device. Throws `tool/missing`, and Error when it does not compile. */
export async function prepareWgsl(
  program: WgslProgram,
  options: PrepareWgslOptions = {},
): Promise<Executable> {
  const device = await dawnDevice();
  const executable = await prepareOnDevice(program, device, options).catch((error) => {
    device.destroy();
    throw error;
  });
  const dispose = (): void => {
    executable.dispose?.();
    device.destroy();
  };
  return { ...executable, dispose };
}

/** The same on a device of the caller's, which outlives it. */
export async function prepareOnDevice(
  program: WgslProgram,
  device: GPUDevice,
  { plain = false, adapter }: PrepareWgslOptions = {},
): Promise<Executable> {
  const offers = plain ? () => false : await dawnOffers(device);
  const session = await createSession(device, program, { offers, adapter });
  return {
    run: (inputs) => runSession(session, inputs),
    dispose: () => session.dispose(),
  };
}

/** Prepares, runs on every set of inputs, cleans up. */
export async function runWgsl(program: WgslProgram, inputs: readonly Tensors[]): Promise<readonly Tensors[]> {
  return runEach(prepareWgsl(program), inputs);
}

/** For each WGSL module Tint's errors, as `line:column: message`; none if it is valid. Needs no driver. */
export async function checkWgsl(sources: readonly string[]): Promise<string[][]> {
  const device = await nullDevice();
  try {
    const found: string[][] = [];
    for (const code of sources) found.push(await errorsOf(device, code));
    return found;
  } finally {
    device.destroy();
  }
}

async function errorsOf(device: GPUDevice, code: string): Promise<string[]> {
  device.pushErrorScope('validation');
  const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
  await device.popErrorScope();
  return messages
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, linePos, message }) => `${lineNum}:${linePos}: ${message}`);
}
