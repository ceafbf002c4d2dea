import { describe, expect, test } from 'vitest';
import { plainEnvironment, startedIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = startedIn(folder);

describe('inspect', () => {
  test('tells a GhostNet before and after', () => {
    const { before, after } = JSON.parse(ghostc('inspect', 'ghostnet:1.0', '--json').stdout);
    expect(before).toMatchObject({ params: 5_182_508, macs: 141_150_512 });
    expect(before.ops.batch_norm).toBe(80);
    expect(after).toMatchObject({ macs: 141_150_512, ghostModules: 32 });
    for (const op of ['batch_norm', 'concat', 'slice']) expect(after.ops[op]).toBeUndefined();
    expect(after.peakArenaBytes).toBeLessThanOrEqual(3_813_376);
  });
});

test.each([
  {
    what: 'a wrong choice',
    args: ['compile', 'm.onnx', '--target', 'c', '--device', 'z80', '--out', 'o'],
    status: 2,
  },
  { what: 'a missing option', args: ['compile', 'm.onnx'], status: 2 },
  { what: 'an unknown command', args: ['frobnicate'], status: 2 },
  { what: '--help', args: ['compile', '--help'], status: 0 },
  { what: '--version', args: ['--version'], status: 0 },
])('usage: $what leaves with $status', ({ args, status }) => {
  expect(ghostc(...args).status).toBe(status);
});

test('colours only where they are wanted', () => {
  const found = (env: NodeJS.ProcessEnv) =>
    startedIn(folder, { ...plainEnvironment(), ...env })('inspect', 'none.onnx').stderr.includes('\x1b[');
  expect(found({})).toBe(false);
  expect(found({ NO_COLOR: undefined, FORCE_COLOR: '1' })).toBe(true);
  expect(found({ FORCE_COLOR: '1' })).toBe(false);
});
