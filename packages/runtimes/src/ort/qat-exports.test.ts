import { lowerForKernels, optimize } from '@ghostc/compiler';
import { compareTensors, exact, runEach, seededInputs } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { entryOf, type Graph, itemAt, toNumbers } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { describe, expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { skipWithout } from '../process/require-tool.ts';
import { createRuntime, originalRuntime } from '../runtime-table.ts';
import { type QatForm, qatExport, qatForms } from '../testing/qat-exports.ts';
import { wgslTools } from '../wgsl/dawn-device.ts';

const seeds = [1, 2, 3];

function integerGraph(form: QatForm): Graph {
  return lowerForKernels(optimize(readOnnx(qatExport(form), { file: `${form}.onnx` })));
}

describe.each(qatForms)('a QAT export, %s', (form) => {
  test('has no layer in float', () => {
    const nodes = [...integerGraph(form).nodes()];
    const left = nodes.filter(
      ({ op, outputs }) => outputs.some(({ type }) => type.dtype === 'f32') && op !== 'dequantize_linear',
    );
    expect(left.map(({ op, output }) => `${op} ${output.name}`)).toEqual([]);
    expect(nodes.filter(({ op }) => op === 'dequantize_linear')).toHaveLength(1);
  });

  test.for(['c', 'wgsl'])('has the same bits in the interpreter and in %s', async (target, context) => {
    skipWithout(target === 'c' ? cDevice('host').tools : wgslTools, target, context);
    const graph = integerGraph(form);
    const inputs = seeds.map((seed) => seededInputs(graph, seed));
    const found = await runEach(createRuntime(target).prepare(graph), inputs);
    inputs.forEach((one, i) => {
      for (const [name, wanted] of interpret(graph, one))
        expect(compareTensors(wanted, found[i]?.get(name), exact)).toMatchObject({ pass: true, worst: -1 });
    });
  });

  test('is what ONNX Runtime computes of it, to a step', async () => {
    const bytes = qatExport(form);
    const graph = readOnnx(bytes, { file: `${form}.onnx` });
    const integers = integerGraph(form);
    const inputs = seeds.map((seed) => seededInputs(graph, seed));
    const theirs = await runEach(originalRuntime(bytes).prepare(graph), inputs);
    // eager: means in the scale of their input are half a step off, and a step is twice as large in seven bits
    const step = 0.05 * (form === 'eager' ? 2 : 1);
    inputs.forEach((one, i) => {
      const [name, wanted] = itemAt([...(theirs[i] ?? [])], 0);
      const got = toNumbers(entryOf(interpret(integers, one), name));
      const errors = Array.from(toNumbers(wanted), (v, k) => Math.abs(v - Number(got[k])) / step);
      expect(Math.max(...errors)).toBeLessThanOrEqual(form === 'eager' ? 2.001 : 1.001);
    });
  });
});
