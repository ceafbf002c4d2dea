import { randomTensor } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { keepingInputs } from './keeping-inputs.ts';

test.each([0, 1, 2, 4])('inputs that begin %i bytes into their memory are kept', async (offset) => {
  const data = new Int8Array(new ArrayBuffer(16), offset, 8).fill(3);
  const x = { ...randomTensor({ dtype: 'i8', shape: [8] }, 1), data };
  const inputs = [new Map([['x', x]])];
  expect(await keepingInputs(inputs, async () => 'result')).toBe('result');
  const writing = keepingInputs(inputs, async () => data.fill(7, 5, 6));
  await expect(writing).rejects.toThrow('the runtime wrote into its input x');
  expect([...data]).toEqual(Array(8).fill(3));
});
