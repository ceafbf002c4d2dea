import { encodeModel } from '@ghostc/onnx';

/** A node of ONNX: op, inputs, outputs, and attributes by name. */
type NodeSpec = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, number | string | readonly number[]>>,
];
type Sizes = readonly (number | string)[];

interface GraphSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs?: Readonly<Record<string, Sizes>>;
  readonly outputs: Readonly<Record<string, Sizes | null>>;
  readonly floats?: Readonly<Record<string, readonly number[]>>;
  readonly ints?: Readonly<Record<string, readonly number[]>>;
  readonly opset?: number;
}

const FLOAT = 1;
const INT64 = 7;

/** A model file of nodes that have no names. */
export function onnxOf({
  nodes,
  inputs = {},
  outputs,
  floats = {},
  ints = {},
  opset = 17,
}: GraphSpec): Uint8Array {
  const graph = {
    name: 'g',
    node: nodes.map(nodeProto),
    input: Object.entries(inputs).map(([name, shape]) => valueProto(name, shape)),
    output: Object.entries(outputs).map(([name, shape]) => valueProto(name, shape)),
    initializer: [
      ...Object.entries(floats).map(([name, float_data]) => tensorProto(name, FLOAT, { float_data })),
      ...Object.entries(ints).map(([name, int64_data]) => tensorProto(name, INT64, { int64_data })),
    ],
  };
  return encodeModel({ ir_version: 8, opset_import: [{ domain: '', version: opset }], graph });
}

function tensorProto(
  name: string,
  data_type: number,
  data: Readonly<Record<string, readonly number[]>>,
): object {
  const [elements = []] = Object.values(data);
  return { name, data_type, dims: [elements.length], ...data };
}

function valueProto(name: string, shape: Sizes | null): object {
  const dim = shape?.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: FLOAT, ...(dim && { shape: { dim } }) } } };
}

function nodeProto([op_type, input, output, attributes = {}]: NodeSpec): object {
  return { op_type, input, output, attribute: Object.entries(attributes).map(attributeProto) };
}

function attributeProto([name, value]: [string, number | string | readonly number[]]): object {
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  return typeof value === 'number' ? { name, type: 2, i: value } : { name, type: 7, ints: value };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const name = (i: number): string => `v${i.toString(36)}`;

/** `length` nodes, each of the one before: `make` gives op, further inputs and attributes of node i. */
function chain(
  length: number,
  make: (i: number) => readonly [string, readonly string[], NodeSpec[3]?],
): NodeSpec[] {
  return range(length).map((i) => {
    const [op, others, attributes] = make(i);
    return [op, [i === 0 ? 'x' : name(i), ...others], [i === length - 1 ? 'y' : name(i + 1)], attributes];
  });
}

type Make = () => Uint8Array;

const four = { inputs: { x: [1, 4] }, outputs: { y: [1, 4] } } as const;

/** Long graphs; the number is of nodes. */
const chains = (n: number): Record<string, Make> => ({
  relu: () => onnxOf({ ...four, nodes: chain(n, (i) => [i % 2 ? 'Relu' : 'Sigmoid', []]) }),
  sigmoid: () => onnxOf({ ...four, nodes: chain(n, () => ['Sigmoid', []]) }),
  identity: () => onnxOf({ ...four, nodes: chain(n, () => ['Identity', []]) }),
  'add-constant': () => onnxOf({ ...four, floats: { c: [1] }, nodes: chain(n, () => ['Add', ['c']]) }),
  'mul-constant': () =>
    onnxOf({ ...four, floats: { c: [1.5] }, nodes: chain(n, (i) => [i % 2 ? 'Mul' : 'Add', ['c']]) }),
  'add-input': () =>
    onnxOf({ inputs: { x: [4], z: [4] }, outputs: { y: [4] }, nodes: chain(n, () => ['Add', ['z']]) }),
  reshape: () =>
    onnxOf({
      ...four,
      ints: { a: [2, 2], b: [1, 4] },
      nodes: chain(n, (i) => ['Reshape', [i % 2 ? 'b' : 'a']]),
    }),
  transpose: () =>
    onnxOf({
      inputs: { x: [3, 3] },
      outputs: { y: [3, 3] },
      nodes: chain(n, () => ['Transpose', [], { perm: [1, 0] }]),
    }),
  softmax: () => onnxOf({ ...four, nodes: chain(n, () => ['Softmax', [], { axis: 1 }]) }),
  'mixed-views': () =>
    onnxOf({
      ...four,
      ints: { a: [2, 2], b: [1, 4] },
      nodes: chain(n - (n % 4), (i) =>
        i % 4 === 0 ? ['Reshape', ['a']] : i % 4 === 2 ? ['Reshape', ['b']] : ['Sigmoid', []],
      ),
    }),
  conv: () =>
    onnxOf({
      inputs: { x: [1, 1, 4, 4] },
      outputs: { y: [1, 1, 4, 4] },
      floats: { c: [1.5] },
      ints: { s: [1, 1, 1, 1] },
      nodes: [
        ['Reshape', ['c', 's'], ['w']],
        ...chain(n - 1, (i) => (i % 2 ? ['Relu', []] : ['Conv', ['w']])),
      ],
    }),
  doubling: () =>
    onnxOf({
      ...four,
      nodes: range(n).map((i) => [
        'Add',
        i ? [name(i), name(i)] : ['x', 'x'],
        [i === n - 1 ? 'y' : name(i + 1)],
      ]),
    }),
  residual: () =>
    onnxOf({
      ...four,
      nodes: range(n >> 1).flatMap((i): NodeSpec[] => {
        const x = i ? `a${i}` : 'x';
        return [
          ['Sigmoid', [x], [`b${i}`]],
          ['Add', [x, `b${i}`], [i === (n >> 1) - 1 ? 'y' : `a${i + 1}`]],
        ];
      }),
    }),
  symbolic: () =>
    onnxOf({ inputs: { x: ['N', 4] }, outputs: { y: ['N', 4] }, nodes: chain(n, () => ['Sigmoid', []]) }),
  'symbolic-slice': () =>
    onnxOf({
      inputs: { x: ['N'] },
      outputs: { y: null },
      ints: { p: [1, 0] },
      nodes: chain(n, (i) => (i % 2 ? ['Sigmoid', []] : ['Pad', ['p']])),
    }),
  constant: () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { z: [4] },
      floats: { c: [1, 2, 3, 4] },
      nodes: [
        ...chain(n, () => ['Sigmoid', []]).map(
          ([op, [a = ''], out]): NodeSpec => [op, [a === 'x' ? 'c' : a], out],
        ),
        ['Add', ['x', 'y'], ['z']],
      ],
    }),
  'shape-arithmetic': () =>
    onnxOf({
      inputs: { x: ['N', 4] },
      outputs: { z: null },
      floats: {},
      ints: { one: [1] },
      nodes: [
        ['Shape', ['x'], ['s']],
        ...chain(n, (i) => [i % 2 ? 'Mul' : 'Add', ['one']]).map(
          ([op, [a = '', b = ''], out]): NodeSpec => [op, [a === 'x' ? 's' : a, b], out],
        ),
        ['Reshape', ['x', 'y'], ['z']],
      ],
    }),
  'int-constant-cone': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { z: null },
      ints: { c: [2], m1: [-1] },
      nodes: [
        ...chain(n, () => ['Neg', []]).map(
          ([op, [a = ''], out]): NodeSpec => [op, [a === 'x' ? 'c' : a], out],
        ),
        ['Abs', ['y'], ['ya']],
        ['Concat', ['ya', 'm1'], ['s'], { axis: 0 }],
        ['Reshape', ['x', 's'], ['z']],
      ],
    }),
});

/** Wide graphs; the number is of outputs, inputs or branches. */
const wides = (n: number): Record<string, Make> => ({
  outputs: () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: Object.fromEntries(range(n).map((i) => [`y${i}`, [1, 4]])),
      nodes: range(n).map((i) => ['Sigmoid', ['x'], [`y${i}`]]),
    }),
  'same-outputs-of-op': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: Object.fromEntries(range(n).map((i) => [`y${i}`, [1, 4]])),
      nodes: [
        ['Sigmoid', ['x'], ['s']],
        ...range(n).map((i): NodeSpec => ['Softmax', ['s'], [`y${i}`], { axis: i % 2 }]),
      ],
    }),
  'different-outputs': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      floats: Object.fromEntries(range(n).map((i) => [`c${i}`, [i]])),
      outputs: Object.fromEntries(range(n).map((i) => [`y${i}`, [1, 4]])),
      nodes: [
        ['Sigmoid', ['x'], ['s']],
        ...range(n).map((i): NodeSpec => ['Add', ['s', `c${i}`], [`y${i}`]]),
      ],
    }),
  'branches-concat': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      floats: Object.fromEntries(range(n).map((i) => [`c${i}`, [i]])),
      outputs: { y: [1, 4 * n] },
      nodes: [
        ['Sigmoid', ['x'], ['s']],
        ...range(n).map((i): NodeSpec => ['Add', ['s', `c${i}`], [`b${i}`]]),
        ['Concat', range(n).map((i) => `b${i}`), ['y'], { axis: 1 }],
      ],
    }),
  'branches-sum': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      floats: Object.fromEntries(range(n).map((i) => [`c${i}`, [i]])),
      outputs: { y: [1, 4] },
      nodes: [
        ...range(n).map((i): NodeSpec => ['Mul', ['x', `c${i}`], [`b${i}`]]),
        ['Sum', range(n).map((i) => `b${i}`), ['y']],
      ],
    }),
  'sum-same': () => onnxOf({ ...four, nodes: [['Sum', range(n).map(() => 'x'), ['y']]] }),
  'max-same': () => onnxOf({ ...four, nodes: [['Max', range(n).map(() => 'x'), ['y']]] }),
  'concat-same': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: { y: [1, 4 * n] },
      nodes: [['Concat', range(n).map(() => 'x'), ['y'], { axis: 1 }]],
    }),
  'concat-constants': () =>
    onnxOf({
      inputs: { x: [1] },
      floats: Object.fromEntries(range(n).map((i) => [`c${i}`, [i]])),
      outputs: { y: [n + 1] },
      nodes: [['Concat', ['x', ...range(n).map((i) => `c${i}`)], ['y'], { axis: 0 }]],
    }),
  'concat-inputs': () =>
    onnxOf({
      inputs: Object.fromEntries(range(n).map((i) => [`x${i}`, [1, 2]])),
      outputs: { y: [1, 2 * n] },
      nodes: [['Concat', range(n).map((i) => `x${i}`), ['y'], { axis: 1 }]],
    }),
  'sum-inputs': () =>
    onnxOf({
      inputs: Object.fromEntries(range(n).map((i) => [`x${i}`, [1, 2]])),
      outputs: { y: [1, 2] },
      nodes: [['Sum', range(n).map((i) => `x${i}`), ['y']]],
    }),
  split: () =>
    onnxOf({
      inputs: { x: [1, n] },
      opset: 11,
      outputs: Object.fromEntries(range(n).map((i) => [`y${i}`, [1, 1]])),
      nodes: [['Split', ['x'], range(n).map((i) => `y${i}`), { axis: 1, split: range(n).map(() => 1) }]],
    }),
  initializers: () =>
    onnxOf({
      inputs: { x: [1] },
      floats: Object.fromEntries(range(n).map((i) => [`c${i}`, [i]])),
      outputs: { y: [1] },
      nodes: chain(n, (i) => [i % 2 ? 'Mul' : 'Max', [`c${i}`]]),
    }),
  'unused-initializers': () =>
    onnxOf({
      ...four,
      floats: Object.fromEntries(range(n).map((i) => [`c${i}`, [i]])),
      nodes: [['Relu', ['x'], ['y']]],
    }),
  'dead-nodes': () =>
    onnxOf({
      ...four,
      nodes: [['Relu', ['x'], ['y']], ...range(n).map((i): NodeSpec => ['Sigmoid', ['x'], [`d${i}`]])],
    }),
  'no-inputs-unused': () =>
    onnxOf({
      inputs: { x: [1, 4], ...Object.fromEntries(range(n).map((i) => [`u${i}`, [1]])) },
      outputs: { y: [1, 4] },
      nodes: [['Relu', ['x'], ['y']]],
    }),
  attributes: () =>
    onnxOf({
      ...four,
      nodes: [['Relu', ['x'], ['y'], Object.fromEntries(range(n).map((i) => [`a${i}`, i]))]],
    }),
  rank: () =>
    onnxOf({
      inputs: { x: range(n).map(() => 1) },
      outputs: { y: range(n).map(() => 1) },
      nodes: [['Relu', ['x'], ['y']]],
    }),
  ladder: () =>
    onnxOf({
      inputs: { x: [1, 4], z: [1, 4] },
      outputs: { y: [1, 4] },
      nodes: [
        ...range(n >> 1).flatMap((i): NodeSpec[] => {
          const [a, b] = i ? [`a${i}`, `b${i}`] : ['x', 'z'];
          return [
            ['Add', [a, b], [`a${i + 1}`]],
            ['Mul', [a, b], [`b${i + 1}`]],
          ];
        }),
        ['Sub', [`a${n >> 1}`, `b${n >> 1}`], ['y']],
      ],
    }),
  'deep-skip': () =>
    onnxOf({
      ...four,
      outputs: { y: null },
      nodes: [
        ...range(n).map((i): NodeSpec => ['Sigmoid', [i ? `a${i - 1}` : 'x'], [`a${i}`]]),
        ['Concat', range(n).map((i) => `a${i}`), ['y'], { axis: 1 }],
      ],
    }),
});

/** Small files that ask for much. */
const bombs: Record<string, Make> = {
  'concat-doubling-constant': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      floats: { c0: [1] },
      nodes: [
        ...range(40).map((i): NodeSpec => ['Concat', [`c${i}`, `c${i}`], [`c${i + 1}`], { axis: 0 }]),
        ['ReduceMean', ['c40'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'concat-doubling-input': () =>
    onnxOf({
      inputs: { c0: [4] },
      outputs: { y: null },
      nodes: [
        ...range(40).map((i): NodeSpec => ['Concat', [`c${i}`, `c${i}`], [`c${i + 1}`], { axis: 0 }]),
        ['ReduceMean', ['c40'], ['y']],
      ],
    }),
  'concat-doubling-26': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      floats: { c0: [1] },
      nodes: [
        ...range(26).map((i): NodeSpec => ['Concat', [`c${i}`, `c${i}`], [`c${i + 1}`], { axis: 0 }]),
        ['ReduceMean', ['c26'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'concat-doubling-many': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      floats: { c0: [1] },
      nodes: [
        ...range(20).map((i): NodeSpec => ['Concat', [`c${i}`, `c${i}`], [`c${i + 1}`], { axis: 0 }]),
        ...range(2000).map((i): NodeSpec => ['Sigmoid', [i ? `s${i - 1}` : 'c20'], [`s${i}`]]),
        ['ReduceMean', ['s1999'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'tile-1e9': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      ints: { r: [1e9] },
      nodes: [['Tile', ['x', 'r'], ['y']]],
    }),
  'tile-constant': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      floats: { c: [1] },
      ints: { r: [3e8] },
      nodes: [
        ['Tile', ['c', 'r'], ['t']],
        ['ReduceMax', ['t'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'tile-tile': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      ints: { r: [1000] },
      nodes: [
        ...range(6).map((i): NodeSpec => ['Tile', [i ? `t${i}` : 'x', 'r'], [`t${i + 1}`]]),
        ['ReduceMax', ['t6'], ['y']],
      ],
    }),
  'expand-1e10': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [100000, 100000] },
      nodes: [['Expand', ['x', 's'], ['y']]],
    }),
  'expand-chain': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      floats: { c: [1] },
      ints: { s: [20000000] },
      nodes: [
        ...range(40).map((i): NodeSpec => ['Expand', ['c', 's'], [`e${i}`]]),
        ...range(40).map((i): NodeSpec => ['Sigmoid', [`e${i}`], [`f${i}`]]),
        ['Sum', range(40).map((i) => `f${i}`), ['q']],
        ['ReduceMean', ['q'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'constant-of-shape-1e10': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [100000, 100000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['ReduceMax', ['c'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'constant-of-shape-many': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [10000000] },
      nodes: [
        ...range(100).map((i): NodeSpec => ['ConstantOfShape', ['s'], [`c${i}`]]),
        ...range(100).map((i): NodeSpec => ['ReduceMax', [`c${i}`], [`m${i}`]]),
        ['Sum', ['x', ...range(100).map((i) => `m${i}`)], ['y']],
      ],
    }),
  'range-1e9': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      nodes: [
        ['Constant', [], ['a'], { value_int: 0 }],
        ['Constant', [], ['b'], { value_int: 1e9 }],
        ['Constant', [], ['d'], { value_int: 1 }],
        ['Range', ['a', 'b', 'd'], ['r']],
        ['Cast', ['r'], ['f'], { to: 1 }],
        ['ReduceMax', ['f'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'range-1e8': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      nodes: [
        ['Constant', [], ['a'], { value_int: 0 }],
        ['Constant', [], ['b'], { value_int: 1e8 }],
        ['Constant', [], ['d'], { value_int: 1 }],
        ['Range', ['a', 'b', 'd'], ['r']],
        ['Cast', ['r'], ['f'], { to: 1 }],
        ['ReduceMax', ['f'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'one-hot-1e9': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      floats: { v: [0, 1] },
      ints: { i: [5], d: [1e9] },
      nodes: [
        ['OneHot', ['i', 'd', 'v'], ['o']],
        ['ReduceMax', ['o'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'eye-like': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [50000, 50000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['EyeLike', ['c'], ['e']],
        ['ReduceMax', ['e'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'pad-1e10': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: { y: null },
      ints: { p: [0, 0, 0, 1e10] },
      nodes: [['Pad', ['x', 'p'], ['y']]],
    }),
  'pad-1e10-reflect': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: { y: null },
      ints: { p: [0, 0, 0, 1e10] },
      nodes: [['Pad', ['x', 'p'], ['y'], { mode: 'edge' }]],
    }),
  'pad-2e8': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: { y: null },
      ints: { p: [0, 0, 0, 2e8] },
      nodes: [['Pad', ['x', 'p'], ['y']]],
    }),
  'pad-back': () =>
    onnxOf({
      inputs: { x: [1, 4] },
      outputs: { y: null },
      ints: { p: [0, 0, 0, 2e8], q: [0, 0, 0, -2e8] },
      nodes: [
        ['Pad', ['x', 'p'], ['t']],
        ['Pad', ['t', 'q'], ['y']],
      ],
    }),
  'upsample-1e6': () =>
    onnxOf({
      inputs: { x: [1, 1, 4, 4] },
      outputs: { y: null },
      ints: { s: [1, 1, 4000000, 4000000] },
      nodes: [['Resize', ['x', '', '', 's'], ['y'], { mode: 'nearest' }]],
    }),
  'upsample-wide': () =>
    onnxOf({
      inputs: { x: [1, 1, 4, 4] },
      outputs: { y: null },
      ints: { s: [1, 1, 4, 4000000] },
      nodes: [['Resize', ['x', '', '', 's'], ['y'], { mode: 'linear' }]],
    }),
  'upsample-table': () =>
    onnxOf({
      inputs: { x: [1, 1, 1, 1] },
      outputs: { y: null },
      ints: { s: [1, 1, 1, 100000000] },
      nodes: [
        ['Resize', ['x', '', '', 's'], ['u'], { mode: 'cubic' }],
        ['ReduceMean', ['u'], ['y']],
      ],
    }),
  'conv-1e6': () =>
    onnxOf({
      inputs: { x: [1, 1, 1000, 1000] },
      outputs: { y: null },
      ints: { s: [1, 1, 1000, 1000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['Conv', ['x', 'w'], ['y']],
      ],
    }),
  'conv-1e7-same': () =>
    onnxOf({
      inputs: { x: [1, 1, 64, 64] },
      outputs: { y: null },
      ints: { s: [1, 1, 3001, 3001] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['Conv', ['x', 'w'], ['y'], { pads: [1500, 1500, 1500, 1500] }],
      ],
    }),
  'conv-transpose-stride': () =>
    onnxOf({
      inputs: { x: [1, 1, 64, 64] },
      outputs: { y: null },
      ints: { s: [1, 1, 3, 3] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['ConvTranspose', ['x', 'w'], ['y'], { strides: [100000, 100000] }],
      ],
    }),
  'conv-dilation-1e6': () =>
    onnxOf({
      inputs: { x: [1, 1, 3, 4000000] },
      outputs: { y: null },
      ints: { s: [1, 1, 1, 3] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['Conv', ['x', 'w'], ['y'], { dilations: [1, 1000000] }],
      ],
    }),
  'conv-dynamic-1e6': () =>
    onnxOf({
      inputs: { x: [1, 1, 1000, 1000], w: [1, 1, 1000, 1000] },
      outputs: { y: null },
      nodes: [['Conv', ['x', 'w'], ['y']]],
    }),
  'conv-channels-1e6': () =>
    onnxOf({
      inputs: { x: [1, 1000000, 1, 1] },
      outputs: { y: null },
      ints: { s: [1, 1000000, 1, 1] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['Conv', ['x', 'w'], ['y']],
      ],
    }),
  'conv-2-channels-1e5': () =>
    onnxOf({
      inputs: { x: [1, 1, 8, 8] },
      outputs: { y: null },
      ints: { s: [100000, 1, 1, 1], t: [1, 100000, 1, 1] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['ConstantOfShape', ['t'], ['v']],
        ['Conv', ['x', 'w'], ['h']],
        ['Conv', ['h', 'v'], ['y']],
      ],
    }),
  'conv-compose-1e4': () =>
    onnxOf({
      inputs: { x: [1, 10000, 2, 2] },
      outputs: { y: null },
      ints: { s: [1, 10000, 1, 1], t: [10000, 1, 1, 1] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['ConstantOfShape', ['t'], ['v']],
        ['Conv', ['x', 'w'], ['h']],
        ['Conv', ['h', 'v'], ['y']],
      ],
    }),
  'conv-compose-kernels': () =>
    onnxOf({
      inputs: { x: [1, 1, 4000, 4000] },
      outputs: { y: null },
      ints: { s: [1, 1, 1500, 1500] },
      nodes: [
        ['ConstantOfShape', ['s'], ['w']],
        ['Conv', ['x', 'w'], ['h']],
        ['Conv', ['h', 'w'], ['y']],
      ],
    }),
  'pool-1e6': () =>
    onnxOf({
      inputs: { x: [1, 1, 1000, 1000] },
      outputs: { y: null },
      nodes: [['MaxPool', ['x'], ['y'], { kernel_shape: [1000, 1000] }]],
    }),
  'pool-unit-1e9': () =>
    onnxOf({
      inputs: { x: [1, 1, 4, 4] },
      outputs: { y: null },
      nodes: [
        [
          'MaxPool',
          ['x'],
          ['y'],
          { kernel_shape: [1000000000, 1000000000], pads: [500000000, 500000000, 500000000, 500000000] },
        ],
      ],
    }),
  'matmul-constant': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [3000, 3000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['MatMul', ['c', 'c'], ['d']],
        ['MatMul', ['d', 'c'], ['e']],
        ['ReduceMax', ['e'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'matmul-outer': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [50000, 1], t: [1, 50000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['ConstantOfShape', ['t'], ['d']],
        ['MatMul', ['c', 'd'], ['e']],
        ['ReduceMax', ['e'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'matmul-chain': () =>
    onnxOf({
      inputs: { x: [1, 4000] },
      outputs: { y: null },
      ints: { s: [4000, 4000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ...range(10).map(
          (i): NodeSpec => ['MatMul', [i ? `h${i}` : 'x', 'c'], [i === 9 ? 'y' : `h${i + 1}`]],
        ),
      ],
    }),
  'gather-constant': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [30000], z: [0, 0] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['ConstantOfShape', ['s'], ['q']],
        ['Cast', ['q'], ['i'], { to: 7 }],
        ['Add', ['x', 'c'], ['d']],
        ['Gather', ['d', 'i'], ['e']],
        ['Unsqueeze', ['e'], ['u'], {}],
        ['ReduceMax', ['e'], ['y']],
      ],
    }),
  'broadcast-add': () =>
    onnxOf({
      inputs: { x: [100000, 1], z: [1, 100000] },
      outputs: { y: null },
      nodes: [['Add', ['x', 'z'], ['y']]],
    }),
  'broadcast-constant': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [20000, 1], t: [1, 20000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['ConstantOfShape', ['t'], ['d']],
        ['Add', ['c', 'd'], ['e']],
        ['ReduceMax', ['e'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'dims-product': () =>
    onnxOf({ inputs: { x: range(6).map(() => 2e9) }, outputs: { y: null }, nodes: [['Relu', ['x'], ['y']]] }),
  'dims-huge': () =>
    onnxOf({ inputs: { x: [1, 2 ** 53] }, outputs: { y: null }, nodes: [['Relu', ['x'], ['y']]] }),
  'dims-4e8': () =>
    onnxOf({ inputs: { x: [4e8] }, outputs: { y: null }, nodes: [['Sigmoid', ['x'], ['y']]] }),
  'dims-zero': () =>
    onnxOf({ inputs: { x: [0, 1e9] }, outputs: { y: null }, nodes: [['Relu', ['x'], ['y']]] }),
  'reshape-many-dims': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      ints: { s: [4, ...range(10000).map(() => 1)] },
      nodes: [['Reshape', ['x', 's'], ['y']]],
    }),
  'slice-many-axes': () =>
    onnxOf({
      inputs: { x: [4] },
      outputs: { y: null },
      ints: { a: range(50000).map(() => 0) },
      nodes: [['Slice', ['x', 'a', 'a', 'a'], ['y']]],
    }),
  'einsum-1e4': () =>
    onnxOf({
      inputs: { x: [1, 1] },
      outputs: { y: null },
      nodes: [
        [
          'Einsum',
          range(10000).map(() => 'x'),
          ['y'],
          {
            equation: `${range(10000)
              .map(() => 'ij')
              .join(',')}->ij`,
          },
        ],
      ],
    }),
  'einsum-outer': () =>
    onnxOf({
      inputs: { x: [100] },
      outputs: { y: null },
      nodes: [
        [
          'Einsum',
          range(20).map(() => 'x'),
          ['y'],
          {
            equation: `${range(20)
              .map((i) => String.fromCharCode(97 + i))
              .join(',')}->${range(20)
              .map((i) => String.fromCharCode(97 + i))
              .join('')}`,
          },
        ],
      ],
    }),
  'einsum-long': () =>
    onnxOf({
      inputs: { x: [1, 1] },
      outputs: { y: null },
      nodes: [['Einsum', ['x'], ['y'], { equation: `${' '.repeat(200000)}ij->ij` }]],
    }),
  'cumsum-constant': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [5e7], a: [0] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['CumSum', ['c', 'a'], ['d']],
        ['ReduceMax', ['d'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'top-k-constant': () =>
    onnxOf({
      inputs: { x: [1] },
      outputs: { y: null },
      ints: { s: [2e7], k: [10000] },
      nodes: [
        ['ConstantOfShape', ['s'], ['c']],
        ['TopK', ['c', 'k'], ['d', 'i']],
        ['ReduceMax', ['d'], ['m']],
        ['Add', ['x', 'm'], ['y']],
      ],
    }),
  'top-k-input': () =>
    onnxOf({
      inputs: { x: [100000] },
      outputs: { y: null },
      ints: { k: [100000] },
      nodes: [['TopK', ['x', 'k'], ['y', 'i']]],
    }),
  'symbolic-doubling': () =>
    onnxOf({
      inputs: { x: ['N'] },
      outputs: { y: null },
      nodes: range(60).map((i) => [
        'Concat',
        i ? [`c${i}`, `c${i}`] : ['x', 'x'],
        [i === 59 ? 'y' : `c${i + 1}`],
        { axis: 0 },
      ]),
    }),
  'symbolic-conv-doubling': () =>
    onnxOf({
      inputs: { x: ['N', 'C', 'H', 'W'] },
      outputs: { y: null },
      nodes: range(200).map((i) => [
        'MaxPool',
        [i ? `c${i}` : 'x'],
        [i === 199 ? 'y' : `c${i + 1}`],
        { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      ]),
    }),
  'symbolic-reshape-doubling': () =>
    onnxOf({
      inputs: { x: ['N', 'M'] },
      outputs: { y: null },
      ints: { m: [-1], z: [0] },
      nodes: range(100).flatMap((i): NodeSpec[] => {
        const x = i ? `t${i}` : 'x';
        return [
          ['Flatten', [x], [`f${i}`], { axis: 0 }],
          ['Transpose', [`f${i}`], [`g${i}`]],
          ['Concat', [`g${i}`, `g${i}`], [i === 99 ? 'y' : `t${i + 1}`], { axis: 1 }],
        ];
      }),
    }),
  'symbolic-long-name': () =>
    onnxOf({
      inputs: { x: ['N'.repeat(200000)] },
      outputs: { y: null },
      nodes: range(200).map((i) => [
        'Concat',
        i ? [`c${i}`, `c${i}`] : ['x', 'x'],
        [i === 199 ? 'y' : `c${i + 1}`],
        { axis: 0 },
      ]),
    }),
  'symbolic-pads': () =>
    onnxOf({
      inputs: { x: ['N'] },
      outputs: { y: null },
      ints: { p: [1, 0], q: [0, -1] },
      nodes: chain(5000, (i) => ['Pad', [i % 2 ? 'q' : 'p']]),
    }),
  'symbolic-many': () =>
    onnxOf({
      inputs: { x: range(2000).map((i) => `n${i}`) },
      outputs: { y: null },
      nodes: [
        ['Flatten', ['x'], ['f'], { axis: 0 }],
        ['Concat', ['f', 'f'], ['y'], { axis: 1 }],
      ],
    }),
  'names-40k': () =>
    onnxOf({
      inputs: { ['x'.repeat(40000)]: [1, 4] },
      outputs: { ['y'.repeat(40000)]: [1, 4] },
      nodes: [
        ['Relu', ['x'.repeat(40000)], ['t'.repeat(40000)]],
        ['Sigmoid', ['t'.repeat(40000)], ['y'.repeat(40000)]],
      ],
    }),
  'names-signs': () =>
    onnxOf({
      inputs: { ['-'.repeat(40000)]: [1, 4] },
      outputs: { [`${'_'.repeat(40000)}!`]: [1, 4] },
      nodes: [
        ['Relu', ['-'.repeat(40000)], [`${'*/'.repeat(20000)}`]],
        ['Sigmoid', [`${'*/'.repeat(20000)}`], [`${'_'.repeat(40000)}!`]],
      ],
    }),
  'names-digits': () =>
    onnxOf({
      inputs: { ['1'.repeat(40000)]: ['_1'.repeat(20000), 4] },
      outputs: { [`${' '.repeat(40000)}z`]: null },
      nodes: [
        ['Relu', ['1'.repeat(40000)], [`${'_0'.repeat(20000)}`]],
        ['Sigmoid', [`${'_0'.repeat(20000)}`], [`${' '.repeat(40000)}z`]],
      ],
    }),
  'names-quotes': () =>
    onnxOf({
      inputs: { ['"\\'.repeat(20000)]: [1, 4] },
      outputs: { ['\n'.repeat(40000)]: [1, 4] },
      nodes: [
        ['Relu', ['"\\'.repeat(20000)], ['\u0000'.repeat(40000)]],
        ['Sigmoid', ['\u0000'.repeat(40000)], ['\n'.repeat(40000)]],
      ],
    }),
  'symbol-parens': () =>
    onnxOf({
      inputs: { x: [`${'('.repeat(40000)}n${')'.repeat(40000)}`, 4] },
      outputs: { y: null },
      nodes: [
        ['Relu', ['x'], ['t']],
        ['Concat', ['t', 't'], ['y'], { axis: 0 }],
      ],
    }),
  'symbol-plus': () =>
    onnxOf({
      inputs: { x: [`n${'+1'.repeat(20000)}`, 4] },
      outputs: { y: null },
      nodes: [
        ['Relu', ['x'], ['t']],
        ['Concat', ['t', 't'], ['y'], { axis: 0 }],
      ],
    }),
};

/** Every hostile model by name; the sizes keep the files under 1 MB unless `size` asks for more. */
export function hostileModels(size = 10_000): ReadonlyMap<string, Make> {
  const named = (kind: string, makes: Record<string, Make>): [string, Make][] =>
    Object.entries(makes).map(([name, make]) => [`${kind}-${name}`, make]);
  return new Map([...named('chain', chains(size)), ...named('wide', wides(size)), ...named('bomb', bombs)]);
}
