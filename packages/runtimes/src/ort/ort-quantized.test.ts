import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerForKernels, optimize } from '@ghostc/compiler';
import { runEach, seededInputs } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import type { Graph, Tensor } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { describe, expect, test } from 'vitest';
import { originalRuntime } from '../runtime-table.ts';

// What onnxruntime.quantization makes of two networks (tools/bench/ort-quantized.py).
const folder = join(import.meta.dirname, '../../../../test-fixtures/ort-quantized');
const models = readdirSync(folder).sort();

const onIntegers =
  /^(qlinear_.*|quantize_linear|dequantize_linear|requantize|concat|max_pool|reshape|softmax)$/;

/** Scale of the integers that an output is made from: the largest error that rounding to a neighbour explains. */
function step(graph: Graph): number {
  const last = graph.outputs[0]?.value.producer;
  const before = last?.op === 'softmax' ? last.inputs[0]?.producer : last;
  return before?.inputs[0]?.type.quant?.scale[0] ?? 1e-6;
}

describe("models of ONNX Runtime's quantiser", () => {
  test.each(models)('%s computes what it computes there, to a step', async (name) => {
    const bytes = readFileSync(join(folder, name));
    const graph = readOnnx(bytes, { file: name, rounding: 'single' });
    const integers = lowerForKernels(optimize(graph));
    const inputs = [1, 2, 3, 4].map((seed) => seededInputs(graph, seed));
    const theirs = await runEach(originalRuntime(bytes).prepare(graph), inputs);
    // 16 bits: TFLite scales by 15 bits and interpolates its tables.
    const allowed = (name.includes('s16') ? 8 : 1.001) * step(integers);
    inputs.forEach((one, k) => {
      const [want, got] = [theirs[k], interpret(integers, one)].map(
        (set) => [...(set?.values() ?? [])][0] as Tensor,
      );
      const errors = Array.from(want?.data as Float32Array, (v, i) => Math.abs(v - Number(got?.data[i])));
      expect(Math.max(...errors)).toBeLessThanOrEqual(allowed);
    });
  });

  test.each(models.filter((name) => !/dynamic|u8_weights/.test(name)))(
    '%s leaves nothing in float',
    (name) => {
      const graph = lowerForKernels(optimize(readOnnx(readFileSync(join(folder, name)))));
      const left = [...graph.nodes()].map(({ op }) => op).filter((op) => !onIntegers.test(op));
      expect(left).toEqual([]);
    },
  );
});
