import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';
import { root } from '../setup.mjs';

/** Bundles the fuzzing worker and instruments the bundle; gives the script's path in a fresh folder, which the caller removes. */
export async function buildWorker() {
  const folder = mkdtempSync(join(root, 'node_modules', '.fuzz-'));
  const instrumenter = createInstrumenter({ compact: true });
  const script = join(folder, 'worker.cjs');
  writeFileSync(script, instrumenter.instrumentSync(await bundle('worker'), script));
  return { folder, script };
}

async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [join(root, `tools/fuzz/${name}.ts`)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    conditions: ['@ghostc/source'],
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}
