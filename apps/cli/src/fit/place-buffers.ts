/** Bytes that must lie in one memory. */
export interface Buffer {
  readonly name: string;
  readonly bytes: number;
}

export interface Memory {
  readonly name: string;
  readonly bytes: number;
}

export interface PlacedBuffer extends Buffer {
  /** Name of the memory; null: none has room for it. */
  readonly memory: string | null;
}

/** The largest further buffer, to 1 KB, that still fits. */
export function roomBeside(buffers: readonly Buffer[], memories: readonly Memory[]): number {
  const fits = (bytes: number): boolean =>
    placeBuffers([...buffers, { name: 'one more', bytes }], memories).every(({ memory }) => memory !== null);
  let room = Math.max(...memories.map(({ bytes }) => bytes));
  while (room > 0 && !fits(room)) room -= 1024;
  return Math.max(0, room);
}

/** Bytes that the stack is expected to need, until it is measured. */
export const stackRoom = 4096;

/** Best fit, largest buffers first: each goes to the memory that it leaves the least room in. */
export function placeBuffers(buffers: readonly Buffer[], memories: readonly Memory[]): PlacedBuffer[] {
  const left = new Map(memories.map(({ name, bytes }) => [name, bytes]));
  return [...buffers]
    .sort((a, b) => b.bytes - a.bytes)
    .map((buffer) => {
      const roomy = [...left].filter(([, bytes]) => bytes >= buffer.bytes).sort(([, a], [, b]) => a - b);
      const [memory, room] = roomy[0] ?? [null, 0];
      if (memory !== null) left.set(memory, room - buffer.bytes);
      return { ...buffer, memory };
    });
}
