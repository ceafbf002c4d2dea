import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';

/** At most this much of what a process prints to standard error is kept for messages. */
const MAX_WORDS = 4000;

/** How a process ended: in words, and its exit code if it had one. */
export interface Ending {
  readonly text: string;
  readonly code: number | null;
}

/**
 * A command line of the user's in a shell, ended together with whatever it started. It does not keep ghostc from leaving: the
 * timer of `within` does, while somebody waits.
 */
export class ShellProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ending>;
  #words = '';

  constructor(command: string) {
    const child = spawn(command, { shell: true, detached: process.platform !== 'win32' }); // a separate process group
    this.child = child;
    child.unref();
    for (const stream of child.stdio) (stream as Socket | null)?.unref();
    child.stdin.on('error', () => undefined); // a dead process is reported by its end
    child.stderr.on('data', (chunk) => {
      this.#words = (this.#words + chunk).slice(-MAX_WORDS);
    });
    this.ended = new Promise((resolve) => {
      child.on('error', ({ message }) => resolve({ text: `could not be started: ${message}`, code: null }));
      child.on('close', (code, signal) => resolve({ text: inWords(code, signal), code }));
    });
    process.once('exit', this.kill);
    void this.ended.then(() => process.removeListener('exit', this.kill));
  }

  /** What it printed to standard error, to be put after a message. */
  get words(): string {
    const text = this.#words.trim();
    return text ? `:\n${text}` : '';
  }

  readonly kill = (): void => {
    const { pid } = this.child;
    try {
      if (pid !== undefined && process.platform !== 'win32') process.kill(-pid, 'SIGKILL');
      else this.child.kill('SIGKILL');
    } catch {
      // it has gone by itself
    }
  };
}

/** A shell reports the signal that ended its command as an exit code of 128 or more. */
function inWords(code: number | null, signal: string | null): string {
  const inShell = Object.entries(constants.signals).find(([, number]) => number + 128 === code)?.[0];
  const name = signal ?? inShell;
  return name ? `died of ${name}` : `left with code ${code}`;
}

/** The longest time that a timer takes, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

/** What `work` gives, or `late` after some seconds. */
export async function within<T>(seconds: number, work: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.min(seconds * 1000, MAX_DELAY));
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
