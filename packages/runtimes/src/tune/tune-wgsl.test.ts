import { blockShapes, type Tuning } from '@ghostc/backend-wgsl';
import { compileWgsl } from '@ghostc/compiler';
import { type Graph, parseGraph, printGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { wgslTools } from '../wgsl/dawn-device.ts';
import { tuneWgsl } from './tune-wgsl.ts';
import { parseTuningCache, tuningFor, withTuning } from './tuning-cache.ts';

const graph = parseGraph(
  `graph @g(%x: f32[1,8,6,6])
  const %a: f32[24,8,1,1] = random(1)
  const %pw: f32[8,24,1,1] = random(2)
  const %cw: f32[8,1,3,3] = random(3)
  %0 = conv2d %x, %a
  %1 = ghost_module %0, %pw, _, %cw {oup=16, activation="relu", cheap_activation="relu"}
  return %1`,
  { registry },
);

test('every layer gets a shape that was measured, and compiling uses it', async (context) => {
  skipWithout(wgslTools, 'tune', context);
  const result = await tuneWgsl(graph, { rounds: 1 });
  const [ghost] = result.ghosts;
  expect(result.ghosts.map(({ key }) => key)).toEqual(['ghost_module 24x8+8 6x6 3x3']);
  const second = ghost?.form.fused ? 'ghost 24x8 36' : 'pointwise 24x8 36';
  expect(result.layers.map(({ key }) => key)).toEqual(['pointwise 8x24 36', second]);
  for (const { shape } of result.layers) expect(blockShapes.software).toContainEqual(shape);
  expect(Object.keys(result.tuning).slice(0, 2)).toEqual([ghost?.key, 'pointwise 8x24 36']);
  expect(result.lost).toBe(result.ratio < 1);
  const cache = withTuning(parseTuningCache(undefined, 'none'), result);
  const again = parseTuningCache(JSON.stringify(cache), 'cache.json');
  expect(tuningFor(again, result.adapter)).toEqual(tuningFor(again));
  const tuning = { 'pointwise 8x24 36': { blocks: 1, group: 32 } } as const;
  expect(Object.keys(compileWgsl(graph, { tuning }).manifest.modules)[0]).toContain('4c_g32');
});

test('a large Ghost module is measured in two kernels and in tiles', async (context) => {
  skipWithout(wgslTools, 'tune', context);
  const large = parseGraph(
    `graph @g(%x: f32[1,4,18,20], %g: f32[1,4,1,1], %r: f32[1,8,18,20])
  const %pw: f32[4,4,1,1] = random(2)
  const %cw: f32[4,1,3,3] = random(3)
  %0 = mul %x, %g
  %1 = ghost_module %0, %pw, _, %cw {oup=8}
  %2 = add %1, %r
  return %2`,
    { registry },
  );
  const { ghosts, tuning } = await tuneWgsl(large, { rounds: 1 });
  const key = 'ghost_module 4x4+4 18x20 3x3';
  expect(ghosts.map((ghost) => ghost.key)).toEqual([key]);
  for (const { nanoseconds, staticNanoseconds } of ghosts)
    expect(Math.min(nanoseconds, staticNanoseconds)).toBeGreaterThan(0);
  expect([ghosts[0]?.form, ghosts[0]?.staticForm]).toContain(tuning[key]);
  expect(ghosts[0]?.staticForm).toEqual({ fused: false });
});

test('compiling uses the form of a Ghost module, and refuses a tile that does not fit', () => {
  const key = 'ghost_module 24x8+8 6x6 3x3';
  const labels = (tuning: Tuning) =>
    compileWgsl(graph, { tuning }).manifest.dispatches.map(({ label }) => label.split(' ')[0]);
  expect(labels({})).toEqual(['conv2d', 'fused_ghost_module']);
  expect(labels({ [key]: { fused: false } })).toEqual(['conv2d', 'conv2d', 'depthwise_conv2d']);
  const large = resized(graph, 40);
  const tiled = (rows: number) => () =>
    compileWgsl(large, {
      tuning: { 'ghost_module 24x8+8 40x40 3x3': { fused: true, tile: { blocks: 2, rows, columns: 40 } } },
    });
  expect(tiled(5)().manifest.dispatches[1]?.ints.ROWS).toBe(5);
  expect(tiled(20)).toThrow('the tile of 20x40 pixels does not fit');
});

/** The graph on planes of size x size. */
function resized(source: Graph, size: number): Graph {
  const { text, resources } = printGraph(source, registry);
  return parseGraph(text.replaceAll('6,6]', `${size},${size}]`), { registry, resources });
}

test('a file that is not a cache is refused', () => {
  const parse = (text: string) => () => parseTuningCache(text, 'c.json');
  expect(parse('{')).toThrow('c.json is no JSON');
  expect(parse('[]')).toThrow('expected the format ghostc-tuning/1');
  const shape = '{"format":"ghostc-tuning/1","adapters":{"a":{"k":{"blocks":3,"group":16}}}}';
  expect(parse(shape)).toThrow('c.json: a: k: there is no shape {"blocks":3,"group":16}');
  const tile = shape.replace(
    '{"blocks":3,"group":16}',
    '{"fused":true,"tile":{"blocks":1,"rows":0,"columns":4}}',
  );
  expect(parse(tile)).toThrow('c.json: a: k: there is no shape {"fused":true');
  expect(parse(shape.replace('{"blocks":3,"group":16}', 'null'))).toThrow('there is no shape null');
  expect(() => tuningFor(parseTuningCache(undefined, 'c'), 'gpu')).toThrow('no adapter, not gpu');
});
