import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DurableLines } from './durable-lines.ts';
import type { Json } from './job.ts';

const folder = mkdtempSync(join(tmpdir(), 'ghostc-lines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'lines.jsonl');

/** Writes what of the lines the file does not have. */
function goOn(all: readonly Json[]): number {
  const found: Json[] = [];
  const lines = new DurableLines(file, (line) => found.push(line));
  expect(found).toEqual(all.slice(0, found.length));
  for (const line of all.slice(found.length)) lines.append(line);
  lines.close();
  return found.length;
}

test('a file that was cut at any byte goes on, without a line lost or twice', () => {
  const all: Json[] = [{ sweep: 'héad' }, { id: 'a', n: [1, 2] }, { id: 'b' }, 'text\nwith a break', 4];
  rmSync(file, { force: true });
  expect(goOn(all)).toBe(0);
  const whole = readFileSync(file);
  for (let bytes = 0; bytes <= whole.length; bytes++) {
    writeFileSync(file, whole.subarray(0, bytes));
    const lines = whole.subarray(0, bytes).filter((byte) => byte === 10).length;
    expect(goOn(all)).toBe(lines);
    expect(readFileSync(file)).toEqual(whole);
  }
});

test('what follows a damaged line does not count', () => {
  writeFileSync(file, '1\n{"half\n3\n');
  expect(goOn([1, 2])).toBe(1);
  expect(readFileSync(file, 'utf8')).toBe('1\n2\n');
});

test('lines are found over chunks', () => {
  const all = Array.from({ length: 40 }, (_, i) => 'x'.repeat(i * 200));
  rmSync(file);
  goOn(all);
  expect(goOn(all)).toBe(40);
});
