import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a test asks of a call of the command. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The bundled command in one process that serves many calls: starting it takes longer than most calls do. Calls are synchronous:
 * pipes with names carry them.
 */
class WarmCommand {
  readonly #requests: number;
  readonly #answers: number;

  constructor(bundle: string) {
    const folder = mkdtempSync(join(tmpdir(), 'ghostc-warm-'));
    const [requests, answers] = ['requests', 'answers'].map((name) => join(folder, name)) as [string, string];
    execFileSync('mkfifo', [requests, answers]);
    const script = 'exec "$0" "$1" "$2" <"$3" 3>"$4"';
    const server = join(import.meta.dirname, 'serve-command.mjs');
    const { FORCE_COLOR: _, ...env } = process.env;
    spawn('/bin/sh', ['-c', script, process.execPath, server, bundle, requests, answers], {
      env: { ...env, NO_COLOR: '1' },
      stdio: 'ignore',
    }).unref();
    this.#requests = openSync(requests, 'w'); // waits for the shell
    this.#answers = openSync(answers, 'r');
    rmSync(folder, { recursive: true });
  }

  /** Null where the process ended. */
  call(cwd: string, args: readonly string[]): Ended | null {
    try {
      writeSync(this.#requests, `${JSON.stringify({ cwd, args })}\n`);
    } catch {
      return null;
    }
    const line = this.#line();
    return line === '' ? null : JSON.parse(line);
  }

  #line(): string {
    const parts: Buffer[] = [];
    const part = Buffer.alloc(1 << 16);
    for (;;) {
      const length = readSync(this.#answers, part);
      if (length === 0) return '';
      parts.push(Buffer.from(part.subarray(0, length)));
      if (part[length - 1] === 0x0a) return Buffer.concat(parts).toString();
    }
  }

  close(): void {
    closeSync(this.#requests);
    closeSync(this.#answers);
  }
}

let warm: WarmCommand | undefined;

/** Null where the call ended the process: the next call gets a new one. */
export function callWarm(bundle: string, cwd: string, args: readonly string[]): Ended | null {
  warm ??= new WarmCommand(bundle);
  const ended = warm.call(cwd, args);
  if (ended) return ended;
  warm.close();
  warm = undefined;
  return null;
}
