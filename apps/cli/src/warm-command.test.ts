import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle, models, startedIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';
import { callWarm } from './testing/warm-command.ts';

const folder = testFolder();
const seed = join(models, 'modules/ghost_module_seed/model.onnx');

/** Good ones, bad ones and bad usage, so that each comes after another end. */
const calls = [
  ['inspect', seed],
  ['inspect', 'absent.onnx'],
  ['compile', seed, '--target', 'd'],
  ['compile', seed, '--target', 'c', '--max-ram', '1'],
  ['compile', seed, '--target', 'c', '--out', 'out', '--json'],
  ['verify', seed, '--targets', 'interpreter,onnx', '--json'],
  ['--version'],
];

test('a call of the process that serves many ends as a process of its own does', () => {
  for (const args of calls) {
    const { status, stdout, stderr } = startedIn(folder)(...args);
    const plain = (text: string): string => text.replace(/[\d.]+ m?s\b|"seconds": [\d.]+/g, '');
    const warm = callWarm(bundle, folder, args);
    expect({
      status: warm?.status,
      stdout: plain(warm?.stdout ?? ''),
      stderr: plain(warm?.stderr ?? ''),
    }).toEqual({
      status,
      stdout: plain(stdout),
      stderr: plain(stderr),
    });
  }
});
