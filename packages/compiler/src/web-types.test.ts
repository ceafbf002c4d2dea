import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileFiles } from './compile.ts';

const root = join(import.meta.dirname, '../../..');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

/** Inside the repository, so that imports of sources resolve. */
let folder: string;

beforeAll(() => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  folder = mkdtempSync(join(root, 'node_modules/.cache/ghostc-types-'));
  const graph = parseGraph(
    'graph @net(%a: f32[1,3,4,4], %"in 2": i8[2,1] quant(0.5:0))\n%y = relu %a\n%z = transpose %"in 2" {perm=[1,0]}\nreturn %y, %z',
    { registry },
  );
  const files = compileFiles(graph, 'wgsl', { name: 'net', runtime: 'export {};' });
  for (const [file, content] of files) writeFileSync(join(folder, file), content);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const use = `import { type Inputs, load, manifest, picture } from './net.js';
import { createSession, openWeights, requestDevice } from './ghostc-runtime.js';

export async function all(image: ImageBitmap): Promise<number> {
  const model = await load({ weights: new URL('https://x.org/w.bin'), onProgress: (done, total) => [done, total] });
  const inputs: Inputs = { a: new Float32Array(48), 'in 2': new Int8Array(2) };
  const { y, z } = await model.run(inputs);
  await model.runBatch([inputs, { ...inputs, a: picture(image, { mean: [0], std: [1] }) }]);
  const bytes: number = manifest.weightBytes + (manifest.inputs[0]?.bytes ?? 0);
  const device = await requestDevice(manifest);
  const session = await createSession(() => requestDevice(manifest), { manifest, weights: openWeights('w.bin') });
  await load({ device });
  await load({ device: async () => device, weights: new Uint8Array(4) });
  session.dispose();
  const floats: Float32Array = y;
  const integers: Int8Array = z;
  // @ts-expect-error an input is missing
  await model.run({ a: floats });
  // @ts-expect-error another type
  await model.run({ a: floats, 'in 2': floats });
  // @ts-expect-error an input that is not there
  await model.run({ ...inputs, b: floats });
  // @ts-expect-error no number
  manifest.name + 1 satisfies number;
  return bytes + floats.length + integers.length;
}
`;

/** Each is assignable to the other where all types are known. */
const equal = `import * as declared from './ghostc-runtime.js';
import * as real from '../../../packages/wgsl-runtime/src/index.ts';

export const forth: typeof declared = real;
export const back: typeof real = declared;
`;

async function problems(name: string, source: string, lib: readonly string[]): Promise<string> {
  writeFileSync(join(folder, `${name}.ts`), source);
  const options = [
    '--noEmit',
    '--ignoreConfig',
    '--strict',
    '--skipLibCheck',
    'false',
    '--allowImportingTsExtensions',
  ];
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022'];
  const args = [tsc, ...options, ...modules, '--lib', lib.join(), `${name}.ts`];
  return promisify(execFile)(process.execPath, args, { cwd: folder }).then(
    () => 'none',
    ({ stdout }) => stdout,
  );
}

test.each([
  ['a worker', ['es2022', 'webworker']],
  ['a page', ['es2022', 'dom']],
])('the package has types in %s', async (_, lib) => {
  expect(await problems('use', use, lib)).toBe('none');
});

test('its types need neither the DOM nor WebGPU', async () => {
  const source = "export { load, manifest } from './net.js';\nexport * from './ghostc-runtime.js';\n";
  expect(await problems('bare', source, ['es2022'])).toBe('none');
});

test('types of the runtime are what it is', async () => {
  expect(await problems('equal', equal, ['es2022', 'dom', 'dom.iterable'])).toBe('none');
});
