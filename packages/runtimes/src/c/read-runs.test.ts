import { expect, test } from 'vitest';
import { cDevice } from './c-device.ts';
import { readRuns } from './read-runs.ts';
import { sampleProgram } from './sample-program.ts';

const program = sampleProgram({ name: 'id', body: '', shape: [1], arenaBytes: 16 });

/** status, damage, stack bytes, counter before (low, high), after (low, high), output bits */
function record(...words: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

test('reads outputs, stack and instructions', () => {
  const bytes = record(0, 0, 96, 10, 0, 26, 0, 0x3f800000);
  const [run] = readRuns(program, cDevice('cortex-m4'), bytes);
  expect([...(run?.outputs.get('y')?.data ?? [])]).toEqual([1]);
  expect(run?.stackBytes).toBe(96);
  expect(run?.instructions).toBe(10); // 16 ticks of 40 ns, 64 ns an instruction
});

test('counts across the wrap of the counter', () => {
  // 2^33 + 16 ticks of 40 ns are 34,359.7 hundredths of a second
  const bytes = record(0, 0, 0, 0xfffffff8, 5, 8, 34364, 0);
  expect(readRuns(program, cDevice('cortex-m4'), bytes)[0]?.instructions).toBe(((2 ** 33 + 16) * 40) / 64);
  expect(readRuns(program, cDevice('rv32'), record(0, 0, 0, 0xffffffff, 1, 1, 3, 0))[0]?.instructions).toBe(
    2 ** 32 + 2,
  );
});

test('a status and damages are told with the number of the input set', () => {
  const good = record(0, 0, 0, 0, 0, 0, 0, 0);
  const failing = (...words: number[]) => {
    return () =>
      readRuns(program, cDevice('host'), Buffer.concat([good, record(...words, 0, 0, 0, 0, 0, 0)]));
  };
  expect(failing(3, 0)).toThrow('host, input set 1: id_run returned the status 3, expected 0');
  expect(failing(0, 10)).toThrow(
    'host, input set 1: the program wrote past the end of its arena; the program changed an input',
  );
});
