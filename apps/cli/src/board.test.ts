import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cDevice, skipWithout } from '@ghostc/runtimes';
import { bootFirmware, type RunningBoard } from '@ghostc/runtimes/testing';
import { afterEach, expect, test } from 'vitest';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);
const model = join(folder, 'net.gir');
writeFileSync(
  model,
  `graph @net(%x: f32[1,4,12,12])
const %w: f32[8,4,3,3] = [${Array.from({ length: 288 }, (_, i) => ((i * 7) % 13) / 13 - 0.5).join(', ')}]
%a = conv2d %x, %w {pads=[1,1,1,1]}
%b = max_pool %a {kernel_shape=[2,2], strides=[2,2]}
%y = sigmoid %b
return %y
`,
);

const running: RunningBoard[] = [];
afterEach(async () => {
  for (const board of running.splice(0)) await board.stop();
});

async function boot(out: string): Promise<string> {
  const board = await bootFirmware(join(folder, out), 'cortex-m4', { weights: 65536, buffers: 65536 });
  running.push(board);
  return board.path;
}

function firmware(out: string): string {
  const { status, stdout } = ghostc('board', model, '--board', 'stm32f407', '--out', out);
  expect(status).toBe(0);
  return stdout;
}

test('a board is verified and profiled layer by layer', async (context) => {
  skipWithout(cDevice('cortex-m4').tools, 'cortex-m4', context);
  expect(firmware('right')).toContain('right/serve.c\n');
  const path = await boot('right');
  const verified = ghostc('verify', model, '--targets', 'board', '--port', path);
  expect(verified.stderr).toBe('');
  expect(verified.stdout).toContain('board: 3 of 3 layers compared one by one');
  expect(verified.status).toBe(0);
  const { unit, hertz, layers } = JSON.parse(ghostc('profile', model, '--port', path, '--json').stdout);
  expect([unit, hertz]).toEqual(['ticks', 168e6]);
  expect(layers.map(({ op, cost }: { op: string; cost: number }) => [op, cost > 0])).toEqual([
    ['conv2d', true],
    ['max_pool', true],
    ['sigmoid', true],
  ]);
});

test('the first layer that differs is named', async (context) => {
  skipWithout(cDevice('cortex-m4').tools, 'cortex-m4', context);
  firmware('wrong');
  const weights = join(folder, 'wrong/model/src/net_weights.c');
  writeFileSync(weights, readFileSync(weights, 'utf8').replace(/0x[0-9a-f]{8}u/, '0x3f000000u'));
  const path = await boot('wrong');
  const { status, stdout } = ghostc('verify', model, '--targets', 'board', '--port', path);
  expect(stdout).toContain('layer 1 of 3, conv2d a, is the first that differs: ');
  expect(status).toBe(1);
});

test('a target without a port, and a port that is none', () => {
  const none = ghostc('verify', model, '--targets', 'board');
  expect([none.status, none.stdout]).toEqual([2, '']);
  expect(none.stderr).toBe(
    'error[cli/port]: the target board is reached over a serial port; expected --port\n',
  );
  const gone = ghostc('profile', model, '--port', join(folder, 'gone'));
  expect([gone.status, gone.stdout]).toEqual([2, '']);
  expect(gone.stderr).toBe(`error[board/port]: there is no such port\n  at ${join(folder, 'gone')}\n`);
});
