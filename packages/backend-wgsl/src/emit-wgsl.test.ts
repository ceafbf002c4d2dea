import { CompileError, Graph, parseGraph, verify } from '@ghostc/ir';
import { opsWith, registry } from '@ghostc/ops';
import type { Dispatch } from '@ghostc/wgsl-runtime';
import { describe, expect, test } from 'vitest';
import { emitWgsl } from './emit-wgsl.ts';
import { floatKernels } from './kernels/float-kernels.ts';
import { planWgsl } from './plan-wgsl.ts';
import type { Tuning } from './tuning.ts';

function graphOf(text: string): Graph {
  const graph = parseGraph(text, { registry });
  verify(graph, registry);
  return graph;
}

/** A Ghost module as lowering leaves it: primary 1x1, cheap 3x3, their channels side by side. */
const ghost = graphOf(`graph @ghost(%x: f32[1,8,6,6])
  const %pw: f32[6,8,1,1] = random(1)
  const %pb: f32[6] = random(2)
  const %cw: f32[6,1,3,3] = random(3)
  const %cb: f32[6] = random(4)
  %primary = conv2d %x, %pw, %pb {activation="relu"} from "ghost/primary"
  %cheap = depthwise_conv2d %primary, %cw, %cb {pads=[1,1,1,1], activation="relu"} from "ghost/cheap"
  %y = concat %primary, %cheap
  return %y`);

const emit = (text: string) => emitWgsl(planWgsl(graphOf(text)), { name: 'g' });

describe('a Ghost module', () => {
  const { manifest, weights } = emitWgsl(planWgsl(ghost), { name: 'ghost' });
  const folder = '../../../test-fixtures/golden/wgsl';

  test.each(Object.entries(manifest.modules))('module %s', async (id, source) => {
    await expect(source).toMatchFileSnapshot(`${folder}/ghost_module.${id}.wgsl`);
  });

  test('manifest', async () => {
    const text = `${JSON.stringify({ ...manifest, modules: Object.keys(manifest.modules) }, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`${folder}/ghost_module.json`);
  });

  test('two dispatches, no copy for the concat', () => {
    expect(manifest.dispatches.map(({ label }) => label)).toEqual([
      'conv2d ghost/primary',
      'depthwise_conv2d ghost/cheap',
    ]);
    const [primary, cheap] = manifest.dispatches;
    // vec4 units and floats: the cheap channels follow the six primary planes of 36 pixels
    expect(Number(cheap?.ints.Y_AT)).toBe(4 * Number(primary?.ints.Y_AT) + 6 * 36);
    expect(manifest.outputs[0]?.offset).toBe(16 * Number(primary?.ints.Y_AT));
  });

  test('arena and weights have no slack beyond alignment', () => {
    // 8 planes of x and 6 of the primary, of 36 floats; the cheap channels take the place of x. pw packed to 8 channels, pb to 8, cw 54 to 56, cb 6 to 8
    expect(manifest.arenaBytes).toBe(4 * 36 * (8 + 6));
    expect(manifest.weightBytes).toBe(4 * (8 * 8 + 8 + 56 + 8));
    expect(weights.byteLength).toBe(manifest.weightBytes);
  });

  test('the same graph gives the same bytes', () => {
    expect(emitWgsl(planWgsl(ghost.clone()), { name: 'ghost' })).toEqual({ manifest, weights });
  });
});

describe('a fused Ghost module', () => {
  const { manifest } = emit(`graph @ghost(%x: f32[1,8,6,6], %g: f32[1,8,1,1])
  const %pw: f32[8,8,1,1] = random(1)
  const %cw: f32[8,1,3,3] = random(3)
  %y = fused_ghost_module %x, %pw, _, %cw, _, %g {activation="relu", cheap_activation="relu"} from "ghost"
  return %y`);

  test('is one dispatch with a subgroup variant', async () => {
    expect(manifest.dispatches.map(({ label }) => label)).toEqual(['fused_ghost_module ghost']);
    const [[id, source] = ['', '']] = Object.entries(manifest.modules);
    const folder = '../../../test-fixtures/golden/wgsl';
    await expect(source).toMatchFileSnapshot(`${folder}/fused_ghost.wgsl`);
    const [variant] = manifest.variants[id] ?? [];
    expect(variant?.requires).toEqual(['subgroups']);
    await expect(variant?.source).toMatchFileSnapshot(`${folder}/fused_ghost.subgroups.wgsl`);
  });
});

describe('a fused Ghost module of large planes', () => {
  const { manifest } = emit(`graph @ghost(%x: f32[1,8,30,28])
  const %pw: f32[8,8,1,1] = random(1)
  const %cw: f32[8,1,3,3] = random(3)
  %y = fused_ghost_module %x, %pw, _, %cw {activation="relu", cheap_activation="relu"} from "ghost"
  return %y`);

  test('is one dispatch of tiles with a subgroup variant', async () => {
    const { ints, workgroups } = manifest.dispatches[0] as Dispatch;
    const { TILES_X, TILES_Y, CHANNEL_TILES } = ints;
    expect([ints.COUNT, ...workgroups]).toEqual([
      Number(TILES_X) * Number(TILES_Y) * Number(CHANNEL_TILES),
      ...[ints.COUNT, 1, 1],
    ]);
    const [[id, source] = ['', '']] = Object.entries(manifest.modules);
    await expect(source).toMatchFileSnapshot('../../../test-fixtures/golden/wgsl/fused_ghost.tiled.wgsl');
    expect(manifest.variants[id]?.map(({ requires }) => requires)).toEqual([['subgroups']]);
  });
});

test('matrices as f16 are half the bytes, with variants that read them as f32', () => {
  const text = `graph @g(%x: f32[1,8,6,6])
  const %w: f32[8,8,1,1] = random(1)
  const %b: f32[8] = random(2)
  %y = conv2d %x, %w, %b
  return %y`;
  const { manifest, weights } = emitWgsl(planWgsl(graphOf(text)), { name: 'g', matrices: 'f16' });
  expect([manifest.weightBytes, manifest.halfBytes, weights.byteLength]).toEqual([32 + 128, 128, 32 + 128]);
  const [[id, source] = ['', '']] = Object.entries(manifest.modules);
  expect(source).toContain('matrices: array<vec4f>');
  expect(manifest.variants[id]?.map(({ requires }) => requires.join())).toEqual([
    'shader-f16,subgroups',
    'shader-f16',
    'subgroups',
  ]);
  const large = graphOf(text.replace('random(1)', `[${new Array(64).fill(1e5).join(',')}]`));
  expect(() => emitWgsl(planWgsl(large), { name: 'g', matrices: 'f16' })).toThrow('f16 ends at 65504');
});

describe('dispatches for GPUs', () => {
  const long = `graph @g(%x: f32[1,64,8,8])
  const %w: f32[12,64,1,1] = random(1)
  %y = conv2d %x, %w from "long"
  return %y`;
  const modulesOf = (tuning: Tuning) => {
    const { manifest } = emitWgsl(planWgsl(graphOf(long)), { name: 'g', tuning });
    return (manifest.gpuDispatches ?? manifest.dispatches).map(({ module }) => module);
  };

  test('have long sums in parts, as many as were measured to be best', () => {
    expect(modulesOf({})).toEqual(['pointwise_4parts_vec4f_none']);
    const shape = { blocks: 1, group: 64 } as const;
    expect(modulesOf({ 'pointwise 64x12 64': { ...shape, parts: 2 } })).toEqual([
      'pointwise_2parts_vec4f_none',
    ]);
    expect(modulesOf({ 'pointwise 64x12 64': { ...shape, parts: 1 } })).toEqual([
      'pointwise_4c_g64_vec4f_none',
    ]);
    expect(modulesOf({ 'pointwise 64x12 64': shape })).toEqual(['pointwise_4parts_vec4f_none']);
  });

  test('are absent where they are the same', () => {
    expect(emit(long).manifest.gpuDispatches).toHaveLength(1);
    expect(emit(long.replaceAll('64', '8')).manifest.gpuDispatches).toBeUndefined();
  });
});

test('layers of different sizes share a module', () => {
  const { manifest } = emit(`graph @g(%x: f32[1,8,6,6])
  const %a: f32[4,8,1,1] = random(1)
  const %b: f32[12,4,1,1] = random(2)
  %0 = conv2d %x, %a
  %1 = conv2d %0, %b
  return %1`);
  expect(manifest.dispatches.map(({ module }) => module)).toEqual([
    'pointwise_4c_g16_vec4f_none',
    'pointwise_4c_g16_vec4f_none',
  ]);
  expect(Object.keys(manifest.modules)).toEqual(['pointwise_4c_g16_vec4f_none']);
});

test('equal weights are stored once', () => {
  const once = emit('graph @g(%x: f32[4])\nconst %a: f32[4] = [1,2,3,4]\n%0 = add %x, %a\nreturn %0');
  const twice = emit(
    'graph @g(%x: f32[4])\nconst %a: f32[4] = [1,2,3,4]\nconst %b: f32[4] = [1,2,3,4]\n%0 = add %x, %a\n%1 = mul %0, %b\nreturn %1',
  );
  expect([once.manifest.weightBytes, twice.manifest.weightBytes]).toEqual([16, 16]);
});

test('every kernel is there and there are no others', () => {
  expect(Object.keys(floatKernels).sort()).toEqual(
    [...opsWith('unary', 'binary', 'kernel'), ...opsWith('gpu')].sort(),
  );
});

test('work beyond one axis of workgroups goes to a second', () => {
  const { manifest } = emit('graph @g(%x: f32[2051,2051])\n%y = neg %x\nreturn %y');
  const [groups] = manifest.dispatches.map(({ workgroups }) => workgroups);
  expect(groups).toEqual([32865, 2, 1]);
  expect(32865 * 2 * 64).toBeGreaterThanOrEqual(2051 * 2051);
});

test('names of models cannot leave the labels', () => {
  const { manifest } = emit('graph @g(%x: f32[4])\n%y = neg %x from "*/ evil\\n`name` ☃"\nreturn %y');
  expect(manifest.dispatches[0]?.label).toBe('neg */ evil?`name` ?');
  for (const source of Object.values(manifest.modules)) expect(source).not.toContain('evil');
});

test('no module has an infinite or NaN constant', () => {
  const { manifest } = emit(
    'graph @g(%x: f32[4])\n%y = clip %x {min=-inf, max=6}\n%z = clip %y {min=0, max=inf}\n%v = clip %z\nreturn %v',
  );
  expect(Object.keys(manifest.modules)).toEqual([
    'unary_clip_above_1d_vec4f_arena',
    'unary_clip_below_1d_vec4f_arena',
    'unary_1d_vec4f_arena',
  ]);
  for (const { ints, floats } of manifest.dispatches)
    expect(Object.values({ ...ints, ...floats }).every((value) => Number.isFinite(value))).toBe(true);
});

describe('refusals', () => {
  const codeOf = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof CompileError) return `${error.code}: ${error.detail}`;
      throw error;
    }
    return 'accepted';
  };

  test.each([
    [
      'a composite op',
      'graph @g(%x: f32[1,2,2,2])\n%y = identity %x\nreturn %y',
      'wgsl/op: there is no WGSL kernel for identity; lower the graph first',
    ],
    [
      'sums of integers',
      'graph @g(%x: i32[4])\n%y = reduce_sum %x {axes=[0]}\nreturn %y',
      'wgsl/dtype: reduce_sum of i32 has no WGSL kernel',
    ],
    [
      'symbolic shapes',
      'graph @g(%x: f32[batch,4])\n%y = neg %x\nreturn %y',
      'wgsl/symbolic: %x has the shape [batch,4]; bind its dimensions first',
    ],
    [
      'computed weights',
      'graph @g(%x: f32[1,4], %w: f32[3,4])\n%y = fully_connected %x, %w\nreturn %y',
      'wgsl/weight: fully_connected expects constant weights, %w is computed',
    ],
    [
      'an arena beyond the default limit',
      'graph @g(%x: f32[4097,8192])\n%y = neg %x\nreturn %y',
      'wgsl/limit: the arena takes 134250496 bytes; maxStorageBufferBindingSize allows 134217728',
    ],
  ])('%s', (_, text, message) => {
    expect(codeOf(() => emit(text))).toBe(message);
  });

  test('the node is named', () => {
    const graph = new Graph('g');
    const x = graph.addInput('x', { dtype: 'f32', shape: [4] });
    graph.add({ op: 'mystery', inputs: [x], types: [x.type], origin: ['layer/7'] });
    expect(() => emitWgsl(planWgsl(graph), { name: 'g' })).toThrow('at layer/7 (mystery)');
  });
});
