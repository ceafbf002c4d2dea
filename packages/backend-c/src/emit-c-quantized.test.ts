import { parseGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { emitC } from './emit-c.ts';
import { planC } from './plan-c.ts';

function emit(text: string) {
  const graph = parseGraph(text, { registry });
  verify(graph, registry);
  return emitC(planC(graph), { name: 'net' });
}

const conv = (
  weight: string,
  bias = 'const %b: i32[2] = [1, -1]',
): string => `graph @q(%x: i8[1,2,3,3] quant(0.05:-5))
  ${weight}
  ${bias}
  %y = qlinear_conv2d %x, %w, %b {y_scale=0.1, y_zero_point=7}
  return %y`;
const weight = 'const %w: i8[2,2,1,1] quant(axis=0, 0.5:0, 0.25:0) = [1, 2, 3, 4]';

describe('C of quantised graphs', () => {
  test('the header tells scales and zero points, and takes integers', () => {
    const { files, inputs } = emit(conv(weight));
    const header = String(files.get('net.h'));
    expect(header).toContain('#define NET_IN_SCALE 0.05f');
    expect(header).toContain('#define NET_IN_ZERO_POINT (-5)');
    expect(header).toContain('#define NET_OUT_SCALE 0.1f');
    expect(header).toContain('#define NET_OUT_ZERO_POINT 7');
    expect(header).toContain('int net_run(void *arena, const int8_t *in, int8_t *out);');
    expect(inputs[0]?.quant).toEqual({ scale: [0.05], zeroPoint: [-5] });
  });

  test('several buffers are numbered, float ones have no scale', () => {
    const header = String(
      emit(`graph @q(%x: f32[4], %z: u8[4] quant(0.5:3))
  %q = quantize_linear %x {y_scale=0.25}
  %d = dequantize_linear %z
  return %q, %d`).files.get('net.h'),
    );
    expect(header).toContain(
      'int net_run(void *arena, const float *in_0, const uint8_t *in_1, int8_t *out_0, float *out_1);',
    );
    expect(header).toContain('#define NET_IN_ZERO_POINT_1 3');
    expect(header).not.toContain('NET_IN_SCALE_0');
  });

  test('with io arena the run function takes the arena, and the header tells where inputs and outputs are', () => {
    const graph = parseGraph(conv(weight), { registry });
    const { files, inputs, outputs } = emitC(planC(graph, { io: 'arena' }), { name: 'net' });
    const header = String(files.get('net.h'));
    expect(header).toContain(`
#define NET_IN_SIZE 18
#define NET_IN_OFFSET ${inputs[0]?.offset}
#define NET_IN_SCALE 0.05f
#define NET_IN_ZERO_POINT (-5)
#define NET_OUT_SIZE 18
#define NET_OUT_OFFSET ${outputs[0]?.offset}
`);
    expect(header).toContain(`/*
 * Runs the network once. Inputs and outputs are in the arena: write each input at arena + NET_IN_OFFSET before every
 * call, which overwrites it; read each output at arena + NET_OUT_OFFSET after it, before the next input is written.
 * Reentrant: all state is in the arena. Returns an enum net_status.
 */
int net_run(void *arena);
`);
  });

  test('io arena numbers offsets, keeps an input that is returned, and refuses constants as outputs', () => {
    const graph = parseGraph(
      'graph @q(%x: f32[4], %k: f32[3])\n  %q = quantize_linear %x {y_scale=0.25}\n  return %q, %k',
      { registry },
    );
    const several = emitC(planC(graph, { io: 'arena' }), { name: 'net' });
    const header = String(several.files.get('net.h'));
    for (const name of ['IN_OFFSET_0', 'IN_OFFSET_1', 'OUT_OFFSET_0', 'OUT_OFFSET_1'])
      expect(header).toContain(`#define NET_${name} `);
    expect(several.outputs[1]?.offset).toBe(several.inputs[1]?.offset);
    const constant = 'graph @q(%x: f32[4])\n  const %c: f32[2] = [1, 2]\n  return %c';
    expect(() => emitC(planC(parseGraph(constant, { registry }), { io: 'arena' }), { name: 'net' })).toThrow(
      /error\[backend-c\/io\].*%c is a constant/,
    );
  });

  test('weights of one byte take one byte, aligned to 16', () => {
    const graph = parseGraph(conv(weight), { registry });
    expect(emitC(planC(graph, { kernels: 'portable' }), { name: 'net' }).weightBytes).toBe(4 * 16);
  });

  test.each([
    ['sums beyond int32', conv(weight, 'const %b: i32[2] = [2147483647, 0]'), 'backend-c/accumulator'],
    [
      'weights computed at run time',
      `graph @q(%x: i8[1,2] quant(0.05:-5), %w: i8[3,2] quant(0.5:0))
  %y = qlinear_fully_connected %x, %w {y_scale=0.1}
  return %y`,
      'backend-c/weight',
    ],
    [
      'elements that no kernel computes',
      'graph @q(%x: f8e8m0[2])\n  %y = concat %x, %x {axis=0}\n  return %y',
      'backend-c/dtype',
    ],
    [
      'linear resize of integers without its own op',
      'graph @q(%x: i8[1,1,2,2] quant(1:0))\n  %y = resize %x {sizes=[1,1,3,3], mode="linear"}\n  return %y',
      'backend-c/resize',
    ],
  ])('%s are refused', (_, text, code) => {
    expect(() => emit(text)).toThrow(`error[${code}]`);
  });

  test.each(['cortex-m4', 'cortex-m55'] as const)(
    'depthwise layers of one plane geometry share its code, whatever their channels and zero points (%s)',
    (device) => {
      const depthwise = (count: number): string =>
        Array.from(
          { length: count },
          (
            _,
            i,
          ) => `  const %w${i}: i8[4,1,3,3] quant(axis=0, 0.01:0, 0.02:0, 0.03:0, 0.04:0) = random(${i + 1})
  const %b${i}: i32[4] = random(${i + 9})
  %y${i + 1} = qlinear_depthwise_conv2d %y${i}, %w${i}, %b${i} {y_scale=0.${i + 1}, y_zero_point=${i}, pads=[1,1,1,1]}
`,
        ).join('');
      const source = (count: number): string => {
        const text = `graph @q(%y0: i8[1,4,7,7] quant(0.05:-5))\n${depthwise(count)}  return %y${count}`;
        return String(
          emitC(planC(parseGraph(text, { registry }), { device }), { name: 'net' }).files.get('net.c'),
        );
      };
      expect(source(3).match(/^KERNEL void \w+_k_q_plane/gm)).toHaveLength(1);
      expect(source(3).match(/k_q_plane_7x7_k3x3\(x, w/g)).toHaveLength(3);
      expect(source(1).match(/^static void \w+_k_q_plane/gm)).toHaveLength(1); // for the compiler to inline
    },
  );
});
