import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A fresh folder for the tests of one file; it goes when they are done. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
