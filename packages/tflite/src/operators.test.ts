import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  byteSize,
  fromBytes,
  type Graph,
  numElements,
  staticShape,
  type Tensor,
  toBytes,
  toNumbers,
  verify,
} from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { encodeTflite } from './encode-model.ts';
import { readTflite } from './read-tflite.ts';
import type { OperatorCase } from './testing/operator-case.ts';
import { caseInputs, operatorCases } from './testing/operator-cases.ts';

/**
 * Outputs of TFLite's reference kernels for each case, base64 of two sets of inputs. tools/tflite has what writes them and
 * compares them with TFLite.
 */
const fixture = join(import.meta.dirname, '../../../test-fixtures/tflite/operators.json');
const SETS = 2;
const expected: Record<string, string> = JSON.parse(readFileSync(fixture, 'utf8'));

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

/** Largest difference of integers. */
function stepsBetween(want: ArrayLike<number | bigint>, got: ArrayLike<number | bigint>): number {
  return Array.from(want).reduce<number>(
    (worst, v, i) => Math.max(worst, Math.abs(Number(v) - Number(got[i] ?? NaN))),
    0,
  );
}

function compareCase(one: OperatorCase): void {
  const graph = readTflite(encodeTflite(one.spec), { file: one.name });
  verify(graph, registry);
  const bytes = Buffer.from(expected[one.name] ?? '', 'base64');
  let at = 0;
  const own = one.spec.outputs.length;
  let states: Uint8Array[] = graph.inputs
    .slice(one.spec.inputs.length)
    .map(({ type }) => new Uint8Array(byteSize(type.dtype) * numElements(staticShape(type.shape))));
  for (const inputs of caseInputs(one, SETS)) {
    const outputs = ourOutputs(graph, [...inputs, ...states]);
    states = outputs.slice(own).map(({ data }) => toBytes(data));
    for (const ours of outputs.slice(0, own)) {
      const size = toBytes(ours.data).length;
      const want = fromBytes(ours.dtype, bytes.subarray(at, at + size));
      expect(want.length).toBe(numElements(ours.shape));
      at += size;
      if (ours.dtype === 'f32') expect(distance(want as Float32Array, toNumbers(ours))).toBeLessThan(2e-6);
      else if (one.steps) expect(stepsBetween(want, toNumbers(ours))).toBeLessThanOrEqual(one.steps);
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

test('an image operator after a convolution adds no transpose', () => {
  const sums: Record<string, number> = {};
  for (const { name, spec } of operatorCases.filter((one) => one.name.startsWith('after-conv/')))
    sums[name.slice('after-conv/'.length)] = count(readTflite(encodeTflite(spec)), 'transpose');
  // One at the input, and one where the output itself is an image in NHWC or mixes axes.
  expect(sums).toMatchObject({
    'mean-image': 1,
    'transpose-to-nchw': 1,
    'mean-channels': 1,
    reshape: 2,
    'pad-channels': 2,
  });
});
