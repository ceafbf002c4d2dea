import { type GraphSpec, type NodeSpec, range, times } from './onnx-of.ts';

const image = (size: number): GraphSpec['inputs'] => ({ x: [1, 1, size, size] });
const tiny = image(4);

/** A convolution with a kernel of zeros. */
const convOf = (
  sizes: readonly number[],
  kernel: readonly number[],
  attributes: Record<string, readonly number[]> = {},
): GraphSpec => ({
  inputs: { x: sizes },
  ints: { s: kernel },
  nodes: ['w = ConstantOfShape s', ['y = Conv x w', attributes]],
});

/** Two convolutions with kernels of zeros. */
const twoConvs = (
  sizes: readonly number[],
  [first, second]: readonly [readonly number[], readonly number[]],
): GraphSpec => ({
  inputs: { x: sizes },
  ints: { s: first, t: second },
  nodes: ['w = ConstantOfShape s', 'v = ConstantOfShape t', 'h = Conv x w', 'y = Conv h v'],
});

const resizeTo = (
  sizes: readonly number[],
  mode: string,
  from: readonly number[] = [1, 1, 4, 4],
): GraphSpec => ({
  inputs: { x: from },
  ints: { s: sizes },
  nodes: [['y = Resize x _ _ s', { mode }]],
});

const padTo = (columns: number, mode = 'constant'): GraphSpec => ({
  inputs: { x: [1, 4] },
  ints: { p: [0, 0, 0, columns] },
  nodes: [['y = Pad x p', { mode }]],
});

/** Small files whose activations, kernels or tables are huge. */
export const sizeBombs: Readonly<Record<string, () => GraphSpec>> = {
  'concat-doubling-input': () => ({
    inputs: { c0: [4] },
    nodes: [
      ...times(40, (i): NodeSpec => [`c${i + 1} = Concat c${i} c${i}`, { axis: 0 }]),
      'y = ReduceMean c40',
    ],
  }),
  'tile-1e9': () => ({ inputs: { x: [4] }, ints: { r: [1e9] }, nodes: ['y = Tile x r'] }),
  'tile-tile': () => ({
    inputs: { t0: [4] },
    ints: { r: [1000] },
    nodes: [...times(6, (i) => `t${i + 1} = Tile t${i} r`), 'y = ReduceMax t6'],
  }),
  'expand-1e10': () => ({ ints: { s: [1e5, 1e5] }, nodes: ['y = Expand x s'] }),
  'pad-1e10': () => padTo(1e10),
  'pad-1e10-edge': () => padTo(1e10, 'edge'),
  'pad-2e8': () => padTo(2e8),
  'pad-back': () => ({
    inputs: { x: [1, 4] },
    ints: { p: [0, 0, 0, 2e8], q: [0, 0, 0, -2e8] },
    nodes: ['t = Pad x p', 'y = Pad t q'],
  }),
  'upsample-1e6': () => resizeTo([1, 1, 4e6, 4e6], 'nearest'),
  'upsample-wide': () => resizeTo([1, 1, 4, 4e6], 'linear'),
  'upsample-table': () => {
    const { nodes, ...resize } = resizeTo([1, 1, 1, 1e8], 'cubic', [1, 1, 1, 1]);
    return { ...resize, outputs: { m: null }, nodes: [...nodes, 'm = ReduceMean y'] };
  },
  'conv-1e6': () => convOf([1, 1, 1000, 1000], [1, 1, 1000, 1000]),
  'conv-1e7-same': () => convOf([1, 1, 64, 64], [1, 1, 3001, 3001], { pads: [1500, 1500, 1500, 1500] }),
  'conv-transpose-stride': () => ({
    inputs: image(64),
    ints: { s: [1, 1, 3, 3] },
    nodes: ['w = ConstantOfShape s', ['y = ConvTranspose x w', { strides: [1e5, 1e5] }]],
  }),
  'conv-dilation-1e6': () => convOf([1, 1, 3, 4e6], [1, 1, 1, 3], { dilations: [1, 1e6] }),
  'conv-dynamic-1e6': () => ({
    inputs: { ...image(1000), w: [1, 1, 1000, 1000] },
    nodes: ['y = Conv x w'],
  }),
  'conv-channels-1e6': () => convOf([1, 1e6, 1, 1], [1, 1e6, 1, 1]),
  'conv-2-channels-1e5': () =>
    twoConvs(
      [1, 1, 8, 8],
      [
        [1e5, 1, 1, 1],
        [1, 1e5, 1, 1],
      ],
    ),
  'conv-compose-1e4': () =>
    twoConvs(
      [1, 1e4, 2, 2],
      [
        [1, 1e4, 1, 1],
        [1e4, 1, 1, 1],
      ],
    ),
  'conv-compose-kernels': () =>
    twoConvs(
      [1, 1, 4000, 4000],
      [
        [1, 1, 1500, 1500],
        [1, 1, 1500, 1500],
      ],
    ),
  'pool-1e6': () => ({ inputs: image(1000), nodes: [['y = MaxPool x', { kernel_shape: [1000, 1000] }]] }),
  'pool-unit-1e9': () => ({
    inputs: tiny,
    nodes: [['y = MaxPool x', { kernel_shape: [1e9, 1e9], pads: [5e8, 5e8, 5e8, 5e8] }]],
  }),
  'broadcast-add': () => ({ inputs: { x: [1e5, 1], z: [1, 1e5] }, nodes: ['y = Add x z'] }),
  'dims-product': () => ({ inputs: { x: Array(6).fill(2e9) }, nodes: ['y = Relu x'] }),
  'dims-huge': () => ({ inputs: { x: [1, 2 ** 53] }, nodes: ['y = Relu x'] }),
  'dims-4e8': () => ({ inputs: { x: [4e8] }, nodes: ['y = Sigmoid x'] }),
  // as much as may be made in one run and in many
  'dims-32m': () => ({ ints: { s: [32e6] }, inputs: { x: [1] }, nodes: ['y = Expand x s'] }),
  'dims-4m': () => ({ inputs: { x: [4e6] }, nodes: [['y = ReduceMax x', { axes: [0] }]] }),
  'dims-16m': () => ({
    inputs: { x: [2] },
    ints: { s: [16e3, 1000] },
    nodes: ['e = Expand x s', ['y = ReduceMax e', { axes: [0] }]],
  }),
  'dims-2m': () => ({ inputs: { x: [18e5] }, nodes: ['y = Sigmoid x'] }),
  'dims-zero': () => ({ inputs: { x: [0, 1e9] }, nodes: ['y = Relu x'] }),
  'reshape-many-dims': () => ({
    inputs: { x: [4] },
    ints: { s: [4, ...Array(10000).fill(1)] },
    nodes: ['y = Reshape x s'],
  }),
  'slice-many-axes': () => ({
    inputs: { x: [4] },
    ints: { a: Array(50000).fill(0) },
    nodes: ['y = Slice x a a a'],
  }),
  'top-k-input': () => ({
    inputs: { x: [1e5] },
    outputs: { y: null, i: null },
    ints: { k: [1e5] },
    nodes: ['y i = TopK x k'],
  }),
  'matmul-inputs': () => ({ inputs: { x: [2e4, 2e4], z: [2e4, 2e4] }, nodes: ['y = MatMul x z'] }),
  'softmax-chain-1e7': () => ({
    inputs: { s0: [1, 1e7] },
    outputs: { s50: null },
    nodes: range(50).map((i) => `s${i + 1} = Softmax s${i}`),
  }),
};
