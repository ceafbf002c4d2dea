import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Json } from './job.ts';

const CHUNK = 2 ** 16;
const NEWLINE = 10;

/**
 * JSON Lines that outlive a kill at any moment: a line is on the disk before `append` returns, and what is left of half a line
 * is cut off when the file is opened.
 */
export class DurableLines {
  readonly #file: number;
  #end = 0;

  /** Opens a file, or makes it, and shows every line to `see`. A line that is no JSON ends the file. */
  constructor(path: string, see: (line: Json) => void) {
    this.#file = openSync(path, 'a+');
    for (const { text, end } of linesIn(this.#file)) {
      const line = parsed(text);
      if (line === undefined) break;
      see(line);
      this.#end = end;
    }
    if (fstatSync(this.#file).size > this.#end) ftruncateSync(this.#file, this.#end);
  }

  append(line: Json): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Whole lines, with the byte after each. */
function* linesIn(file: number): Generator<{ text: string; end: number }> {
  const chunk = new Uint8Array(CHUNK);
  let rest: Uint8Array = new Uint8Array(0);
  let position = 0;
  for (;;) {
    const count = readSync(file, chunk, 0, CHUNK, position + rest.length);
    if (count === 0) return;
    let bytes: Uint8Array = Buffer.concat([rest, chunk.subarray(0, count)]);
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE)) {
      position += at + 1;
      yield { text: new TextDecoder().decode(bytes.subarray(0, at)), end: position };
      bytes = bytes.subarray(at + 1);
    }
    rest = bytes;
  }
}
