import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 8192;

/** Prints what the runtime adds to a web page; fails above the limit. */
const { outputFiles } = await build({
  entryPoints: [new URL('src/index.ts', import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
});
const code = outputFiles[0].contents;
const packed = gzipSync(code, { level: 9 }).byteLength;
console.log(`wgsl-runtime: ${code.byteLength} bytes minified, ${packed} bytes gzip (limit ${LIMIT})`);
if (packed >= LIMIT) process.exit(1);
