import { setTimeout as sleep } from 'node:timers/promises';
import { protocol } from '@ghostc/backend-c';
import { CompileError } from '@ghostc/ir';
import { encodeFrame, FrameReader } from './frame.ts';
import { openSerial, type SerialPort } from './serial-port.ts';

export interface PortOptions {
  readonly path: string;
  /** Bits a second. */
  readonly baud: number;
  /** Seconds without a word from the board after which it is given up; a layer may take as long. */
  readonly timeout: number;
}

/** A request is sent so often where frames are damaged or lost. */
const TRIES = 3;
/** Seconds between two looks for a port that is gone. */
const LOOK = 0.1;
const { codes, ops } = protocol;

type Heard = { readonly kind: 'body'; readonly body: Buffer } | { readonly kind: 'damaged' | 'cut' };

/**
 * Requests and answers over a serial port. What is damaged or lost is asked for again; a port that is gone is opened again where
 * it comes back in time. Throws `board/port`, `board/timeout`, `board/frame`, `board/cut`, `board/reset`, `board/request`.
 */
export class BoardLink {
  readonly #options: PortOptions;
  /**
   * Random, so that the board distinguishes this client from the last, and the client a board from itself
   * before a reset.
   */
  readonly #session = 1 + Math.floor(Math.random() * 0xfffffffe);
  #port: SerialPort | undefined;
  #heard: Heard[] = [];
  #wake: () => void = () => undefined;
  #sequence = 0;
  /** Index of the layer that the board said last that it works on, in the present request. */
  lastLayer: number | undefined;

  constructor(options: PortOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { path, baud } = this.#options;
    const reader = new FrameReader();
    let current = true;
    const hear = (heard: Heard): void => {
      if (!current) return;
      this.#heard.push(heard);
      this.#wake();
    };
    const port = await openSerial(path, baud, {
      onData: (bytes) => {
        for (const body of reader.push(bytes))
          hear(body ? { kind: 'body', body: Buffer.from(body) } : { kind: 'damaged' });
      },
      onCut: () => hear({ kind: 'cut' }),
    });
    this.#heard = [];
    this.#port = {
      ...port,
      close: () => {
        current = false;
        port.close();
      },
    };
  }

  close(): void {
    this.#port?.close();
    this.#port = undefined;
  }

  /** The results of a request. */
  async request(op: number, args: Uint8Array): Promise<Buffer> {
    this.#sequence = (this.#sequence + 1) & 255;
    this.lastLayer = undefined;
    const head = Buffer.alloc(6);
    head.writeUInt8(op, 0);
    head.writeUInt8(this.#sequence, 1);
    head.writeUInt32LE(this.#session, 2);
    const answer = await this.#answered(encodeFrame(Buffer.concat([head, args])), op);
    const code = answer[2];
    if (code === codes.session)
      throw new CompileError('board/reset', `the board was reset${this.#place()}`, this.#location);
    if (code === codes.ok) return answer.subarray(3);
    throw new CompileError(
      'board/request',
      `the board refused request ${op} with code ${code}`,
      this.#location,
    );
  }

  async #answered(frame: Uint8Array, op: number): Promise<Buffer> {
    // ten bits a byte, both ways
    const brief = 1 + (40 * (frame.length + protocol.chunk)) / this.#options.baud;
    let limit = op === ops.run ? this.#options.timeout : brief;
    let problem = this.#silent();
    for (let left = TRIES; left > 0; left--) {
      this.#port?.write(frame);
      const { heard, worked } = await this.#listen(op, limit);
      if (heard?.kind === 'body') return heard.body;
      if (heard?.kind === 'cut') await this.#reopen();
      if (!heard) limit = brief;
      if (worked) left = TRIES;
      problem = heard ? this.#damaged() : this.#silent();
    }
    throw problem;
  }

  /**
   * The answer to the last request, or the failure instead: nothing, if the board was silent for that many
   * seconds.
   */
  async #listen(op: number, limit: number): Promise<{ heard: Heard | undefined; worked: boolean }> {
    let worked = false;
    const later = (): number => performance.now() + 1000 * limit;
    for (let end = later(); ; ) {
      const heard = this.#heard.shift() ?? (await this.#next(end - performance.now()));
      if (heard?.kind !== 'body') return { heard, worked };
      const { body } = heard;
      if (body[0] === (0x80 | ops.damaged)) return { heard: { kind: 'damaged' }, worked };
      if (body[0] === (0x80 | op) && body[1] === this.#sequence && body.length >= 3) return { heard, worked };
      if (body[0] !== (0x80 | ops.working) || body.length < 6) continue;
      this.lastLayer = body.readUInt32LE(2);
      worked = true;
      end = later();
    }
  }

  async #next(milliseconds: number): Promise<Heard | undefined> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, milliseconds));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.#heard.shift();
  }

  /** Waits for the port to come back. */
  async #reopen(): Promise<void> {
    const { path, timeout } = this.#options;
    this.close();
    const end = performance.now() + 1000 * timeout;
    for (;;) {
      try {
        await this.open();
        return;
      } catch {
        if (performance.now() > end)
          throw new CompileError(
            'board/cut',
            `the port closed${this.#place()}, and was not back within ${timeout} s: is the cable in place?`,
            { file: path },
          );
      }
      await sleep(1000 * LOOK);
    }
  }

  #silent(): CompileError {
    return new CompileError(
      'board/timeout',
      `no answer${this.#place()} within ${this.#options.timeout} s: does the firmware run, at ${this.#options.baud} baud? --timeout gives it longer`,
      this.#location,
    );
  }

  #damaged(): CompileError {
    return new CompileError(
      'board/frame',
      `${TRIES} frames one after another were damaged${this.#place()}: expected frames with their CRC-32; is it ${this.#options.baud} baud?`,
      this.#location,
    );
  }

  #place(): string {
    return this.lastLayer === undefined ? '' : ` in layer ${this.lastLayer + 1}`;
  }

  get #location() {
    return { file: this.#options.path };
  }
}
