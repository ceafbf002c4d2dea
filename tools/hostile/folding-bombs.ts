import { type GraphSpec, type NodeSpec, names, numbered, range, times } from './onnx-of.ts';

/** x plus the largest element of `value`, which does not depend on x. */
const plusLargest = (value: string): NodeSpec[] => [`m = ReduceMax ${value}`, 'y = Add x m'];

const doubling = (count: number): NodeSpec[] =>
  times(count, (i): NodeSpec => [`c${i + 1} = Concat c${i} c${i}`, { axis: 0 }]);

/** A constant of zeros, and a chain of nodes on it. */
const filled = (sizes: readonly number[], ...nodes: readonly NodeSpec[]): GraphSpec => ({
  ints: { s: sizes },
  nodes: ['c = ConstantOfShape s', ...nodes],
});

const outer = (size: number, op: string): GraphSpec => ({
  ints: { s: [size, 1], t: [1, size] },
  nodes: ['c = ConstantOfShape s', 'd = ConstantOfShape t', `e = ${op} c d`, ...plusLargest('e')],
});

const rangeTo = (end: number): GraphSpec => ({
  nodes: [
    ['a = Constant', { value_int: 0 }],
    ['b = Constant', { value_int: end }],
    ['d = Constant', { value_int: 1 }],
    'r = Range a b d',
    ['f = Cast r', { to: 1 }],
    ...plusLargest('f'),
  ],
});

const letters = (count: number): string[] => times(count, (i) => String.fromCharCode(97 + i));
const square = (pairs: number): string => `${Array(pairs).fill('ij').join(',')}->ij`;

/** Small files whose constants ask for much. */
export const foldingBombs: Readonly<Record<string, () => GraphSpec>> = {
  'concat-doubling-constant': () => ({
    floats: { c0: [1] },
    nodes: [...doubling(40), ...plusLargest('c40')],
  }),
  'concat-doubling-26': () => ({ floats: { c0: [1] }, nodes: [...doubling(26), ...plusLargest('c26')] }),
  'concat-doubling-many': () => ({
    floats: { c0: [1] },
    nodes: [
      ...doubling(20),
      ...times(2000, (i) => `s${i} = Sigmoid ${i ? `s${i - 1}` : 'c20'}`),
      ...plusLargest('s1999'),
    ],
  }),
  'tile-constant': () => ({
    floats: { c: [1] },
    ints: { r: [3e8] },
    nodes: ['t = Tile c r', ...plusLargest('t')],
  }),
  'expand-chain': () => ({
    floats: { c: [1] },
    ints: { s: [2e7] },
    nodes: [
      ...times(40, (i) => `e${i} = Expand c s`),
      ...times(40, (i) => `f${i} = Sigmoid e${i}`),
      `q = Sum ${names('f', 40)}`,
      ...plusLargest('q'),
    ],
  }),
  'constant-of-shape-1e10': () => filled([1e5, 1e5], ...plusLargest('c')),
  'constant-of-shape-64m': () => filled([2 ** 26], ...plusLargest('c')),
  'constant-of-shape-32m': () => filled([2 ** 25], ...plusLargest('c')),
  'constant-of-shape-64m-many': () => ({
    ints: { s: [2 ** 26] },
    nodes: [
      ...times(20, (i) => `c${i} = ConstantOfShape s`),
      ...times(20, (i) => `m${i} = ReduceMax c${i}`),
      `y = Sum x ${names('m', 20)}`,
    ],
  }),
  'constant-of-shape-values': () => ({
    ints: { s: [2 ** 24] },
    nodes: [
      ...times(40, (i) => `c${i} = ConstantOfShape s`),
      ...times(40, (i) => `a${i} = Add ${i ? `a${i - 1}` : 'x'} c${i}`),
      'y = ReduceMax a39',
    ],
  }),
  'constant-of-shape-many': () => ({
    ints: { s: [1e7] },
    nodes: [
      ...times(100, (i) => `c${i} = ConstantOfShape s`),
      ...times(100, (i) => `m${i} = ReduceMax c${i}`),
      `y = Sum x ${names('m', 100)}`,
    ],
  }),
  'weights-32m': () => ({
    inputs: { x: [1, 4096] },
    ints: { s: [4096, 8192] },
    nodes: ['w = ConstantOfShape s', 'y = MatMul x w'],
  }),
  'range-1e9': () => rangeTo(1e9),
  'range-1e8': () => rangeTo(1e8),
  'one-hot-1e9': () => ({
    floats: { v: [0, 1] },
    ints: { i: [5], d: [1e9] },
    nodes: ['o = OneHot i d v', ...plusLargest('o')],
  }),
  'eye-like': () => filled([5e4, 5e4], 'e = EyeLike c', ...plusLargest('e')),
  'matmul-constant': () => filled([3000, 3000], 'd = MatMul c c', 'e = MatMul d c', ...plusLargest('e')),
  'matmul-outer': () => outer(5e4, 'MatMul'),
  'matmul-chain': () => ({
    inputs: { h0: [1, 4000] },
    outputs: { h10: null },
    ints: { s: [4000, 4000] },
    nodes: ['c = ConstantOfShape s', ...times(10, (i) => `h${i + 1} = MatMul h${i} c`)],
  }),
  'shared-matmul': () => ({
    inputs: { h0: [1, 300] },
    outputs: { h2000: null },
    floats: { w: range(90000) },
    nodes: ['m = Reshape w s', ...times(2000, (i) => `h${i + 1} = MatMul h${i} m`)],
    ints: { s: [300, 300] },
  }),
  'shared-convolution': () => ({
    inputs: { h0: [1, 300, 1, 1] },
    outputs: { h2000: null },
    floats: { w: range(90000), ...numbered('k', 2000) },
    ints: { s: [300, 300, 1, 1] },
    nodes: [
      'm = Reshape w s',
      ...times(2000, (i) => `c${i} = Conv h${i} m`),
      ...times(2000, (i) => `h${i + 1} = Mul c${i} k${i}`),
    ],
  }),
  'gather-constant': () =>
    filled([3e4], ['i = Cast c', { to: 7 }], 'd = Add x c', 'e = Gather d i', 'y = ReduceMax e'),
  'broadcast-constant': () => outer(2e4, 'Add'),
  'cumsum-constant': () => ({
    ints: { s: [5e7], a: [0] },
    nodes: ['c = ConstantOfShape s', 'd = CumSum c a', ...plusLargest('d')],
  }),
  'top-k-constant': () => ({
    ints: { s: [2e7], k: [1e4] },
    nodes: ['c = ConstantOfShape s', 'd i = TopK c k', ...plusLargest('d')],
  }),
  'einsum-1e4': () => ({
    inputs: { x: [1, 1] },
    nodes: [[`y = Einsum ${Array(1e4).fill('x').join(' ')}`, { equation: square(1e4) }]],
  }),
  'einsum-outer': () => ({
    inputs: { x: [100] },
    nodes: [
      [
        `y = Einsum ${Array(20).fill('x').join(' ')}`,
        { equation: `${letters(20).join(',')}->${letters(20).join('')}` },
      ],
    ],
  }),
  'einsum-long': () => ({
    inputs: { x: [1, 1] },
    nodes: [['y = Einsum x', { equation: `${' '.repeat(200000)}ij->ij` }]],
  }),
  'function-doubling': () => ({
    functions: range(30).map((i) => ({
      name: `f${i}`,
      nodes: i ? [`t = local.f${i - 1} x`, `y = local.f${i - 1} t`] : ['y = Sigmoid x'],
    })),
    nodes: ['y = local.f29 x'],
  }),
  'function-recursion': () => ({
    functions: [{ name: 'f', nodes: ['t = local.f x', 'y = Sigmoid t'] }],
    nodes: ['y = local.f x'],
  }),
};
