import { expect, test } from 'vitest';
import { Graph, type NewNode } from './graph.ts';
import type { Node, Value } from './node.ts';
import { f32 } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';
import { toyRegistry } from './toy-registry.ts';
import { verify } from './verify.ts';

const type: TensorType = { dtype: 'f32', shape: [2, 3] };

interface Sample {
  readonly graph: Graph;
  readonly x: Value;
  readonly k: Value;
  readonly add: (node: Partial<NewNode> & Pick<NewNode, 'op'>) => Node;
}

function sample(): Sample {
  const graph = new Graph();
  const x = graph.addInput('x', type);
  const k = graph.addConstant('k', f32([2, 3], [1, 2, 3, 4, 5, 6]));
  return {
    graph,
    x,
    k,
    add: (node) => graph.add({ inputs: [x], types: [type], names: ['y'], ...node }),
  };
}

/** Users that types let nobody change. */
const usersOf = (value: Value): Set<Node> => value.users as Set<Node>;

/** The message of the error, or `fine`. */
function complaint(build: (sample: Sample) => void): string {
  const made = sample();
  build(made);
  try {
    verify(made.graph, toyRegistry);
  } catch (error) {
    return (error as Error).message;
  }
  return 'fine';
}

test('a sound graph passes', () => {
  const found = complaint(({ graph, x, k, add }) => {
    const sum = add({ op: 'add', inputs: [x, k] }).output;
    const joined = add({ op: 'concat', inputs: [sum, x, sum], attrs: { axis: 0 } }).output;
    const wide = add({ op: 'scale', inputs: [joined, null, k], types: [{ ...type, shape: [2, 4] }] }).output;
    graph.addOutput('a', wide);
    graph.addOutput('b', x);
    graph.addOutput('c', k);
  });
  expect(found).toBe('fine');
});

test('types: stated, inferred, and those of the inputs', () => {
  const found = complaint(({ add }) =>
    add({ op: 'relu', types: [{ dtype: 'f32', shape: [2, 4] }], origin: ['Relu_7'] }),
  );
  expect(found).toBe(`error[verify/type]: %y is f32[2,4], inferred f32[2,3]
  at Relu_7 (relu)
  note: %x: f32[2,3]`);
});

test('what inference refuses gains place and notes', () => {
  const found = complaint(({ x, k, add }) => add({ op: 'scale', inputs: [x, k], attrs: { by: -9 } }));
  expect(found).toBe(`error[scale/infer]: by expects at least -3, found -9
  at y (scale)
  note: %x: f32[2,3]
  note: %k: f32[2,3]`);
});

test('number of results', () => {
  expect(complaint(({ add }) => add({ op: 'pair' }))).toContain('pair gives 2 values, found 1');
  expect(complaint(({ add }) => add({ op: 'relu', types: [type, type] }))).toContain(
    'relu gives 1 values, found 2',
  );
});

test('quantisation is part of a type', () => {
  const quant = { scale: [0.5], zeroPoint: [0] };
  expect(complaint(({ add }) => add({ op: 'relu', types: [{ ...type, quant }] }))).toContain(
    '%y is f32[2,3] quant(0.5:0), inferred f32[2,3]',
  );
});

test.each<[string, (sample: Sample) => void, string]>([
  ['unknown op', ({ add }) => add({ op: 'sub' }), 'error[verify/unknown-op]: unknown op sub\n  at y (sub)'],
  ['too few inputs', ({ x, add }) => add({ op: 'add', inputs: [x] }), 'add takes (x, y), found 1 inputs'],
  ['too many inputs', ({ x, add }) => add({ op: 'relu', inputs: [x, x] }), 'relu takes (x), found 2 inputs'],
  ['absent input', ({ x, add }) => add({ op: 'add', inputs: [x, null] }), 'input y of add is required'],
  [
    'absent variadic input',
    ({ x, add }) => add({ op: 'concat', inputs: [x, null], attrs: { axis: 0 } }),
    'is required',
  ],
  [
    'unknown attribute',
    ({ add }) => add({ op: 'relu', attrs: { alpha: 1 } }),
    'error[verify/attribute]: relu has no attribute alpha',
  ],
  [
    'ill-typed attribute',
    ({ add }) => add({ op: 'scale', attrs: { mode: 3 } }),
    'attribute mode of scale expects string, found 3',
  ],
  [
    'missing attribute',
    ({ add }) => add({ op: 'concat' }),
    'attribute axis of concat expects int, found nothing',
  ],
])('%s', (_, build, message) => {
  expect(complaint(build)).toContain(message);
});

test.each<[string, (sample: Sample) => void, string]>([
  [
    'use before definition',
    ({ graph, add }) => {
      const first = add({ op: 'relu' });
      add({ op: 'relu', inputs: [first.output], names: ['z'] });
      graph.move(first, null);
    },
    'error[verify/dominance]: %y is used before it is defined\n  at z (relu)',
  ],
  [
    'value of another graph',
    ({ add }) => add({ op: 'relu', inputs: [new Graph().addInput('w', type)] }),
    '%w is used before it is defined',
  ],
  [
    'missing use',
    ({ x, add }) => usersOf(x).delete(add({ op: 'relu' })),
    'error[verify/use-list]: %x does not list relu as a user',
  ],
  [
    'stale use',
    ({ k, add }) => usersOf(k).add(add({ op: 'relu' })),
    'error[verify/use-list]: %k lists relu as a user, which does not read it',
  ],
  [
    'use by a removed node',
    ({ graph, x, add }) => {
      const node = add({ op: 'relu' });
      graph.remove(node);
      usersOf(x).add(node);
    },
    '%x lists relu as a user, which is not in the graph',
  ],
  [
    'wrong producer',
    ({ add }) => {
      Object.assign(add({ op: 'relu' }).output, { producer: null });
    },
    'error[verify/producer]: %y names another node as its producer',
  ],
  [
    'constant with another type',
    ({ graph, k }) => graph.setType(k, { dtype: 'f32', shape: [6] }),
    'error[verify/constant]: %k is f32[6], its data f32[2,3]',
  ],
  [
    'output from elsewhere',
    ({ graph }) => graph.addOutput('out', new Graph().addInput('w', type)),
    'error[verify/output]: output out returns %w, which is not in the graph',
  ],
  [
    'two outputs of one name',
    ({ graph, x, k }) => {
      graph.addOutput('out', x);
      graph.addOutput('out', k);
    },
    'error[verify/output]: two outputs are called out',
  ],
])('%s', (_, build, message) => {
  expect(complaint(build)).toContain(message);
});
