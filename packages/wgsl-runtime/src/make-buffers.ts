import type { WgslProgram } from './manifest.ts';

export interface Buffers {
  readonly arena: GPUBuffer;
  readonly weights: GPUBuffer;
  /** All outputs, one after the other. */
  readonly readback: GPUBuffer;
}

// GPUBufferUsage; Node has no such global
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const STORAGE = 128;

/** Makes the three buffers of a session and uploads the weights. Rejects when the device has too little memory. */
export async function makeBuffers(device: GPUDevice, { manifest, weights }: WgslProgram): Promise<Buffers> {
  const readbackBytes = manifest.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  const make = (label: string, bytes: number, usage: number) =>
    device.createBuffer({ label, size: Math.max(16, Math.ceil(bytes / 16) * 16), usage });
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const buffers = {
    arena: make('arena', manifest.arenaBytes, STORAGE | COPY_DST | COPY_SRC),
    weights: make('weights', manifest.weightBytes, STORAGE | COPY_DST),
    readback: make('outputs', readbackBytes, COPY_DST | MAP_READ),
  };
  upload(device, buffers.weights, weights);
  const problems = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  const problem = problems.find(Boolean);
  if (problem)
    throw new Error(
      `${manifest.name}: no room for ${manifest.arenaBytes + weights.byteLength} bytes: ${problem.message}`,
    );
  return buffers;
}

/** writeBuffer takes multiples of 4 bytes only: the last few go padded. */
function upload(device: GPUDevice, buffer: GPUBuffer, bytes: Uint8Array): void {
  const whole = bytes.byteLength - (bytes.byteLength % 4);
  device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
  if (whole === bytes.byteLength) return;
  const tail = new Uint8Array(4);
  tail.set(bytes.subarray(whole));
  device.queue.writeBuffer(buffer, whole, tail);
}
