import { join } from 'node:path';
import { skipWithout } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { onnxTestFolder } from '../conformance/onnx-tests.ts';
import { everyNth } from '../sweep/every-nth.ts';
import { checkRoundTrips, modelsBelow } from './check-round-trips.ts';
import { onnxPython } from './compare-models.ts';

/** Strings and sequences have no form here, nor has an op in the middle of a model that does not state its types. */
const refused = /string is not supported|no tensor type|states no types/;

test('a sample of models is the same after load and save', async (context) => {
  skipWithout([onnxPython], 'onnx.checker', context);
  const tests = everyNth(modelsBelow(await onnxTestFolder(process.cwd())), { every: 41, from: 7 });
  const judged = checkRoundTrips([
    ...tests,
    ...modelsBelow(join(process.cwd(), 'test-fixtures/cases')).slice(0, 20),
  ]);
  const wrong = judged.filter(
    ({ status, reason = '' }) =>
      !['same', 'unrunnable'].includes(status) && !(status === 'refused' && refused.test(reason)),
  );
  expect(wrong).toEqual([]);
  expect(judged.length).toBeGreaterThan(30);
});
