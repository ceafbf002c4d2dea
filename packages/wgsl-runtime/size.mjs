import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What each runtime may have. */
const limits = { wgsl: 11_264, wasm: 5632, web: 12_800 };

/** Prints what the runtimes add to a web page; fails above the limits. */
for (const [name, limit] of Object.entries(limits)) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`src/bundles/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  const code = outputFiles[0].contents;
  const packed = gzipSync(code, { level: 9 }).byteLength;
  console.log(`${name}: ${code.byteLength} bytes minified, ${packed} bytes gzip (limit ${limit})`);
  if (packed >= limit) process.exitCode = 1;
}
