import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';

export interface Limits {
  /** Of processor time, of each process; one that waits may live 20 times as long. */
  readonly seconds: number;
  readonly megabytes: number;
}

export interface Outcome {
  /** What is wrong with it; empty if nothing is. */
  readonly fault: string;
  readonly status: number | null;
  /** Processor time of the command, and of the compilers and programs that it started. */
  readonly seconds: number;
  readonly childSeconds: number;
  /** Largest resident set of the command. */
  readonly megabytes: number;
  /** The error that it printed, on one line. */
  readonly message: string;
}

/** Writes what the process took to descriptor 3 as it leaves. */
const meter = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify([(userCPUTime + systemCPUTime) / 1e6, maxRSS / 1024]) + '\\n');
});`)}`;

/** Processor time of a shell's children goes to descriptor 3 as well; only the soft limit is set, so that it ends by SIGXCPU. */
const shell = 'ulimit -St "$0"; "$@"; code=$?; times >&3; exit $code';

/** Runs a bundled command in an empty folder `out` and judges what it did. */
export async function runLimited(
  args: readonly string[],
  { out, limits }: { readonly out: string; readonly limits: Limits },
): Promise<Outcome> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const ended = await runMetered(args, 4 * limits.seconds);
  return { ...ended, fault: faultOf(ended, out, limits) };
}

interface Ended extends Omit<Outcome, 'fault'> {
  readonly stderr: string;
}

function runMetered(args: readonly string[], seconds: number): Promise<Ended> {
  const command = [process.execPath, '--import', meter, ...args];
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
  const child = spawn('/bin/sh', ['-c', shell, String(seconds), ...command], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: 20_000 * seconds,
    killSignal: 'SIGKILL',
    env,
  });
  const texts = ['', ''];
  [child.stderr, child.stdio[3]].forEach((stream, i) => {
    stream?.on('data', (chunk: Buffer) => {
      texts[i] += chunk.toString();
    });
  });
  const [stderr, meters] = [() => texts[0] ?? '', () => texts[1] ?? ''];
  return new Promise((resolve) => {
    child.on('close', (status) =>
      resolve({
        status,
        stderr: stderr(),
        ...readMeters(meters()),
        message: stderr().trim().replace(/\s+/g, ' '),
      }),
    );
  });
}

/** `[1.5,200]` of the command, and two lines of `0m1.5s 0m0.2s`, the shell's own and its children's. */
function readMeters(text: string): Pick<Outcome, 'seconds' | 'childSeconds' | 'megabytes'> {
  const times = [...text.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
  const all = times.slice(-2).reduce((sum, time) => sum + time, 0);
  const own = /^\[(.*)\]$/m.exec(text)?.[1]?.split(',').map(Number);
  const [seconds = all, megabytes = Number.NaN] = own ?? [];
  return { seconds, megabytes, childSeconds: Math.max(0, all - seconds) };
}

/** Exit codes: 0 good, 1 a check failed, 2 one clear error. */
function faultOf({ status, stderr, seconds, megabytes }: Ended, out: string, limits: Limits): string {
  if (status === null || status > 2) return `left with code ${status}`;
  if (seconds > limits.seconds) return `took ${seconds.toFixed(1)} s`;
  if (!(megabytes <= limits.megabytes)) return `took ${megabytes.toFixed(0)} MB`;
  if (/^ +at .*:\d+:\d+/m.test(stderr)) return 'printed a stack';
  if (status === 2 && !/^error\[[^\]]+\]: /.test(stderr)) return 'gave no error of ours';
  if (status === 0 && !/^(warning: .*\n)*$/.test(stderr)) return 'printed to stderr';
  return status === 2 && existsSync(out) && readdirSync(out).length ? 'left files behind' : '';
}
