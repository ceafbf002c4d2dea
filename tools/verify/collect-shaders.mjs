import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Preloaded into every process of the test suite: writes each emitted WGSL source into the folder
 * GHOSTC_SHADERS, once, under its hash. `check-shaders.ts` checks them with Tint and naga.
 */
const folder = process.env.GHOSTC_SHADERS;
if (folder) {
  const seen = new Set();
  mkdirSync(folder, { recursive: true });
  globalThis.ghostcOnShader = (source) => {
    if (seen.has(source)) return;
    seen.add(source);
    const name = `${createHash('sha256').update(source).digest('hex')}.wgsl`;
    try {
      writeFileSync(join(folder, name), source, { flag: 'wx' });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  };
}
