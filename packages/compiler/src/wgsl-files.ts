import type { WgslProgram } from '@ghostc/wgsl-runtime';

/** Files of a WGSL program: `<name>.wgsl.json` (the manifest), one `.wgsl` per module, `<name>.weights.bin`. */
export function wgslFiles({
  manifest,
  weights,
}: WgslProgram<Uint8Array>): ReadonlyMap<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>();
  files.set(`${manifest.name}.wgsl.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [id, source] of Object.entries(manifest.modules))
    files.set(`${manifest.name}.${id}.wgsl`, source);
  files.set(`${manifest.name}.weights.bin`, weights);
  return files;
}
