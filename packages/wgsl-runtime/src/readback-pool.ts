import { COPY_DST, MAP_READ } from './gpu-constants.ts';
import { roundUp } from './make-buffers.ts';

/** Buffers that wait for the next run; more are freed. */
const mostIdle = 4;

/** Memory for outputs on their way to the CPU: each run in flight has its own, so that no run waits for another's. */
export class ReadbackPool {
  readonly #device: GPUDevice;
  readonly #all: Set<GPUBuffer>;
  readonly #idle: GPUBuffer[];

  constructor(device: GPUDevice, first: GPUBuffer) {
    this.#device = device;
    this.#all = new Set([first]);
    this.#idle = [first];
  }

  /** A buffer of at least `bytes`: the smallest idle one, or a new one. */
  take(bytes: number): GPUBuffer {
    const fits = this.#idle.findIndex(({ size }) => size >= bytes);
    const [known] = fits < 0 ? [] : this.#idle.splice(fits, 1);
    if (known) return known;
    const usage = COPY_DST | MAP_READ;
    const made = this.#device.createBuffer({ label: 'outputs', size: roundUp(bytes), usage });
    this.#all.add(made);
    return made;
  }

  give(buffer: GPUBuffer): void {
    this.#idle.push(buffer);
    this.#idle.sort((a, b) => a.size - b.size);
    const gone = this.#idle.length > mostIdle ? this.#idle.shift() : undefined;
    if (!gone) return;
    this.#all.delete(gone);
    gone.destroy();
  }

  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}
