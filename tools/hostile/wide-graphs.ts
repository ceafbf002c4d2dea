import { chain, type GraphSpec, names, numbered, range, times, valuesOf } from './onnx-of.ts';

const four = { inputs: { x: [1, 4] } };
const same = (n: number): string => Array(n).fill('x').join(' ');

/** Graphs of n outputs, inputs or branches. */
export const wideGraphs: Readonly<Record<string, (n: number) => GraphSpec>> = {
  outputs: (n) => ({
    ...four,
    outputs: valuesOf('y', n, [1, 4]),
    nodes: times(n, (i) => `y${i} = Sigmoid x`),
  }),
  'same-outputs-of-op': (n) => ({
    ...four,
    outputs: valuesOf('y', n, [1, 4]),
    nodes: ['s = Sigmoid x', ...times(n, (i) => [`y${i} = Softmax s`, { axis: i % 2 }] as const)],
  }),
  'different-outputs': (n) => ({
    ...four,
    floats: numbered('c', n),
    outputs: valuesOf('y', n, [1, 4]),
    nodes: ['s = Sigmoid x', ...times(n, (i) => `y${i} = Add s c${i}`)],
  }),
  'branches-concat': (n) => ({
    ...four,
    floats: numbered('c', n),
    nodes: [
      's = Sigmoid x',
      ...times(n, (i) => `b${i} = Add s c${i}`),
      [`y = Concat ${names('b', n)}`, { axis: 1 }],
    ],
  }),
  'branches-sum': (n) => ({
    ...four,
    floats: numbered('c', n),
    nodes: [...times(n, (i) => `b${i} = Mul x c${i}`), `y = Sum ${names('b', n)}`],
  }),
  'sum-same': (n) => ({ ...four, nodes: [`y = Sum ${same(n)}`] }),
  'max-same': (n) => ({ ...four, nodes: [`y = Max ${same(n)}`] }),
  'concat-same': (n) => ({ ...four, nodes: [[`y = Concat ${same(n)}`, { axis: 1 }]] }),
  'concat-constants': (n) => ({
    floats: numbered('c', n),
    nodes: [[`y = Concat x ${names('c', n)}`, { axis: 0 }]],
  }),
  'concat-inputs': (n) => ({
    inputs: valuesOf('x', n, [1, 2]),
    nodes: [[`y = Concat ${names('x', n)}`, { axis: 1 }]],
  }),
  'sum-inputs': (n) => ({ inputs: valuesOf('x', n, [1, 2]), nodes: [`y = Sum ${names('x', n)}`] }),
  split: (n) => ({
    inputs: { x: [1, n] },
    opset: 11,
    outputs: valuesOf('y', n, [1, 1]),
    nodes: [[`${names('y', n)} = Split x`, { axis: 1, split: Array(n).fill(1) }]],
  }),
  initializers: (n) => ({
    floats: numbered('c', n),
    nodes: chain(n, (i) => `${i % 2 ? 'Mul' : 'Max'} @ c${i}`),
  }),
  'unused-initializers': (n) => ({ ...four, floats: numbered('c', n), nodes: ['y = Relu x'] }),
  'dead-nodes': (n) => ({ ...four, nodes: ['y = Relu x', ...times(n, (i) => `d${i} = Sigmoid x`)] }),
  'unused-inputs': (n) => ({ inputs: { x: [1, 4], ...valuesOf('u', n, [1]) }, nodes: ['y = Relu x'] }),
  attributes: (n) => ({
    ...four,
    nodes: [['y = Relu x', Object.fromEntries(times(n, (i) => [`a${i}`, i]))]],
  }),
  rank: (n) => ({ inputs: { x: Array(n).fill(1) }, nodes: ['y = Relu x'] }),
  ladder: (n) => ({
    inputs: { a0: [1, 4], b0: [1, 4] },
    nodes: [
      ...range(n >> 1).flatMap((i) => [`a${i + 1} = Add a${i} b${i}`, `b${i + 1} = Mul a${i} b${i}`]),
      `y = Sub a${n >> 1} b${n >> 1}`,
    ],
  }),
  'deep-skip': (n) => ({
    ...four,
    nodes: [
      ...times(n, (i) => `a${i} = Sigmoid ${i ? `a${i - 1}` : 'x'}`),
      [`y = Concat ${names('a', n)}`, { axis: 1 }],
    ],
  }),
};
