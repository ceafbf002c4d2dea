import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { strictFlags } from './build-c.ts';
import { cDevice } from './c-device.ts';

const graph = parseGraph(
  `graph @net(%x: f32[1,4,16,16])
  const %w: f32[8,4,3,3] = random(1)
  %a = conv2d %x, %w {pads=[1,1,1,1]}
  %b = max_pool %a {kernel_shape=[2,2], strides=[2,2]}
  %y = sigmoid %b
  return %y`,
  { registry },
);
[...graph.nodes()].forEach((node, i) => {
  Object.assign(node, { origin: ['stem "a" ??/\\', 'é', 'last'].slice(i, i + 1) });
});

/** Counts calls, prints each, and ends the run before the layer of the first argument. */
const main = `#include <stdio.h>
#include <stdlib.h>
#include "net.h"
static float arena[NET_ARENA_SIZE / 4] __attribute__((aligned(16))), in[NET_IN_SIZE], out[NET_OUT_SIZE];
static int observe(void *context, const net_layer *layer) {
  printf("%d %s %s\\n", layer->index, layer->op, layer->name);
  return layer->index == *(int *)context;
}
int main(int argc, char **argv) {
  int last = argc > 1 ? atoi(argv[1]) : 0;
  int status = net_run_observed(arena, in, out, observe, &last);
  printf("%d %d\\n", status, net_run(arena, in, out));
  return 0;
}
`;

async function printed(options: CompileCOptions, last: number): Promise<string[]> {
  const { path: folder, remove } = await makeTempFolder();
  try {
    const { files } = compileC(graph, { name: 'net', observer: true, weights: 'c', ...options });
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'main.c'), main);
    const run = (command: string, args: readonly string[]) =>
      runProcess(command, args, { cwd: folder, timeout: 60 });
    await run('gcc', [...strictFlags, '-O1', 'net.c', 'net_weights.c', 'main.c', '-lm', '-o', 'main']);
    return (await run(join(folder, 'main'), [String(last)])).trim().split('\n');
  } finally {
    await remove();
  }
}

const names = ['0 conv2d stem "a" ??/\\', '1 max_pool é', '2 sigmoid last'];

test('the observer sees every layer, by index, op and name, and the plain run goes on without it', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  expect(await printed({}, 99)).toEqual([...names, '0 0']);
});

test('a result other than 0 ends the run before that layer, with a status of its own', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  expect(await printed({ kernels: 'portable' }, 1)).toEqual([...names.slice(0, 2), '5 0']);
});

test('in bands of rows it is called for each band, and without the option there is nothing of it', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const calls = await printed({ maxRam: 9 * 1024 }, 99);
  expect(calls.length).toBeGreaterThan(names.length + 1);
  expect(new Set(calls.slice(0, -1))).toEqual(new Set(names));
  for (const text of compileC(graph, { name: 'net' }).files.values())
    expect(String(text)).not.toContain('observe');
});
