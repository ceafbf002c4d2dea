import { CompileError } from '@ghostc/ir';
import { encodeMessage, type Message, MessageReader } from './frames.ts';
import { ShellProcess, within } from './shell-process.ts';

/** One run of the user's command. Requests are answered in order; after a failure the process is gone. */
export class EngineProcess {
  readonly #command: string;
  readonly #process: ShellProcess;
  readonly #replies: MessageReader;
  alive = true;

  constructor(command: string) {
    this.#command = command;
    this.#process = new ShellProcess(command);
    this.#replies = new MessageReader(this.#process.child.stdout);
  }

  /**
   * Sends a message and waits for the answer. Throws `engine/refused` and `engine/error` with the engine's words, and, where
   * the process is lost, `engine/timeout`, `engine/died` or `engine/protocol`.
   */
  async ask(message: Message, seconds: number): Promise<readonly Uint8Array[]> {
    this.#process.child.stdin.write(encodeMessage(message));
    const reply = await this.#reply(seconds);
    if (reply.word === 'ok') return reply.parts;
    const words = Buffer.concat(reply.parts).toString('utf8') || 'no reason given';
    if (reply.word === 'refused') throw new CompileError('engine/refused', words);
    if (reply.word === 'error') throw new CompileError('engine/error', words);
    return this.#fail('engine/protocol', `expected ok, refused or error, found ${reply.word}`);
  }

  async #reply(seconds: number): Promise<Message> {
    const reply = await within(seconds, this.#replies.read()).catch((error: Error) => error);
    if (reply instanceof Error) return this.#fail('engine/protocol', reply.message);
    if (reply === 'late') return this.#fail('engine/timeout', `did not answer within ${seconds} s`);
    if (reply) return reply;
    const ending = await within(seconds, this.#process.ended);
    if (ending === 'late')
      return this.#fail('engine/protocol', 'closed its standard output and did not leave');
    return this.#fail('engine/died', ending.text);
  }

  #fail(code: string, problem: string): never {
    this.alive = false;
    this.#process.kill();
    throw new CompileError(code, `${this.#command} ${problem}${this.#process.words}`);
  }
}
