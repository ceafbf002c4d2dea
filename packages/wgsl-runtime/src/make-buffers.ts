import { paramBytes } from './check-program.ts';
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE, UNIFORM } from './gpu-constants.ts';
import type { IoTensor, WgslManifest, WgslProgram } from './manifest.ts';
import type { DownloadOptions } from './receive-weights.ts';
import { type MatrixType, uploadWeights, weightLayout } from './upload-weights.ts';

export interface Buffers {
  readonly arena: GPUBuffer;
  readonly weights: GPUBuffer;
  /** The parameters of each dispatch, `paramBytes` apart. */
  readonly params: GPUBuffer;
  /** All outputs of one inference, one after the other. */
  readonly readback: GPUBuffer;
}

/** Makes the buffers of a session and uploads the weights. Rejects when the device has too little memory. */
export async function makeBuffers(
  device: GPUDevice,
  program: WgslProgram,
  options: DownloadOptions & { readonly matrices: MatrixType },
): Promise<Buffers> {
  const { manifest } = program;
  const { matrixOffset, matrixBytes } = weightLayout(manifest, options.matrices);
  const make = (label: string, bytes: number, usage: number) =>
    device.createBuffer({ label, size: roundUp(bytes), usage });
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const buffers = {
    arena: make('arena', manifest.arenaBytes, STORAGE | COPY_DST | COPY_SRC),
    weights: make('weights', matrixOffset + matrixBytes, STORAGE | COPY_DST),
    params: make('params', Math.max(1, manifest.dispatches.length) * paramBytes, UNIFORM | COPY_DST),
    readback: make('outputs', outputBytes(manifest.outputs), COPY_DST | MAP_READ),
  };
  device.queue.writeBuffer(buffers.params, 0, paramWords(manifest));
  await uploadWeights(device, program, { buffer: buffers.weights, ...options });
  const problems = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  const problem = problems.find(Boolean);
  if (problem) {
    for (const buffer of Object.values(buffers)) buffer.destroy();
    const bytes = manifest.arenaBytes + matrixOffset + matrixBytes;
    throw new Error(`${manifest.name}: no room for ${bytes} bytes: ${problem.message}`);
  }
  return buffers;
}

/** Bytes of the outputs of one inference in a readback buffer. */
export function outputBytes(outputs: readonly IoTensor[]): number {
  return outputs.reduce((sum, { bytes }) => sum + copyBytes(bytes), 0);
}

/** Copies between buffers take multiples of 4 bytes. */
export const copyBytes = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** Bytes of a buffer: whole rows of 16, and never none. */
export function roundUp(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}

function paramWords({ dispatches }: WgslManifest): Int32Array<ArrayBuffer> {
  const words = new Int32Array(Math.max(1, dispatches.length) * (paramBytes / 4));
  const floats = new Float32Array(words.buffer);
  dispatches.forEach((dispatch, i) => {
    let at = i * (paramBytes / 4);
    for (const value of Object.values(dispatch.ints)) words[at++] = value;
    for (const value of Object.values(dispatch.floats ?? {})) floats[at++] = value;
  });
  return words;
}
