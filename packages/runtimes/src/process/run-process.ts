import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { CompileError } from '@ghostc/ir';
import { pathOf } from './on-path.ts';

export interface ProcessOptions {
  readonly cwd: string;
  /** Stopped after this many seconds of work: a busy machine does not shorten it. */
  readonly timeout: number;
}

/** At most this much of what a process prints is kept for the error message. */
const MAX_MESSAGE = 4000;

/** A process that waits for something works not at all: it may live this many times its seconds of work, on the clock. */
const CLOCK_PER_WORK = 20;

/** POSIX shells limit processor time; the command replaces the shell, so that signals and codes are its own. */
const hasLimits = process.platform !== 'win32';

/** Runs a command; gives what it printed to stdout. Throws `tool/start`, or `tool/failed` with its words. */
export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, timeout }: ProcessOptions,
): Promise<string> {
  const problem = cannotStart(command);
  if (problem) return Promise.reject(problem);
  return new Promise((resolve, reject) => {
    const [file, all] = limited(command, args, timeout);
    const child = spawn(file, all, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err, late] = ['', '', false];
    const clock = timeout * (hasLimits ? CLOCK_PER_WORK : 1);
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, clock * 1000);
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', (error) => reject(notStarted(command, error.message)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else if (late) reject(failure(command, `was stopped after ${clock} s on the clock`, err || out));
      else reject(failure(command, ending(code, signal, timeout), err || out));
    });
  });
}

function limited(command: string, args: readonly string[], seconds: number): [string, readonly string[]] {
  if (!hasLimits) return [command, args];
  const limit = `ulimit -St ${Math.ceil(seconds)} 2>/dev/null; exec "$0" "$@"`;
  return ['/bin/sh', ['-c', limit, command, ...args]];
}

/** Whether a command can be started at all; a shell's own message would differ. */
function cannotStart(command: string): CompileError | undefined {
  const file = command.includes('/') ? command : pathOf(command);
  if (!file) return notStarted(command, 'there is no such program (ENOENT)');
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : 'it may not be executed';
    return notStarted(command, `${reason} (${code})`);
  }
}

function notStarted(command: string, reason: string): CompileError {
  return new CompileError('tool/start', `${command} could not be started: ${reason}`);
}

function ending(code: number | null, signal: string | null, timeout: number): string {
  if (signal === 'SIGXCPU') return `was stopped after ${timeout} s of work`;
  return signal ? `died of ${signal}` : `left with code ${code}`;
}

function failure(command: string, problem: string, words: string): CompileError {
  const text = words.trim().slice(0, MAX_MESSAGE);
  return new CompileError('tool/failed', `${command} ${problem}${text ? `:\n${text}` : ''}`);
}
