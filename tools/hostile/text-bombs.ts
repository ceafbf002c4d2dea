import { chain, type GraphSpec, type NodeSpec, range, times } from './onnx-of.ts';

const doubling = (size: string, count: number): GraphSpec => ({
  inputs: { c0: [size] },
  outputs: { [`c${count}`]: null },
  nodes: times(count, (i): NodeSpec => [`c${i + 1} = Concat c${i} c${i}`, { axis: 0 }]),
});

/** Two nodes with these names for the input, what is between, and the output. */
const named = (x: string, t: string, y: string, sizes: readonly (number | string)[] = [1, 4]): GraphSpec => ({
  inputs: { [x]: sizes },
  outputs: { [y]: null },
  nodes: [
    { op: 'Relu', inputs: [x], outputs: [t] },
    { op: 'Sigmoid', inputs: [t], outputs: [y] },
  ],
});

const sized = (size: string): GraphSpec => ({
  inputs: { x: [size, 4] },
  nodes: ['t = Relu x', ['y = Concat t t', { axis: 0 }]],
});

/** Small files whose names, symbols or formulas grow. */
export const textBombs: Readonly<Record<string, () => GraphSpec>> = {
  'symbolic-doubling': () => doubling('N', 60),
  'symbolic-long-name': () => doubling('N'.repeat(200000), 200),
  'symbolic-conv-doubling': () => ({
    inputs: { x: ['N', 'C', 'H', 'W'] },
    nodes: chain(200, () => ['MaxPool @', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }]),
  }),
  'symbolic-reshape-doubling': () => ({
    inputs: { t0: ['N', 'M'] },
    outputs: { t100: null },
    nodes: range(100).flatMap((i): NodeSpec[] => [
      [`f${i} = Flatten t${i}`, { axis: 0 }],
      `g${i} = Transpose f${i}`,
      [`t${i + 1} = Concat g${i} g${i}`, { axis: 1 }],
    ]),
  }),
  'symbolic-pads': () => ({
    inputs: { x: ['N'] },
    ints: { p: [1, 0], q: [0, -1] },
    nodes: chain(5000, (i) => `Pad @ ${i % 2 ? 'q' : 'p'}`),
  }),
  'symbolic-many': () => ({
    inputs: { x: times(2000, (i) => `n${i}`) },
    nodes: [
      ['f = Flatten x', { axis: 0 }],
      ['y = Concat f f', { axis: 1 }],
    ],
  }),
  'symbol-parens': () => sized(`${'('.repeat(40000)}n${')'.repeat(40000)}`),
  'symbol-plus': () => sized(`n${'+1'.repeat(20000)}`),
  'names-40k': () => named('x'.repeat(40000), 't'.repeat(40000), 'y'.repeat(40000)),
  'names-signs': () => named('-'.repeat(40000), '*/'.repeat(20000), `${'_'.repeat(40000)}!`),
  'names-digits': () =>
    named('1'.repeat(40000), '_0'.repeat(20000), `${' '.repeat(40000)}z`, ['_1'.repeat(20000), 4]),
  'names-quotes': () => named('"\\'.repeat(20000), '\u0000'.repeat(40000), '\n'.repeat(40000)),
};
