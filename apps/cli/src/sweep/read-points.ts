import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { PointLine } from './run-sweep.ts';

/** The points of a file, one by one. */
export async function* readPoints(file: string): AsyncGenerator<PointLine> {
  let head = true;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!head && line !== '') yield JSON.parse(line) as PointLine;
    head = false;
  }
}
