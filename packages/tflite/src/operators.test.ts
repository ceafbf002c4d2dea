import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromBytes, type Graph, numElements, type Tensor, toBytes, toNumbers, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { readTflite } from './read-tflite.ts';
import { buildModel } from './testing/build-model.ts';
import { evaluateGraph } from './testing/evaluate-graph.ts';
import { type OperatorCase, operatorCases, seededInputs } from './testing/operator-cases.ts';
import { findPython, runReference } from './testing/tflite-reference.ts';

/**
 * Outputs of TFLite's reference kernels for each case, base64 of two sets of seeded inputs. Written anew with
 * `UPDATE_TFLITE=1 npx vitest run packages/tflite` after `node tools/setup-tflite-reference.mjs`.
 */
const fixture = join(import.meta.dirname, '../../../test-fixtures/tflite/operators.json');
const SETS = 2;
const update = Boolean(process.env.UPDATE_TFLITE);
const python = findPython();

function referenceOutputs(executable: string): Record<string, string> {
  const runs = operatorCases.map((one) => ({ model: buildModel(one.spec), inputs: seededInputs(one, SETS) }));
  const outputs = runReference(executable, runs);
  const refused = outputs.flatMap((output, i) =>
    typeof output === 'string' ? [`${operatorCases[i]?.name}: ${output}`] : [],
  );
  if (refused.length) throw new Error(refused.join('\n'));
  return Object.fromEntries(
    operatorCases.map(({ name }, i) => [name, Buffer.from(outputs[i] as Uint8Array).toString('base64')]),
  );
}

if (update) {
  if (!python)
    throw new Error('UPDATE_TFLITE needs python3 with ai-edge-litert: node tools/setup-tflite-reference.mjs');
  mkdirSync(dirname(fixture), { recursive: true });
  writeFileSync(fixture, `${JSON.stringify(referenceOutputs(python), null, 1)}\n`);
}
const expected: Record<string, string> = existsSync(fixture) ? JSON.parse(readFileSync(fixture, 'utf8')) : {};

test('the committed outputs are those of TFLite', (context) => {
  if (!python && process.env.GHOSTC_REQUIRE_ALL) throw new Error('python3 with ai-edge-litert is missing');
  if (!python) context.skip('no python3 with ai-edge-litert: node tools/setup-tflite-reference.mjs');
  else expect(referenceOutputs(python)).toEqual(expected);
});

function ourOutputs(graph: Graph, inputs: readonly Uint8Array[]): Tensor[] {
  const tensors = graph.inputs.map(({ type }, i) => ({
    ...type,
    shape: type.shape as number[],
    data: fromBytes(type.dtype, inputs[i] as Uint8Array),
  }));
  return evaluateGraph(graph, tensors);
}

/** Largest difference, relative to the largest expected number. */
function distance(want: ArrayLike<number>, got: ArrayLike<number>): number {
  let [worst, largest] = [0, 1e-30];
  for (let i = 0; i < want.length; i++) {
    worst = Math.max(worst, Math.abs(Number(want[i]) - Number(got[i])));
    largest = Math.max(largest, Math.abs(Number(want[i])));
  }
  return worst / largest;
}

function compareCase(one: OperatorCase): void {
  const graph = readTflite(buildModel(one.spec), { file: one.name });
  verify(graph, registry);
  const bytes = Buffer.from(expected[one.name] ?? '', 'base64');
  let at = 0;
  for (const inputs of seededInputs(one, SETS)) {
    for (const ours of ourOutputs(graph, inputs)) {
      const size = toBytes(ours.data).length;
      const want = fromBytes(ours.dtype, bytes.subarray(at, at + size));
      expect(want.length).toBe(numElements(ours.shape));
      at += size;
      if (ours.dtype === 'f32') expect(distance(want as Float32Array, toNumbers(ours))).toBeLessThan(2e-6);
      else expect(ours.data).toEqual(want);
    }
  }
  expect(at).toBe(bytes.length);
}

describe('computes what TFLite computes', () => {
  test.each(operatorCases)('$name', compareCase);
});

/** Nodes by op. */
function count(graph: Graph, op: string): number {
  return [...graph.nodes()].filter((node) => node.op === op).length;
}

test('an image operator behind a convolution adds no transpose', () => {
  const sums: Record<string, number> = {};
  for (const { name, spec } of operatorCases.filter((one) => one.name.startsWith('behind-conv/')))
    sums[name.slice('behind-conv/'.length)] = count(readTflite(buildModel(spec)), 'transpose');
  // One at the input, and one where the output itself is an image in NHWC or mixes axes.
  expect(sums).toMatchObject({
    'mean-image': 1,
    'transpose-to-nchw': 1,
    'mean-channels': 1,
    reshape: 2,
    'pad-channels': 2,
  });
});
