import { emitOnnx } from '@ghostc/backend-onnx';
import { type ConformanceCase, caseGraph, quantizedSuites, seededSamples, suites } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { entryOf, type Graph } from '@ghostc/ir';
import type { ConformanceTest } from './onnx-tests.ts';

/** The cases of packages/conformance, with the interpreter's outputs for two seeds; float cases as ONNX, too. */
export function suiteTests(selected: (name: string) => boolean): ConformanceTest[] {
  const wanted = (one: ConformanceCase): boolean => selected(nameOf(one));
  const cases = suites.flatMap((suite) => suite.cases).filter(wanted);
  const quantized = quantizedSuites.flatMap((suite) => suite.cases).filter(wanted);
  return [
    ...cases.map((one) => {
      const test = suiteTest(one);
      return { ...test, model: emitOnnx(test.graph) };
    }),
    ...quantized.map(suiteTest),
  ];
}

const nameOf = ({ name }: ConformanceCase): string => `ghostc/${name}`;

function suiteTest(one: ConformanceCase): ConformanceTest & { readonly graph: Graph } {
  const graph = caseGraph(one);
  const sets = seededSamples(graph, 2).map(({ inputs }) => {
    const outputs = interpret(graph, inputs);
    return {
      inputs: graph.inputs.map(({ name }) => entryOf(inputs, name)),
      outputs: graph.outputs.map(({ name }) => entryOf(outputs, name)),
    };
  });
  return { name: nameOf(one), graph, sets };
}
