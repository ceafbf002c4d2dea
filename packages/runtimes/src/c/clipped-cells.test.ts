import { runEach, seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { itemAt, parseGraph, toNumbers, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { cRuntime } from '../runtime-table.ts';
import { linearCases } from '../wgsl/wgsl-kernel-cases.ts';

const text = itemAt(
  Object.entries(linearCases).filter(([name]) => name === 'lstmClipped'),
  0,
)[1];
const graphOf = (source: string) => {
  const graph = parseGraph(source, { registry });
  verify(graph, registry);
  return graph;
};

/** ONNX cannot write these, so that no case of the suite has them. */
test('C limits the cells of an LSTM after each step', async () => {
  const graph = graphOf(text);
  const { inputs } = itemAt(seededSamples(graph, 1), 0);
  const [found] = await runEach(cRuntime('host').prepare(graph), [inputs]);
  const expected = interpret(graph, inputs);
  const plain = interpret(graphOf(text.replace(', cell_clip=0.4', '')), inputs);
  const differences = [...expected].map(([name, tensor]) => {
    const want = Array.from(toNumbers(tensor), Number);
    const got = Array.from(toNumbers(itemAt([found?.get(name)], 0) ?? tensor), Number);
    return Math.max(...want.map((value, i) => Math.abs(value - (got[i] ?? Number.NaN))));
  });
  expect(Math.max(...differences)).toBeLessThan(1e-6);
  expect(plain).not.toEqual(expected);
});
