import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cDevice, skipWithout } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const seed = join(models, 'modules/ghost_module_seed');
const folder = testFolder();
const ghostc = ghostcIn(folder);

test('fit says that a model is too large for a board, what is, and what would help', () => {
  const { status, stdout, stderr } = ghostc('fit', 'ghostnet:0.5@32/10', '--board', 'stm32f411', '--json');
  expect(stderr).toBe('');
  expect(status).toBe(1);
  const { report, remedies } = JSON.parse(stdout);
  expect(report.fits).toBe(false);
  expect(report.problems.join()).toMatch(/flash: [\d,]+ bytes, [\d,]+ more than the 524,288 there are/);
  expect([report.codeBytes, report.ramBytes]).toEqual([null, null]); // nothing that code could change
  const int8 = remedies.find(({ variant }: { variant: string }) => variant === 'int8');
  expect(int8.weightBytes).toBeLessThan(report.weightBytes / 3);
});

test('weights that are too many are fetched from the flash of the board, where it has one', (context) => {
  skipWithout(cDevice('cortex-m4').tools, 'fit', context);
  const { status, stdout } = ghostc('fit', 'ghostnet:0.5@32/10', '--board', 'nrf52840', '--json');
  expect(status).toBe(1);
  const { report, remedies } = JSON.parse(stdout);
  expect(report.problems.join()).toMatch(/^flash: /);
  const [fetched] = remedies;
  expect([fetched.variant, fetched.fits]).toEqual(['as it is, weights fetched', true]);
  expect(fetched.fetchBytes).toBeLessThanOrEqual(65536);
  expect(fetched.flashBytes).toBe(fetched.codeBytes);
  const { fetch, seconds } = fetched.time;
  expect(fetch.transferSeconds).toBeCloseTo(fetched.weightBytes / 16e6, 9);
  expect(seconds).toBeGreaterThan(fetch.waitSeconds);
  expect(fetch.insideBytes).toBeLessThanOrEqual(2 ** 20 - fetched.codeBytes);
  const none = ghostc('fit', 'ghostnet:0.5@32/10', '--board', 'stm32f411', '--weights', 'fetch');
  expect([none.status, none.stdout]).toEqual([2, '']);
  expect(none.stderr).toMatch(/^error\[fit\/external-flash\]: stm32f411 has no second flash/);
});

test('fit does not take code for nothing where the compiler is missing', () => {
  const board = {
    ...{ name: 'mine', core: 'Cortex-M4F', device: 'cortex-m4', clockMHz: 80, flashBytes: 2 ** 21 },
    ...{ ram: [{ name: 'SRAM', bytes: 2 ** 20 }], compiler: 'no-such-gcc', flags: [] },
    ...{ cyclesPerInstruction: 1.35, cyclesReason: 'as measured' },
  };
  writeFileSync(join(folder, 'boards.json'), JSON.stringify([board]));
  const fitMine = (...more: string[]) =>
    ghostc(
      'fit',
      join(seed, 'model.onnx'),
      '--board',
      'mine',
      '--boards',
      'boards.json',
      '--io',
      'arena',
      ...more,
    );
  const { status, stdout } = fitMine('--json');
  expect(status).toBe(1);
  expect(JSON.parse(stdout).report).toMatchObject({
    fits: null,
    codeBytes: null,
    ramBytes: null,
    ioBytes: 0,
  });
  expect(fitMine().stdout).toMatch(
    /Not known: no-such-gcc is not installed, so stack and code are not counted/,
  );
});

test('fit says why a model has no int8 form, and goes on', () => {
  writeFileSync(
    join(folder, 'gather.gir'),
    `graph @gather(%i: i64[40000])
  const %t: f32[2,8] = random(1)
  %y = gather %t, %i
  return %y
`,
  );
  const { status, stdout, stderr } = ghostc('fit', 'gather.gir', '--board', 'nrf52840');
  expect([status, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(/^int8: random inputs do not calibrate it: index \d+ is outside an axis of 2$/m);
});

test('the time is counted on the code of the board, as profile counts it', (context) => {
  skipWithout(cDevice('cortex-m4').tools, 'fit', context);
  const run = (...args: readonly string[]) => JSON.parse(ghostc(...args, '--json').stdout);
  const model = join(models, 'ghost_fmnist/ghost_fmnist.onnx');
  const { time, stackBytes } = run('fit', model, '--board', 'nrf52840').report;
  const { total } = run('profile', model, '--device', 'cortex-m4');
  expect(time.basis).toBe('counted');
  expect(Math.abs(time.instructions / total - 1)).toBeLessThan(1e-3); // profile counts at every layer
  expect(stackBytes).toBeGreaterThan(0);
});

test('a core without the DSP extension is counted on its own code', (context) => {
  skipWithout(cDevice('cortex-m4').tools, 'fit', context);
  const model = join(models, 'modules/ghost_module_seed/model.onnx');
  const instructions = (board: string): number =>
    JSON.parse(ghostc('fit', model, '--board', board, '--json').stdout).report.time.instructions;
  expect(instructions('rp2040')).toBeGreaterThan(5 * instructions('rp2350')); // float in software
});
