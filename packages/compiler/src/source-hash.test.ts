import { type DType, fromNumbers, Graph, parseGraph } from '@ghostc/ir';
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

test('large fills are told apart by element, size and type', () => {
  const filled = (dtype: DType, count: number, value: number): string => {
    const graph = new Graph();
    const data = fromNumbers(dtype, [count], new Float64Array(count).fill(value));
    graph.addOutput('y', graph.addConstant('c', data));
    return sourceHash(graph);
  };
  const [size, last] = [300_000, new Float32Array(300_000)];
  last[size - 1] = 1;
  const hashes = [
    filled('f32', size, 0),
    filled('f32', size, 1),
    filled('f32', size + 1, 0),
    filled('i32', size, 0),
  ];
  const other = new Graph();
  other.addOutput('y', other.addConstant('c', { dtype: 'f32', shape: [size], data: last }));
  expect(new Set([...hashes, sourceHash(other)]).size).toBe(5);
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
