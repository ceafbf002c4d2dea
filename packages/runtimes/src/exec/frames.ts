import type { Readable } from 'node:stream';
import { itemAt } from '@ghostc/ir';

/**
 * A message between ghostc and an engine in another process: a line `WORD COUNT`, then COUNT parts, each a
 * line with its length in bytes and the bytes.
 */
export interface Message {
  readonly word: string;
  readonly parts: readonly Uint8Array[];
}

/** Longer heads, more parts and larger parts are refused before they are stored. */
const [MAX_LINE, MAX_PARTS, MAX_PART] = [200, 4096, 2 ** 30];

export function encodeMessage({ word, parts }: Message): Uint8Array {
  const encoded = parts.flatMap((part) => [Buffer.from(`${part.length}\n`), part]);
  return Buffer.concat([Buffer.from(`${word} ${parts.length}\n`), ...encoded]);
}

/** Reads messages from a stream, one after the other. */
export class MessageReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #kept: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next message; undefined at the end of the stream. Throws an Error when the bytes are not a message. */
  async read(): Promise<Message | undefined> {
    const head = await this.#line();
    if (head === undefined) return undefined;
    const found = /^([a-z]+) (\d{1,4})$/.exec(head);
    if (!found || Number(found[2]) > MAX_PARTS)
      throw new Error(`expected a line WORD COUNT on standard output, found ${JSON.stringify(head)}`);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < Number(found[2]); i++) parts.push(await this.#part());
    return { word: itemAt(found, 1), parts };
  }

  async #part(): Promise<Uint8Array> {
    const line = await this.#line();
    const length = /^\d{1,10}$/.test(line ?? '') ? Number(line) : Infinity;
    if (length > MAX_PART)
      throw new Error(`expected a length of at most ${MAX_PART} bytes, found ${JSON.stringify(line)}`);
    const chunks: Buffer[] = [this.#kept];
    let have = this.#kept.length;
    while (have < length) {
      const chunk = await this.#next();
      if (!chunk) throw new Error(`the output ended after ${have} of ${length} bytes`);
      chunks.push(chunk);
      have += chunk.length;
    }
    const all = Buffer.concat(chunks);
    this.#kept = all.subarray(length);
    return all.subarray(0, length);
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#kept.indexOf(10);
      if (end >= 0) {
        const line = this.#kept.subarray(0, end).toString('latin1').trimEnd();
        this.#kept = this.#kept.subarray(end + 1);
        return line;
      }
      if (this.#kept.length > MAX_LINE) return this.#kept.subarray(0, MAX_LINE).toString('latin1');
      const chunk = await this.#next();
      if (!chunk) return this.#kept.length ? this.#kept.toString('latin1') : undefined;
      this.#kept = Buffer.concat([this.#kept, chunk]);
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const { value, done } = await this.#chunks.next();
    return done ? undefined : value;
  }
}
