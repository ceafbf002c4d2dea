import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inTurn, testTurn } from '@ghostc/runtimes/testing';
import { afterAll, expect, test } from 'vitest';
import { commands } from './commands.ts';
import { hostileModels } from './hostile-models.ts';
import { runLimited } from './run-limited.ts';

/** `npm run hostile` runs all; here is each kind of model, and each command on some of them: half of these in a run. */
const everything = Object.keys(commands);
const sample: Readonly<Record<string, readonly string[]>> = {
  'chain-sigmoid': everything,
  'chain-conv': ['c', 'wgsl'],
  'wide-outputs': ['onnx', 'c', 'wgsl', 'inspect'],
  'wide-sum-inputs': ['c', 'wgsl'],
  'fold-concat-doubling-constant': ['inspect', 'onnx', 'c', 'quantize'],
  'fold-constant-of-shape-32m': ['c'],
  'fold-concat-doubling-many': ['quantize', 'verify', 'profile'],
  'fold-matmul-chain': ['c', 'quantize'],
  'fold-shared-convolution': ['onnx'],
  'fold-shared-matmul': ['wgsl', 'verify'],
  'fold-function-doubling': ['inspect'],
  'size-conv-1e7-same': ['quantize', 'verify'],
  'size-pad-1e10': ['inspect', 'onnx', 'c', 'quantize', 'fit', 'verify', 'bisect', 'tune'],
  'text-symbolic-doubling': ['onnx', 'verify', 'opt'],
  'text-names-quotes': ['onnx', 'c', 'wgsl', 'explain'],
};

/** `npm run hostile` holds 5 s; beside other tests a processor takes up to twice as long for the same work. */
const limits = { seconds: 10, megabytes: 1000 };
const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const models = hostileModels(200);
const runs = Object.entries(sample).flatMap(([name, list]) =>
  list.filter((_, i) => i % 2 === inTurn(name, [0, 1]) % list.length).map((command) => ({ name, command })),
);

test.each(runs)(
  `$name: $command is right or gives one clear error (GHOSTC_TURN=${testTurn()})`,
  async ({ name, command }) => {
    const file = join(folder, `${name}.onnx`);
    const out = join(folder, 'out');
    writeFileSync(file, models.get(name)?.() ?? '');
    const args = [resolve('apps/cli/dist/ghostc.mjs'), ...(commands[command]?.(file, out) ?? [])];
    const { fault, message } = await runLimited(args, { out, limits });
    expect(fault, message).toBe('');
  },
);
