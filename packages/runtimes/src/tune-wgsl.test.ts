import { blockShapes } from '@ghostc/backend-wgsl';
import { compileWgsl } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { wgslTools } from './dawn-device.ts';
import { skipWithout } from './require-tool.ts';
import { parseTuningCache, tuneWgsl, tuningFor, withTuning } from './tune-wgsl.ts';

const graph = parseGraph(
  `graph @g(%x: f32[1,8,6,6])
  const %a: f32[24,8,1,1] = random(1)
  const %pw: f32[8,24,1,1] = random(2)
  const %cw: f32[8,1,3,3] = random(3)
  %0 = conv2d %x, %a
  %1 = ghost_module %0, %pw, _, %cw {oup=16}
  return %1`,
  { registry },
);

test('every layer gets a shape that was measured, and compiling uses it', async (context) => {
  skipWithout(wgslTools, 'tune', context);
  const result = await tuneWgsl(graph, { rounds: 1 });
  expect(result.layers.map(({ key }) => key)).toEqual(['pointwise 8x24 36', 'ghost 24x8 36']);
  for (const { shape } of result.layers) expect(blockShapes).toContainEqual(shape);
  const cache = withTuning(parseTuningCache(undefined, 'none'), result);
  const again = parseTuningCache(JSON.stringify(cache), 'cache.json');
  expect(tuningFor(again, result.adapter)).toEqual(tuningFor(again));
  const tuning = { 'pointwise 8x24 36': { blocks: 1, group: 32 } } as const;
  expect(Object.keys(compileWgsl(graph, { tuning }).manifest.modules)[0]).toContain('4c_g32');
});

test('a cache that is none is refused', () => {
  const parse = (text: string) => () => parseTuningCache(text, 'c.json');
  expect(parse('{')).toThrow('c.json is no JSON');
  expect(parse('[]')).toThrow('expected the format ghostc-tuning/1');
  const shape = '{"format":"ghostc-tuning/1","adapters":{"a":{"k":{"blocks":3,"group":16}}}}';
  expect(parse(shape)).toThrow('c.json: a: k: there is no shape {"blocks":3,"group":16}');
  expect(() => tuningFor(parseTuningCache(undefined, 'c'), 'gpu')).toThrow('no adapter, not gpu');
});
