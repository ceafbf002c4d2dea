import { isGpuBuffer } from './gpu-places.ts';
import type { GpuProgram } from './gpu-program.ts';
import { type GpuInput, type GpuTarget, type Inputs, type IoData, isGpuInput, wordsOf } from './io-data.ts';
import { copyBytes } from './make-buffers.ts';

/**
 * Writes the current inputs into the arena. Each input that the GPU computes is a separate submit: it may
 * write to buffers and textures through the queue, and the next one may write to the same.
 */
export function writeInputs({ device, manifest, buffers: { arena } }: GpuProgram, inputs: Inputs): void {
  for (const input of manifest.inputs) {
    const data = inputs[input.name] as Inputs[string];
    if (isGpuBuffer(data)) submitInput(copyOfBuffer(data), { ...input, device, arena });
    else if (isGpuInput(data)) submitInput(data, { ...input, device, arena });
    else device.queue.writeBuffer(arena, input.offset, wordsOf(data as IoData));
  }
}

function submitInput(input: GpuInput, target: GpuTarget): void {
  const encoder = target.device.createCommandEncoder();
  input.encode(encoder, target);
  target.device.queue.submit([encoder.finish()]);
}

function copyOfBuffer(buffer: GPUBuffer): GpuInput {
  return {
    encode(encoder, { arena, offset, bytes }) {
      encoder.copyBufferToBuffer(buffer, 0, arena, offset, copyBytes(bytes));
    },
  };
}
