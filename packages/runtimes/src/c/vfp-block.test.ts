import { verifyCase } from '@ghostc/conformance';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { createRuntime } from '../runtime-table.ts';
import { cDevice } from './c-device.ts';

const conv = (x: string, w: string, attrs: string): string => `graph @c(%x: f32[${x}])
  const %w: f32[${w}] = random(1)
  const %b: f32[${w.split(',')[0]}] = random(2)
  %y = conv2d %x, %w, %b {${attrs}}
  return %y`;

/** In each the turns of the loop are the number of bytes of its step, and the function has no other caller: both are known. */
const graphs = {
  'window of 64 products': conv('1,8,5,8', '3,8,1,8', 'pads=[0,4,0,4]'),
  '1x1 of 144 channels on 3x3': conv('1,144,3,3', '6,144,1,1', ''),
  'six rows, 2x2 of 16 channels': conv('1,16,5,5', '6,16,2,2', ''),
};

test.for(
  ['cortex-m4', 'cortex-m55'].flatMap((device) =>
    Object.entries(graphs).map((one) => [device, ...one] as const),
  ),
)('%s: %s', async ([device, name, text], context) => {
  skipWithout(cDevice(device).tools, device, context);
  const result = await verifyCase(createRuntime(`c@${device}`), { name, text });
  expect(result.message).toBeUndefined();
  expect(result.status).toBe('pass');
});
