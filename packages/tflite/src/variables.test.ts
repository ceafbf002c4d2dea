import { f32 } from '@ghostc/ir';
import { evaluateGraph } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { encodeTflite, type OperatorSpec, type TensorSpec } from './encode-model.ts';
import { AddOptions } from './generated/add-options.ts';
import { VarHandleOptions } from './generated/var-handle-options.ts';
import { readTflite } from './read-tflite.ts';

const handle = (output: number, name: string): OperatorSpec => ({
  code: 'VAR_HANDLE',
  inputs: [],
  outputs: [output],
  options: {
    kind: 'VarHandleOptions',
    write: (b) => VarHandleOptions.createVarHandleOptions(b, b.createString(''), b.createString(name)),
  },
});
const add = (inputs: number[], output: number): OperatorSpec => ({
  code: 'ADD',
  inputs,
  outputs: [output],
  options: { kind: 'AddOptions', write: (b) => AddOptions.createAddOptions(b, 0, true) },
});
const numbers = (name: string): TensorSpec => ({ name, shape: [2], type: 'FLOAT32' });
const resource = (name: string): TensorSpec => ({ name, shape: [1], type: 'RESOURCE' });

/** y = x + total, total = y, y2 = y + total: what is read after an assignment is what was assigned. */
const accumulator = encodeTflite({
  tensors: [
    numbers('x'),
    resource('a'),
    resource('b'),
    ...['before', 'y', 'after', 'y2'].map((name) => numbers(name)),
  ],
  operators: [
    { code: 'CALL_ONCE', inputs: [], outputs: [] },
    handle(1, 'total'),
    handle(2, 'total'),
    { code: 'READ_VARIABLE', inputs: [1], outputs: [3] },
    add([0, 3], 4),
    { code: 'ASSIGN_VARIABLE', inputs: [2, 4], outputs: [] },
    { code: 'READ_VARIABLE', inputs: [1], outputs: [5] },
    add([4, 5], 6),
  ],
  inputs: [0],
  outputs: [6],
});

test('a variable is an input and an output, whatever its handle', () => {
  const graph = readTflite(accumulator);
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'total']);
  expect(graph.outputs.map(({ name }) => name)).toEqual(['y2', 'total_next']);
  const [y, total] = evaluateGraph(graph, [f32([2], [1, 2]), f32([2], [10, 20])]);
  expect([...(y?.data ?? [])]).toEqual([22, 44]);
  expect([...(total?.data ?? [])]).toEqual([11, 22]);
});

test('a handle that nothing opened is refused', () => {
  const bytes = encodeTflite({
    tensors: [numbers('x'), resource('a'), numbers('y')],
    operators: [{ code: 'READ_VARIABLE', inputs: [1], outputs: [2] }],
    inputs: [0],
    outputs: [2],
  });
  expect(() => readTflite(bytes)).toThrow(/tensor 1 is no handle of a variable/);
});
