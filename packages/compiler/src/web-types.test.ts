import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileFiles } from './compile.ts';
import { runtimeFiles } from './runtime-types.ts';

const root = join(import.meta.dirname, '../../..');
const tsc = join(root, 'node_modules/typescript-7/bin/tsc');

/** Inside the repository, so that imports of sources resolve. */
let folder: string;

beforeAll(() => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  folder = mkdtempSync(join(root, 'node_modules/.cache/ghostc-types-'));
  const graph = parseGraph(
    'graph @net(%a: f32[1,3,4,4], %"in 2": i8[2,1] quant(0.5:0))\n%y = relu %a\n%z = transpose %"in 2" {perm=[1,0]}\nreturn %y, %z',
    { registry },
  );
  for (const target of ['wgsl', 'wasm', 'web'] as const) {
    const options = { name: target, runtime: 'export {};', buildWasm: () => new Uint8Array() };
    for (const [file, content] of compileFiles(graph, target, options))
      writeFileSync(join(folder, file), content);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const use = `import { type Inputs, load, manifest, picture } from './wgsl.js';
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
  const buffer = device.createBuffer({ size: 192, usage: 8 });
  const rest = await model.run({ ...inputs, a: buffer }, { y: buffer });
  const more: Int8Array = rest.z;
  // @ts-expect-error it stays on the GPU
  rest.y;
  // @ts-expect-error no output
  await model.run(inputs, { x: buffer });
  // @ts-expect-error an input is missing
  await model.run({ a: floats });
  // @ts-expect-error another type
  await model.run({ a: floats, 'in 2': floats });
  // @ts-expect-error an input that is not there
  await model.run({ ...inputs, b: floats });
  // @ts-expect-error no number
  manifest.name + 1 satisfies number;
  return bytes + floats.length + integers.length + more.length;
}
`;

/** The other packages, in the same words. */
const useBoth = `import { load as loadWasm } from './wasm.js';
import { type Inputs, load, manifest, picture } from './web.js';

export async function all(image: ImageBitmap, signal: AbortSignal): Promise<string> {
  const model = await load({ backend: 'wasm', weights: { wasm: 'w.bin' }, onDownload: (bytes, total) => bytes / total, signal });
  const inputs: Inputs = { a: picture(image, { mean: [0], std: [1] }), 'in 2': new Int8Array(2) };
  const other = await loadWasm({ code: new Uint8Array(8), weights: 'w.bin' });
  const { y, z } = await model.run(inputs);
  const [first] = await other.runBatch([{ a: y, 'in 2': z }]);
  const zero: number = manifest.inputs[1]?.quant?.zeroPoint ?? 0;
  // @ts-expect-error no such backend
  await load({ backend: 'cpu' });
  return model.backend.reason + model.backend.name + first?.y.length + zero;
}
`;

/** Each is assignable to the other where all types are known. */
const equal = (runtime: string, bundle: string): string => `import * as declared from './${runtime}.js';
import * as real from '../../../packages/wgsl-runtime/src/bundles/${bundle}.ts';

export const forth: typeof declared = real;
export const back: typeof real = declared;
`;

/** What the compiler says of some modules, in one call. */
async function problems(sources: Readonly<Record<string, string>>, lib: readonly string[]): Promise<string> {
  const files = Object.keys(sources).map((name) => `${name}.ts`);
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.ts`), source);
  const options = [
    '--noEmit',
    '--ignoreConfig',
    '--strict',
    '--skipLibCheck',
    'false',
    '--allowImportingTsExtensions',
  ];
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022'];
  const args = [tsc, ...options, ...modules, '--lib', lib.join(), ...files];
  return promisify(execFile)(process.execPath, args, { cwd: folder }).then(
    () => 'none',
    ({ stdout }) => stdout,
  );
}

test.each([
  ['a worker', ['es2022', 'webworker']],
  ['a page', ['es2022', 'dom']],
])('the packages have types in %s', async (_, lib) => {
  expect(await problems({ use, both: useBoth }, lib)).toBe('none');
});

test('their types need neither the DOM nor WebGPU', async () => {
  const module = (name: string, runtime: string): string =>
    `export * as ${name} from './${name}.js';\nexport * as ${name}_runtime from './${runtime}.js';\n`;
  const sources = Object.entries(runtimeFiles).map(([name, runtime]) => module(name, runtime));
  expect(await problems({ bare: sources.join('') }, ['es2022'])).toBe('none');
});

test('types of the runtimes are what they are', async () => {
  const sources = Object.entries(runtimeFiles).map(([name, runtime]) => [
    `equal-${name}`,
    equal(runtime, name),
  ]);
  expect(await problems(Object.fromEntries(sources), ['es2022', 'dom', 'dom.iterable'])).toBe('none');
});
