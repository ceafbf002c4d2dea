import { spawnSync } from 'node:child_process';
import { compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { entryOf, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { inProgramFolder } from '../testing/program-folder.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

/** A Ghost module, a gate and a shortcut. */
const graph = parseGraph(
  `graph @net(%x: f32[1,16,20,20])
  const %w1: f32[24,16,1,1] = random(1)
  const %b1: f32[24] = random(2)
  const %w2: f32[24,1,3,3] = random(3)
  const %w3: f32[48,48,1,1] = random(4)
  const %w4: f32[16,48,1,1] = random(5)
  %a = conv2d %x, %w1, %b1 {activation="relu"}
  %b = depthwise_conv2d %a, %w2 {pads=[1,1,1,1], activation="relu"}
  %c = concat %a, %b {axis=1}
  %p = global_average_pool %c
  %g = conv2d %p, %w3 {activation="hard_sigmoid", activation_params=[0.2, 0.5]}
  %m = mul %c, %g
  %y = conv2d %m, %w4
  %z = add %y, %x
  return %z`,
  { registry },
);
const inputs = seededInputs(graph, 1);
const THREADS = 3;
const program = compileC(graph, { name: 'net', threads: THREADS, pool: true, weights: 'c' });

describe('C for threads', () => {
  test('layers are computed in parts, and the outputs are right', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const source = String(program.files.get('net.c'));
    expect(new Set(source.match(/net_k_stage_\d+/g)).size).toBeGreaterThanOrEqual(2);
    expect(program.layers.filter(({ op }) => op === 'depthwise_conv2d')).toHaveLength(THREADS);
    const [run] = await runC(program, 'host', [inputs]);
    const expected = entryOf(interpret(graph, inputs), 'z').data;
    const found = run?.outputs.get('z')?.data ?? [];
    expected.forEach((v, i) => {
      expect(Number(found[i])).toBeCloseTo(Number(v), 4);
    });
  });

  // ThreadSanitizer does not know the threads of C11.
  test.for([
    ['-fsanitize=thread'],
    ['-fsanitize=thread', '-DGHOSTC_POOL_SPINS=0'],
    ['-fsanitize=address,undefined', '-DGHOSTC_C11_THREADS', '-DGHOSTC_POOL_SPINS=0'],
  ])('%o: same bits on one to three threads', async (flags, context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    expect(await poolRun(flags)).toEqual({ status: 0, stderr: '' });
  });

  test('a table of as many entries as there are channels stays whole', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const tabled = parseGraph(
      `graph @net(%x: i8[1,400] quant(0.05:0))
      const %w: i8[256,400] quant(axis=0, ${Array(256).fill('0.01:0').join(', ')}) = random(1)
      const %t: i8[256] = random(2)
      %y = qlinear_fully_connected %x, %w {y_scale=0.5, y_zero_point=3}
      %z = qlinear_lookup %y, %t {y_scale=0.1}
      return %z`,
      { registry },
    );
    const given = seededInputs(tabled, 1);
    const parts = compileC(tabled, { name: 'net', threads: 2 });
    expect(parts.layers.map(({ op }) => op)).toContain('qlinear_lookup');
    expect(parts.layers).toHaveLength(4);
    const [run] = await runC(parts, 'host', [given]);
    expect(run?.outputs.get('z')?.data).toEqual(entryOf(interpret(tabled, given), 'z').data);
  });

  test('a network too small for parts compiles without a warning', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const small = parseGraph('graph @net(%x: f32[4])\n  %y = relu %x\n  return %y', { registry });
    const [run] = await runC(compileC(small, { name: 'net', threads: 2 }), 'host', [seededInputs(small, 1)]);
    expect(run?.outputs.get('y')?.data).toEqual(entryOf(interpret(small, seededInputs(small, 1)), 'y').data);
  });

  test.for([
    [{ maxRam: 20_000 }, 'bands of rows'],
    [{ observer: true }, 'observer'],
    [{ weights: 'fetch' }, 'fetched'],
    [{ kernels: 'cmsis-nn' }, 'CMSIS-NN'],
    [{ threads: 65 }, '1 to 64, found 65'],
    [{ threads: 1, pool: true }, 'pool'],
  ] as const)('%o does not go with threads', ([options, message]) => {
    expect(() => compileC(graph, { name: 'net', threads: 2, ...options })).toThrow(message);
  });
});

const main = `
#include <string.h>
#include "net_pool.h"
static _Alignas(16) char arena[NET_ARENA_SIZE];
static float in[NET_IN_SIZE], first[NET_OUT_SIZE], out[NET_OUT_SIZE];
int main(void)
{
  net_pool pool;
  for (int i = 0; i < NET_IN_SIZE; i++) {
    in[i] = (float)(i % 37 - 18) / 16;
  }
  if (net_run(arena, in, first) != NET_OK || net_pool_start(&pool, 0) != 1 || net_pool_start(&pool, 4) != 1) {
    return 1;
  }
  for (int threads = 1; threads <= NET_THREADS; threads++) {
    if (net_pool_start(&pool, threads)) {
      return 2;
    }
    for (int i = 0; i < 20; i++) {
      memset(out, 0, sizeof out);
      if (net_run_on(arena, in, out, net_pool_for, &pool) != NET_OK || memcmp(out, first, sizeof out) != 0) {
        return 3;
      }
    }
    net_pool_stop(&pool);
  }
  return 0;
}
`;

const withMain = { files: new Map([...program.files, ['main.c', main]]) };

function poolRun(flags: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  return inProgramFolder(withMain, (cwd) => {
    const files = ['main.c', 'net.c', 'net_pool.c', 'net_weights.c'];
    const strict = [
      '-std=c11',
      '-O1',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-Wcast-qual',
      '-Wno-psabi',
      '-Wno-tsan',
    ];
    const args = [...strict, ...flags, ...files, '-lm', '-lpthread', '-o', 'main'];
    const build = spawnSync('gcc', args, { cwd, encoding: 'utf8' });
    if (build.status !== 0) return { status: build.status, stderr: build.stderr };
    const run = (command: string, ...rest: string[]) => spawnSync(command, rest, { cwd, encoding: 'utf8' });
    const plain = run('./main');
    // GCC's ThreadSanitizer does not start where addresses are too random.
    const { status, stderr } = plain.stderr.includes('unexpected memory mapping')
      ? run('setarch', '-R', './main')
      : plain;
    return { status, stderr };
  });
}
