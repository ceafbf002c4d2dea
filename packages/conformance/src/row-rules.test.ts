import { interpret } from '@ghostc/interpreter';
import { Graph, type Node, type RowRule, type RowWindow, type Tensor, type Value } from '@ghostc/ir';
import { buildNode, rowRuleOf } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { caseGraph } from './conform.ts';
import { seededInputs } from './seeded-inputs.ts';
import { allSuites } from './suites/index.ts';
import { quantizedSuites } from './suites/quantized.ts';

/** Rows from `first` on of [1,C,H,W], those outside the image filled. */
function rowsOf(tensor: Tensor, first: number, { size, pad }: RowWindow): Tensor {
  const [, channels = 1, height = 1, width = 1] = tensor.shape;
  const data = tensor.data.slice(0, 0).constructor as new (length: number) => Float64Array;
  const out = new data(channels * size * width);
  const of = tensor.data as unknown as Float64Array;
  for (let c = 0; c < channels; c++)
    for (let r = 0; r < size; r++)
      for (let x = 0; x < width; x++) {
        const row = first + r;
        const inside = row >= 0 && row < height;
        out[(c * size + r) * width + x] = inside
          ? (of[(c * height + row) * width + x] as number)
          : ((typeof of[0] === 'bigint' ? BigInt(pad) : pad) as number);
      }
  return { ...tensor, data: out as unknown as Tensor['data'], shape: [1, channels, size, width] };
}

/** One op on given inputs. */
function run(node: Node, tensors: readonly (Tensor | null)[], attrs: RowRule['attrs']): Tensor {
  const graph = new Graph();
  const inputs = node.inputs.map((value, i) => {
    const tensor = tensors[i];
    if (!value || !tensor) return null;
    if (value.constant) return graph.addConstant(`c${i}`, tensor);
    return graph.addInput(`x${i}`, { ...value.type, shape: [...tensor.shape] });
  });
  graph.addOutput('y', buildNode(graph, { op: node.op, inputs, attrs }).output);
  const given = new Map(graph.inputs.map(({ name }) => [name, tensors[Number(name.slice(1))] as Tensor]));
  return interpret(graph, given).get('y') as Tensor;
}

function tensorsOf(node: Node, known: ReadonlyMap<string, Tensor>): (Tensor | null)[] | null {
  const tensors = node.inputs.map((value: Value | null) =>
    value ? (value.constant ?? known.get(value.name)) : null,
  );
  return tensors.includes(undefined as never) ? null : (tensors as (Tensor | null)[]);
}

test('what is computed row by row is what is computed at once, for every op that says it can be', () => {
  const seen = new Set<string>();
  for (const one of [...allSuites, ...quantizedSuites].flatMap(({ cases }) => cases)) {
    const graph = caseGraph(one);
    const rules = [...graph.nodes()].map((node) => ({ node, rule: rowRuleOf(node) }));
    if (!rules.some(({ rule }) => rule)) continue;
    const known = new Map(seededInputs(graph, 7));
    for (const { node, rule } of rules) {
      const tensors = tensorsOf(node, known);
      if (!tensors || node.outputs.length > 1) continue;
      const whole = run(node, tensors, node.attrs);
      known.set(node.output.name, whole);
      if (!rule) continue;
      seen.add(node.op);
      for (let row = 0; row < Number(whole.shape[2]); row++) {
        const parts = tensors.map((tensor, i) => {
          const window = rule.windows[i];
          return tensor && window ? rowsOf(tensor, row * window.stride - window.before, window) : tensor;
        });
        expect(run(node, parts, rule.attrs).data, `${one.name}: row ${row} of ${node.op}`).toEqual(
          rowsOf(whole, row, { size: 1, stride: 1, before: 0, pad: 0 }).data,
        );
      }
    }
  }
  expect(seen.size).toBeGreaterThan(14);
});
