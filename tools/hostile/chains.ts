import { chain, type GraphSpec, type NodeSpec, range } from './onnx-of.ts';

const four = { inputs: { x: [1, 4] } };
const square = { inputs: { x: [3, 3] } };
const image = { inputs: { x: [1, 1, 4, 4] } };
const views = { a: [2, 2], b: [1, 4] };
const pointwise = { floats: { c: [1.5] }, ints: { s: [1, 1, 1, 1] } };
const makeKernel = 'w = Reshape c s';

/** Long graphs of n nodes. */
export const chains: Readonly<Record<string, (n: number) => GraphSpec>> = {
  relu: (n) => ({ ...four, nodes: chain(n, (i) => (i % 2 ? 'Relu @' : 'Sigmoid @')) }),
  sigmoid: (n) => ({ ...four, nodes: chain(n, () => 'Sigmoid @') }),
  'sigmoid-add': (n) => ({
    ...four,
    floats: { c: [1] },
    nodes: chain(n, (i) => (i % 2 ? 'Add @ c' : 'Sigmoid @')),
  }),
  identity: (n) => ({ ...four, nodes: chain(n, () => 'Identity @') }),
  'add-constant': (n) => ({ ...four, floats: { c: [1] }, nodes: chain(n, () => 'Add @ c') }),
  'mul-constant': (n) => ({
    ...four,
    floats: { c: [1.5] },
    nodes: chain(n, (i) => (i % 2 ? 'Mul @ c' : 'Add @ c')),
  }),
  'add-input': (n) => ({ inputs: { x: [4], z: [4] }, nodes: chain(n, () => 'Add @ z') }),
  reshape: (n) => ({ ...four, ints: views, nodes: chain(n, (i) => (i % 2 ? 'Reshape @ b' : 'Reshape @ a')) }),
  transpose: (n) => ({ ...square, nodes: chain(n, () => ['Transpose @', { perm: [1, 0] }]) }),
  softmax: (n) => ({ ...four, nodes: chain(n, () => ['Softmax @', { axis: 1 }]) }),
  'mixed-views': (n) => ({
    ...four,
    ints: views,
    nodes: chain(n - (n % 4), (i) => ['Reshape @ a', 'Sigmoid @', 'Reshape @ b', 'Sigmoid @'][i % 4] ?? ''),
  }),
  conv: (n) => ({
    ...image,
    ...pointwise,
    nodes: [makeKernel, ...chain(n - 1, (i) => (i % 2 ? 'Relu @' : 'Conv @ w'))],
  }),
  mixed: (n) => ({
    ...image,
    ...pointwise,
    nodes: [
      makeKernel,
      ...chain(
        n - 1,
        (i) =>
          ['Conv @ w', 'Sigmoid @', 'Add @ x', ['MaxPool @', { kernel_shape: [1, 1] }] as const][i % 4] ?? '',
      ),
    ],
  }),
  doubling: (n) => ({ ...four, nodes: chain(n, () => 'Add @ @') }),
  residual: (n) => ({
    ...four,
    nodes: [
      ...range(n >> 1).flatMap((i) => {
        const x = i ? `a${i}` : 'x';
        return [`b${i} = Sigmoid ${x}`, `a${i + 1} = Add ${x} b${i}`];
      }),
      `y = Relu a${n >> 1}`,
    ],
  }),
  symbolic: (n) => ({ inputs: { x: ['N', 4] }, nodes: chain(n, () => 'Sigmoid @') }),
  'symbolic-slice': (n) => ({
    inputs: { x: ['N'] },
    ints: { p: [1, 0] },
    nodes: chain(n, (i) => (i % 2 ? 'Sigmoid @' : 'Pad @ p')),
  }),
  constant: (n) => ({
    inputs: { x: [4] },
    floats: { c: [1, 2, 3, 4] },
    nodes: [...chain(n, () => 'Sigmoid @', ['c', 'k']), 'y = Add x k'],
  }),
  'shape-arithmetic': (n) => ({
    inputs: { x: ['N', 4] },
    ints: { one: [1] },
    nodes: [
      's = Shape x',
      ...chain(n, (i) => (i % 2 ? 'Mul @ one' : 'Add @ one'), ['s', 't']),
      'y = Reshape x t',
    ],
  }),
  'int-constant-cone': (n) => ({
    inputs: { x: [4] },
    ints: { c: [2], m1: [-1] },
    nodes: [
      ...chain(n, () => 'Neg @', ['c', 'k']),
      'ka = Abs k',
      ['s = Concat ka m1', { axis: 0 }],
      'y = Reshape x s',
    ],
  }),
  'if-nested': (n) => ({ ...four, nodes: nestedIf(Math.min(n, 25)) }),
  'function-calls': (n) => ({
    ...four,
    functions: [{ name: 'f', nodes: ['y = Sigmoid x'] }],
    nodes: chain(n, () => 'local.f @'),
  }),
  'function-nested': (n) => ({
    ...four,
    functions: range(n).map((i) => ({
      name: `f${i}`,
      nodes: [i ? `y = local.f${i - 1} x` : 'y = Sigmoid x'],
    })),
    nodes: [`y = local.f${n - 1} x`],
  }),
};

/** A condition in a condition: the file nests as deep. */
function nestedIf(depth: number): readonly NodeSpec[] {
  let nodes: readonly NodeSpec[] = ['y0 = Sigmoid x'];
  for (let i = 1; i <= depth; i++) {
    const then_branch: GraphSpec = { inputs: {}, outputs: { [`y${i - 1}`]: null }, nodes };
    const else_branch: GraphSpec = { inputs: {}, outputs: { [`z${i}`]: null }, nodes: [`z${i} = Relu x`] };
    nodes = [
      [`n${i} = Constant`, { value_int: i }],
      [`c${i} = Cast n${i}`, { to: 9 }],
      [`y${i} = If c${i}`, { then_branch, else_branch }],
    ];
  }
  return [...nodes, `y = Relu y${depth}`];
}
