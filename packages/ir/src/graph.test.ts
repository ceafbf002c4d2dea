import { expect, test } from 'vitest';
import { Graph } from './graph.ts';
import type { Node, Value } from './node.ts';
import { printGraph } from './print-graph.ts';
import { f32 } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

const type: TensorType = { dtype: 'f32', shape: [2] };

/** x -> a -> b -> out, with a constant that b adds. */
function chain(): { graph: Graph; x: Value; k: Value; a: Node; b: Node } {
  const graph = new Graph('chain');
  const x = graph.addInput('x', type);
  const k = graph.addConstant('k', f32([2], [1, 2]));
  const a = graph.add({ op: 'relu', inputs: [x], types: [type], names: ['a'], origin: ['Relu_1'] });
  const b = graph.add({ op: 'add', inputs: [a.output, k], types: [type], names: ['b'] });
  graph.addOutput('out', b.output);
  return { graph, x, k, a, b };
}

const order = (graph: Graph): string[] => [...graph.nodes()].map((node) => node.output.name);

/** The order backwards, through `previous`. */
function reversed(graph: Graph): string[] {
  const names: string[] = [];
  for (let node = graph.last; node; node = node.previous) names.push(node.output.name);
  return names.reverse();
}

test('use lists hold each user once', () => {
  const { graph, x, a, b, k } = chain();
  expect([...x.users]).toEqual([a]);
  expect([...a.output.users]).toEqual([b]);
  const square = graph.add({ op: 'mul', inputs: [x, x], types: [type] });
  expect([...x.users]).toEqual([a, square]);
  expect([...k.users]).toEqual([b]);
  expect(square.output.producer).toBe(square);
  expect(x.producer).toBeNull();
});

test('names are made unique', () => {
  const { graph } = chain();
  expect(graph.addInput('x', type).name).toBe('x_1');
  expect(graph.addConstant('x', f32([], [1])).name).toBe('x_2');
  expect(graph.addInput('', type).name).toBe('v');
  expect(graph.addInput('', type).name).toBe('v_1');
  expect(graph.add({ op: 'relu', inputs: [], types: [type] }).output.name).toBe('relu');
});

test('the name of a removed node is free again', () => {
  const { graph, x } = chain();
  graph.remove(graph.add({ op: 'neg', inputs: [x], types: [type], names: ['n'] }));
  expect(graph.add({ op: 'neg', inputs: [x], types: [type], names: ['n'] }).output.name).toBe('n');
});

test('nodes go before an anchor and move', () => {
  const { graph, x, a, b } = chain();
  const n = graph.add({ op: 'neg', inputs: [x], types: [type], names: ['n'], before: a });
  expect(order(graph)).toEqual(['n', 'a', 'b']);
  graph.move(n, b);
  expect(order(graph)).toEqual(['a', 'n', 'b']);
  graph.move(n, n);
  graph.move(n, null);
  expect(order(graph)).toEqual(['a', 'b', 'n']);
  graph.move(n, a);
  expect(order(graph)).toEqual(['n', 'a', 'b']);
  expect(reversed(graph)).toEqual(order(graph));
  expect(graph.nodeCount).toBe(3);
});

test('replaceAllUses takes users and graph outputs along', () => {
  const { graph, a, b, x } = chain();
  graph.replaceAllUses(a.output, x);
  expect(b.inputs[0]).toBe(x);
  expect(a.output.users.size).toBe(0);
  graph.replaceAllUses(b.output, a.output);
  expect(graph.outputs.map(({ name, value }) => [name, value])).toEqual([['out', a.output]]);
});

test('replaceInput changes every place of one node, and no node that does not read the value', () => {
  const { graph, x, a, b, k } = chain();
  const square = graph.add({ op: 'mul', inputs: [x, x], types: [type] });
  graph.replaceInput(square, x, k);
  expect(square.inputs).toEqual([k, k]);
  expect([...x.users]).toEqual([a]);
  graph.replaceInput(b, x, k);
  expect([...k.users]).toEqual([b, square]);
  graph.replaceInput(a, k, x);
  expect([...x.users]).toEqual([a]);
  graph.replaceInput(a, x, null);
  expect(a.inputs).toEqual([null]);
  expect(x.users.size).toBe(0);
});

test('only unused nodes and constants are removed', () => {
  const { graph, a, b, k, x } = chain();
  expect(() => graph.remove(a)).toThrow('%a is still used\n  at Relu_1 (relu)');
  expect(() => graph.remove(b)).toThrow('%b is still used');
  expect(() => graph.removeConstant(k)).toThrow('%k is still used');
  graph.replaceAllUses(b.output, x);
  graph.remove(b);
  graph.remove(a);
  graph.removeConstant(k);
  expect([graph.first, graph.last, graph.nodeCount, graph.constants.size]).toEqual([null, null, 0, 0]);
  expect(x.users.size).toBe(0);
});

test('a node is removed once, and serves as no anchor afterwards', () => {
  const { graph, a, x } = chain();
  const n = graph.add({ op: 'neg', inputs: [x], types: [type], names: ['n'] });
  graph.remove(n);
  expect(() => graph.remove(n)).toThrow('ir/not-in-graph');
  expect(() => graph.move(n, null)).toThrow('ir/not-in-graph');
  expect(() => graph.move(a, n)).toThrow('ir/not-in-graph');
  expect(() => graph.add({ op: 'neg', inputs: [x], types: [type], before: n })).toThrow('ir/not-in-graph');
  expect(order(graph)).toEqual(['a', 'b']);
});

test('the current node may be removed while iterating', () => {
  const { graph, b, x } = chain();
  graph.replaceAllUses(b.output, x);
  const seen: string[] = [];
  for (const node of graph.nodes()) {
    seen.push(node.output.name);
    if (node.output.users.size === 0) graph.remove(node);
  }
  expect(seen).toEqual(['a', 'b']);
  expect(order(graph)).toEqual(['a']);
});

test('a clone prints the same and shares only tensors', () => {
  const { graph, k, b, x } = chain();
  const before = printGraph(graph).text;
  const copy = graph.clone();
  expect(printGraph(copy).text).toBe(before);
  const [constant] = [...copy.constants];
  expect(constant).not.toBe(k);
  expect(constant?.constant).toBe(k.constant);
  copy.replaceAllUses(copy.outputs[0]?.value as Value, copy.inputs[0] as Value);
  expect(printGraph(graph).text).toBe(before);
  expect(b.output.users.size).toBe(0);
  expect([...x.users].every((user) => [...graph.nodes()].includes(user))).toBe(true);
});

test('a clone of a graph in the wrong order is refused', () => {
  const { graph, a } = chain();
  graph.move(a, null);
  expect(() => graph.clone()).toThrow('%a is used before it is defined');
});

test('a node without results has no output', () => {
  const { graph } = chain();
  const sink = graph.add({ op: 'sink', inputs: [], types: [] });
  expect(() => sink.output).toThrow('sink has no output');
});

type Sample = ReturnType<typeof chain>;

/** Every method that changes a graph, and the setter of an output. */
const changes: Readonly<Record<string, (sample: Sample) => void>> = {
  addInput: ({ graph }) => graph.addInput('z', type),
  setInputs: ({ graph }) => graph.setInputs(graph.inputs),
  addConstant: ({ graph }) => graph.addConstant('c', f32([2], [3, 4])),
  addOutput: ({ graph, a }) => graph.addOutput('more', a.output),
  removeOutputs: ({ graph }) => graph.removeOutputs(),
  add: ({ graph, x }) => graph.add({ op: 'relu', inputs: [x], types: [type] }),
  replaceAllUses: ({ graph, a, x }) => graph.replaceAllUses(a.output, x),
  setType: ({ graph, x }) => graph.setType(x, { dtype: 'f16', shape: [2] }),
  replaceInput: ({ graph, a, b, x }) => graph.replaceInput(b, a.output, x),
  remove: ({ graph, x }) => graph.remove(graph.add({ op: 'relu', inputs: [x], types: [type] })),
  removeConstant: ({ graph }) => graph.removeConstant(graph.addConstant('c', f32([2], [3, 4]))),
  move: ({ graph, b, a }) => graph.move(b, a),
  setAttrs: ({ graph, a }) => graph.setAttrs(a, { axis: 1 }),
  setPart: ({ graph, a }) => graph.setPart(a, { whole: {}, index: 0 }),
  rename: ({ graph, a }) => graph.rename(new Map([[a.output, 'renamed']])),
  renameOutput: ({ graph }) => {
    for (const output of graph.outputs) graph.renameOutput(output, 'renamed');
  },
  output: ({ graph, a }) => {
    for (const output of graph.outputs) output.value = a.output;
  },
};

test.each(Object.entries(changes))('%s counts as an edit', (_, change) => {
  const sample = chain();
  const before = sample.graph.edits;
  change(sample);
  expect(sample.graph.edits).toBeGreaterThan(before);
});

test('no method that changes a graph is left out above', () => {
  const changing = Object.keys(changes).filter((name) => name !== 'output');
  const asking = ['constructor', 'first', 'last', 'nodeCount', 'edits', 'nodes', 'has', 'isOutput', 'clone'];
  expect(Object.getOwnPropertyNames(Graph.prototype).sort()).toEqual([...changing, ...asking].sort());
});

test('types leave no way round the count', () => {
  const never = ({ graph, x, a, b }: Sample): void => {
    // @ts-expect-error: changes by `setType`
    x.type = type;
    // @ts-expect-error: changes by `add`
    x.producer = a;
    // @ts-expect-error: changes by `add` and `replaceInput`
    x.users.clear();
    // @ts-expect-error: changes by `replaceInput`
    a.inputs[0] = null;
    // @ts-expect-error: stays
    a.attrs = {};
    // @ts-expect-error: stays
    a.attrs.alpha = 1;
    // @ts-expect-error: changes by `move`
    a.next = b;
    // @ts-expect-error: changes by `move`
    graph.first = b;
    // @ts-expect-error: changes by `addInput`
    graph.inputs.push(x);
    // @ts-expect-error: changes by `addOutput` and `removeOutputs`
    graph.outputs.pop();
    // @ts-expect-error: changes by `addConstant` and `removeConstant`
    graph.constants.clear();
    // @ts-expect-error: counts by itself
    graph.edits = 0;
  };
  expect(never).toBeTypeOf('function');
});
