import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { type CompileCOptions, compileC, readModel } from '@ghostc/compiler';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { slotBytes } from '../process/tensor-bytes.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

/** A program without inputs that outputs what the self-test of `program` returns. */
function selfTestProgram(program: CProgram): CProgram {
  const { name, inputs, outputs, arenaBytes, files } = program;
  const buffers = [...inputs, ...outputs].filter(({ offset }) => offset === undefined);
  let end = arenaBytes;
  const args = buffers.map((slot) => {
    const at = end;
    end += Math.ceil(slotBytes(slot) / 16) * 16;
    return `(void *)((unsigned char *)arena + ${at})`;
  });
  const signature = 'int tester_run(void *arena, int32_t *out)';
  const header = `#include <stdint.h>\n#define TESTER_ARENA_SIZE ${end}\n#define TESTER_ARENA_ALIGN 16\n${signature};\n`;
  const source = `#include "tester.h"\n#include "${name}_selftest.h"\n${signature}\n{\n  *out = ${name}_selftest(${['arena', ...args].join(', ')});\n  return 0;\n}\n`;
  return {
    ...program,
    name: 'tester',
    files: new Map([...files, ['tester.h', header], ['tester.c', source]]),
    inputs: [],
    outputs: [{ name: 'result', shape: [1], dtype: 'i32', elements: 1 }],
    arenaBytes: end,
  };
}

async function result(program: CProgram, device: string): Promise<number> {
  const [run] = await runC(selfTestProgram(program), device, [new Map()]);
  return Number(run?.outputs.get('result')?.data[0]);
}

/** The program with one bit of each word of its weights flipped: hosts have forms of weights that not every processor reads. */
function damaged(program: CProgram): CProgram {
  const file = `${program.name}_weights.c`;
  const text = String(program.files.get(file));
  const flipped = text.replace(
    /0x([0-9a-f])(?=[0-9a-f]{7}u)/g,
    (_, digit: string) => `0x${(Number.parseInt(digit, 16) ^ 4).toString(16)}`,
  );
  expect(flipped).not.toBe(text);
  return { ...program, files: new Map([...program.files, [file, flipped]]) };
}

const compile = (graph: Graph, options: CompileCOptions): CProgram =>
  compileC(graph, { name: 'net', weights: 'c', selfTest: true, ...options });
const fashion = (): Graph =>
  readModel(
    readFileSync(
      join(import.meta.dirname, '../../../../test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx'),
    ),
  );
const small = (text: string): Graph => parseGraph(text, { registry });
const integers = (): Graph =>
  small(`graph @net(%x: i8[1,2,6,6] quant(0.05:-3))
  const %w: i8[4,2,3,3] quant(axis=0, 0.01:0, 0.02:0, 0.03:0, 0.04:0) = random(1)
  const %b: i32[4] = random(2)
  %y = qlinear_conv2d %x, %w, %b {y_scale=0.2, y_zero_point=4, pads=[1,1,1,1]}
  return %y`);
const floats = (): Graph =>
  small(`graph @net(%x: f32[1,2,6,6])
  const %w: f32[3,2,3,3] = random(1)
  %y = conv2d %x, %w
  return %y`);
/** Outputs of several types, one of them too large to be kept whole, one of floats after integers. */
const several = (): Graph =>
  small(`graph @net(%x: f32[1,3,40,40], %z: i64[3], %q: u8[4] quant(0.5:3))
  %y = relu %x
  %s = add %z, %z
  %d = dequantize_linear %q
  return %y, %s, %d`);

describe('the self-test of a C program', () => {
  test.for([
    ['int8', 'cortex-m4', integers, {}],
    ['int8 with inputs and outputs in the arena', 'cortex-m55', integers, { io: 'arena' }],
    ['float', 'cortex-m7', fashion, {}],
    ['several types', 'rv32', several, {}],
    ['several types in the arena', 'host', several, { io: 'arena' }],
  ] as const)('passes: %s on %s', async ([, device, graph, options], context) => {
    skipWithout(cDevice(device).tools, `c@${device}`, context);
    expect(await result(compile(graph(), { device, ...options }), device)).toBe(0);
  });

  test.for([
    ['int8', integers],
    ['float', floats],
  ] as const)('tells the first wrong element when weights are damaged: %s', async ([, graph], context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    expect(await result(damaged(compile(graph(), {})), 'host')).toBeGreaterThan(0);
  });

  test('is told of elements that have none', () => {
    const graph = small('graph @net(%x: f16[4])\n  %y = relu %x\n  return %y');
    expect(() => compile(graph, {})).toThrow('error[backend-c/self-test]');
  });
});
