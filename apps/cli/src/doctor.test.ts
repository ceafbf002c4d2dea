import { expect, test } from 'vitest';
import { plainEnvironment, startedIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

/** A machine with nothing but Node. */
const ghostc = startedIn(testFolder(), { ...plainEnvironment(), PATH: '' });

test('doctor says what a target lacks, and the command that gets it', () => {
  const { status, stdout } = ghostc('doctor', '--for', 'c@rv32', '--manager', 'apt', '--json');
  const { tools, commands } = JSON.parse(stdout);
  expect(status).toBe(1);
  expect(tools.filter(({ found }: { found: boolean }) => !found)).toMatchObject([
    { id: 'riscv64-unknown-elf-gcc', targets: ['c@rv32', 'c@rv32imc', 'c@rv32imac_zba_zbb'] },
    { id: 'qemu-system-riscv32' },
  ]);
  expect(commands).toEqual([
    'apt-get install -y --no-install-recommends gcc-riscv64-unknown-elf qemu-system-misc',
  ]);
});

test('doctor without a target only tells', () => {
  const { status, stdout } = ghostc('doctor', '--manager', 'brew');
  expect(status).toBe(0);
  expect(stdout).toContain('brew install gcc');
});
