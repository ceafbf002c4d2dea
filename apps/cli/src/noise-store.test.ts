import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NoiseQuestion, seededInputs } from '@ghostc/conformance';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { afterAll, expect, test } from 'vitest';
import { noiseStore } from './noise-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'ghostc-noise-'));
afterAll(() => rmSync(folder, { recursive: true }));

function question(weight: number, seed: number, kind = 'f32 few'): NoiseQuestion {
  const text = `graph @g(%x: f32[2])\nconst %w: f32[2] = random(${weight})\n%y = mul %x, %w\nreturn %y`;
  const model = parseGraph(text, { registry });
  return { model, inputs: seededInputs(model, seed), kind };
}

const sigma = Float64Array.of(1, Number.NaN);
const noise = new Map([
  [
    'y',
    {
      ...{ value: { dtype: 'f64', shape: [2], data: Float64Array.of(1, 2) } as const, sigma },
      ...{ largest: 1, rms: 0.5, discontinuous: false, step: 0 },
    },
  ],
]);

/** Whether the noise had to be made. */
function isMade(asked: NoiseQuestion, where = folder): boolean {
  let made = false;
  const found = noiseStore(where)(asked, () => {
    made = true;
    return noise;
  });
  expect(found).toEqual(noise);
  return made;
}

test('noise is made once for a model, its constants, the data and the arithmetic', () => {
  expect(isMade(question(1, 1))).toBe(true);
  expect(isMade(question(1, 1))).toBe(false);
  expect(isMade(question(2, 1))).toBe(true);
  expect(isMade(question(1, 2))).toBe(true);
  expect(isMade(question(1, 1, 'bf16 few'))).toBe(true);
});

test('a file or folder that is not a cache counts as an empty one', () => {
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'nothing');
  expect(isMade(question(1, 1))).toBe(true);
  const file = join(folder, readdirSync(folder)[0] ?? '');
  expect(isMade(question(1, 1), file)).toBe(true);
});
