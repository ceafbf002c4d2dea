import { parseGraph } from '@ghostc/ir';
import { decodeModel } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { compileC, compileOnnx, compileWgsl } from './compile.ts';
import { sourceHash } from './source-hash.ts';

const graph = (weight = 0.5) =>
  parseGraph(
    `graph @net(%x: f32[n,1,2,2])\nconst %w: f32[20,1,1,1] = random(3)\nconst %b: f32[] = [${weight}]\n%y = conv2d %x, %w\n%z = add %y, %b\nreturn %z`,
    { registry },
  );

const bind = new Map([['n', 1]]);

test('the hash depends on graph, constants and options, and on nothing else', () => {
  const hash = sourceHash(graph(), { b: 1, a: undefined, c: { y: 2, x: [1] } });
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(sourceHash(graph(), { c: { x: [1], y: 2 }, b: 1 })).toBe(hash);
  expect(sourceHash(graph(0.25), { b: 1, c: { y: 2, x: [1] } })).not.toBe(hash);
  expect(sourceHash(graph(), { b: 2, c: { y: 2, x: [1] } })).not.toBe(hash);
});

test('every output carries it', () => {
  const { files } = compileC(graph(), { bind });
  const [header, source] = [String(files.get('net.h')), String(files.get('net.c'))];
  const [, inC] = /#define NET_SOURCE_SHA256 "([0-9a-f]{64})"/.exec(header) ?? [];
  expect(source).toContain(`SHA-256 ${inC}`);
  const inWgsl = compileWgsl(graph(), { bind }).manifest.sourceHash;
  const props = (decodeModel(compileOnnx(graph())) as { metadataProps?: object[]; metadata_props?: object[] })
    .metadata_props;
  expect(inWgsl).toMatch(/^[0-9a-f]{64}$/);
  expect(props).toEqual([{ key: 'ghostc_source_sha256', value: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
});

test('another option is another hash', () => {
  const hashOf = (options: object) =>
    /SHA256 "(\w+)"/.exec(String(compileC(graph(), { bind, ...options }).files.get('net.h')))?.[1];
  const all = [{}, { device: 'cortex-m4' }, { io: 'arena' }, { weights: 'bin' }].map(hashOf);
  expect(new Set(all).size).toBe(4);
  expect(hashOf({ onPass: () => undefined })).toBe(all[0]);
});
