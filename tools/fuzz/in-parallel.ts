import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Json } from '@ghostc/jobs';

/** One of several runs that share the numbers of their models. */
export interface Share {
  readonly index: number;
  readonly count: number;
}

export const workers = String(availableParallelism());

/** `2/4` is the third of four. */
export function shareOf(text: string): Share {
  const [index = 0, count = 1] = text.split('/').map(Number);
  return { index, count };
}

/** What is left of a number of models for one of the shares. */
export function part(total: number, { index, count }: Share): number {
  return Math.floor((total + index) / count);
}

/** This command once for each share, at the same time, with its reports in one. */
export async function inParallel<Report>(count: number): Promise<Report> {
  const texts = await Promise.all(Array.from({ length: count }, (_, index) => reportOf({ index, count })));
  return mergedReports(texts.map((one): Json => JSON.parse(one)));
}

/** Numbers are sums, but `seconds` the longest. */
export function mergedReports<Report>(reports: readonly Json[]): Report {
  return reports.reduce((a, b) => merged(a, b)) as Report;
}

async function reportOf({ index, count }: Share): Promise<string> {
  const args = [...process.argv.slice(3), '--share', `${index}/${count}`, '--json'];
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 && code !== 1) throw new Error(`share ${index} of ${count} ended with ${code}`);
  return text;
}

function merged(a: Json, b: Json, key = ''): Json {
  if (typeof a === 'number' && typeof b === 'number') return key === 'seconds' ? Math.max(a, b) : a + b;
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  if (!isObject(a) || !isObject(b)) return a;
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  for (const [name, value] of right) {
    const known = left.get(name);
    left.set(name, known === undefined ? value : merged(known, value, name));
  }
  return Object.fromEntries(left);
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null;
}
