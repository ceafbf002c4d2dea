import { expect, test } from 'vitest';
import { encodeTflite, type SubgraphSpec, type TensorSpec } from './encode-model.ts';
import { ifElse, whileDo } from './operator-options.ts';
import { readTflite } from './read-tflite.ts';

const x: TensorSpec = { name: 'x', shape: [2], type: 'FLOAT32' };
const y: TensorSpec = { ...x, name: 'y' };
const negative: SubgraphSpec = {
  tensors: [x, y],
  operators: [{ code: 'NEG', inputs: [0], outputs: [1] }],
  inputs: [0],
  outputs: [1],
};

function withBranches(branches: readonly SubgraphSpec[], [taken, other] = [1, 2]): Uint8Array {
  return encodeTflite({
    tensors: [{ name: 'c', shape: [1], type: 'BOOL' }, x, y],
    operators: [{ code: 'IF', inputs: [0, 1], outputs: [2], options: ifElse(taken ?? 1, other ?? 2) }],
    inputs: [0, 1],
    outputs: [2],
    branches,
  });
}

const wide: TensorSpec = { ...y, shape: [3] };
const calling = (index: number): SubgraphSpec => ({
  tensors: [{ name: 'c', shape: [1], type: 'BOOL', data: Uint8Array.of(1) }, x, y],
  operators: [{ code: 'IF', inputs: [0, 1], outputs: [2], options: ifElse(index, index) }],
  inputs: [1],
  outputs: [2],
});

test.each([
  ['other shapes', withBranches([negative, { ...negative, tensors: [x, wide] }]), /\[2\] and FLOAT32\[3\]/],
  [
    'state',
    withBranches([negative, { ...negative, tensors: [x, { ...y, variable: true }] }]),
    /without state/,
  ],
  ['no such subgraph', withBranches([negative]), /there is no subgraph 2, the model has 2/],
  ['another number of inputs', withBranches([negative, { ...negative, inputs: [] }]), /of 1 inputs, found 0/],
  ['too few outputs', withBranches([negative, { ...negative, outputs: [] }]), /has no output 0/],
  ['itself', withBranches([calling(1)], [1, 1]), /subgraph 1 calls itself/],
  [
    'two to the power of 20 copies',
    withBranches([...Array.from({ length: 20 }, (_, k) => calling(k + 2)), negative], [1, 1]),
    /more than 65536 operators/,
  ],
])('a branch with %s is refused', (_, bytes, reason) => {
  expect(() => readTflite(bytes)).toThrow(reason);
});

/** A WHILE whose condition gives its input, c. */
function endless(tensors: readonly TensorSpec[], inputs: readonly number[]): Uint8Array {
  const same: SubgraphSpec = {
    tensors: [{ name: 'c', shape: [1], type: 'BOOL' }],
    operators: [],
    inputs: [0],
    outputs: [0],
  };
  return encodeTflite({
    tensors: [...tensors, { name: 'd', shape: [1], type: 'BOOL' }],
    operators: [{ code: 'WHILE', inputs: [0], outputs: [1], options: whileDo(1, 2) }],
    inputs,
    outputs: [1],
    branches: [same, same],
  });
}

test.each([
  [
    'without end',
    endless([{ name: 'c', shape: [1], type: 'BOOL', data: Uint8Array.of(1) }], []),
    /more than 65536/,
  ],
  ['that an input ends', endless([{ name: 'c', shape: [1], type: 'BOOL' }], [0]), /depends on an input/],
])('a loop %s is refused', (_, bytes, reason) => {
  expect(() => readTflite(bytes)).toThrow(reason);
});
