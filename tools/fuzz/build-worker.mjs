import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../build/setup.mjs';

/**
 * Bundles the fuzzing worker and instruments the bundle; returns the script's path in a fresh folder, which
 * the caller removes. Runs in a separate process: instrumenting takes hundreds of megabytes, which would
 * count as the readers'.
 */
export function buildWorker() {
  const folder = mkdtempSync(join(root, 'node_modules', '.fuzz-'));
  const script = join(folder, 'worker.cjs');
  execFileSync(process.execPath, [fileURLToPath(import.meta.url), script], { stdio: 'inherit' });
  return { folder, script };
}

async function instrument(script) {
  const { build } = await import('esbuild');
  const { createInstrumenter } = await import('istanbul-lib-instrument');
  const { outputFiles } = await build({
    entryPoints: [join(root, 'tools/fuzz/worker.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    conditions: ['@ghostc/source'],
    logLevel: 'warning',
  });
  const instrumenter = createInstrumenter({ compact: true });
  writeFileSync(script, instrumenter.instrumentSync(outputFiles[0].text, script));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await instrument(process.argv[2]);
