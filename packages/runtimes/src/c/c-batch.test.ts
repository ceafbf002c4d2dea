import type { CProgram } from '@ghostc/backend-c';
import { compileC } from '@ghostc/compiler';
import { fromNumbers, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { runCBatch } from './c-batch.ts';
import { cDevice } from './c-device.ts';

const graph = parseGraph('graph @g(%x: f32[4])\n%y = relu %x\nreturn %y', { registry });
const inputs = [new Map([['x', fromNumbers('f32', [4], [-1, 2, -3, 4])]])];

/** A program whose run() begins with another statement. */
function broken(name: string, device: 'host' | 'cortex-m4', statement: string): CProgram {
  const program = compileC(graph, { name, device });
  const file = `${name}.c`;
  const source = String(program.files.get(file));
  const changed = source.replace(/(int \w+_run\([^)]*\)\n\{\n)/, `$1${statement}\n`);
  return { ...program, files: new Map(program.files).set(file, changed) };
}

test.for(['host', 'cortex-m4'] as const)(
  'what does not compile, crashes or fails costs one entry on %s',
  async (name, context) => {
    const device = cDevice(name);
    skipWithout(device.tools, name, context);
    const statements = ['', 'none;', '', '__builtin_trap();', '', 'return 7;', ''];
    const programs = statements.map((statement, i) => broken(`p${i}`, name, statement));
    const results = await runCBatch(
      programs.map((program) => ({ program, inputs })),
      device,
    );
    const told = results.map((result) =>
      result instanceof Error ? result.message : [...([...(result[0]?.values() ?? [])][0]?.data ?? [])],
    );
    expect(told).toEqual([
      [0, 2, 0, 4],
      expect.stringMatching(/undeclared.*none|none.* undeclared/),
      [0, 2, 0, 4],
      expect.stringMatching(/died of SIGILL|took a fault/),
      [0, 2, 0, 4],
      expect.stringContaining('p5_run returned the status 7, expected 0'),
      [0, 2, 0, 4],
    ]);
  },
);
