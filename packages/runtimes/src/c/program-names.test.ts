import { compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

test.for(['main', 'layers', 'platform', 'board'])('a program may be called %s', async (name, context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const graph = parseGraph('graph @g(%x: f32[2])\n  %y = relu %x\n  return %y', { registry });
  const inputs = seededInputs(graph, 1);
  const [run] = await runC(compileC(graph, { name }), 'host', [inputs]);
  expect(run?.outputs.get('y')?.data).toHaveLength(2);
});
