import { spawn } from 'node:child_process';
import { CompileError } from '@ghostc/ir';

export interface ProcessOptions {
  readonly cwd: string;
  /** Killed after this many seconds. */
  readonly timeout: number;
}

/** At most this much of what a process prints is kept for the error message. */
const MAX_MESSAGE = 4000;

/** Runs a command without a shell; gives what it printed to stdout. Throws `tool/failed` with its words otherwise. */
export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, timeout }: ProcessOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeout * 1000,
      killSignal: 'SIGKILL',
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', (error) => reject(failure(command, error.message, '')));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(failure(command, ending(code, signal, timeout), err || out));
    });
  });
}

function ending(code: number | null, signal: string | null, timeout: number): string {
  if (signal === 'SIGKILL') return `was stopped after ${timeout} s`;
  return signal ? `died of ${signal}` : `left with code ${code}`;
}

function failure(command: string, problem: string, words: string): CompileError {
  const text = words.trim().slice(0, MAX_MESSAGE);
  return new CompileError('tool/failed', `${command} ${problem}${text ? `:\n${text}` : ''}`);
}
