import type { TensorSpec } from '../encode-model.ts';
import {
  add,
  conv,
  depthToSpace,
  linear,
  mul,
  reducer,
  SAME,
  softmax,
  split,
  stridedSlice,
} from '../operator-options.ts';
import { float, floatConstant, integers, type OperatorCase, type Single } from './operator-case.ts';

/** An image after a convolution, so that it is NCHW where the operator under test reads it. */
function afterConv(
  name: string,
  operator: Omit<Single, 'name' | 'inputs'> & { inputs: readonly TensorSpec[] },
): OperatorCase {
  const image = float(1, 4, 6, 3);
  const conved = float(1, 4, 6, 8);
  const tensors = [
    image,
    floatConstant(30, 8, 3, 3, 3),
    floatConstant(31, 8),
    conved,
    ...operator.inputs,
    ...operator.outputs,
  ];
  const places = (list: readonly TensorSpec[]): number[] => list.map((tensor) => tensors.indexOf(tensor));
  const { code, options } = operator;
  const constants = places(operator.inputs);
  return {
    name: `after-conv/${name}`,
    spec: {
      tensors,
      operators: [
        { code: 'CONV_2D', inputs: [0, 1, 2], outputs: [3], options: conv(SAME, [1, 1]) },
        {
          code,
          inputs: code === 'SPLIT' ? [...constants, 3] : [3, ...constants],
          outputs: places(operator.outputs),
          ...(options && { options }),
        },
      ],
      inputs: [0],
      outputs: places(operator.outputs),
    },
  };
}

export const axisOrderCases: readonly OperatorCase[] = [
  afterConv('reshape', { code: 'RESHAPE', inputs: [integers([6, 32])], outputs: [float(6, 32)] }),
  afterConv('transpose', {
    code: 'TRANSPOSE',
    inputs: [integers([0, 2, 3, 1])],
    outputs: [float(1, 6, 8, 4)],
  }),
  afterConv('transpose-to-nchw', {
    code: 'TRANSPOSE',
    inputs: [integers([0, 3, 1, 2])],
    outputs: [float(1, 8, 4, 6)],
  }),
  afterConv('mean-channels', {
    code: 'MEAN',
    options: reducer('drop'),
    inputs: [integers([3])],
    outputs: [float(1, 4, 6)],
  }),
  afterConv('mean-rows', {
    code: 'MEAN',
    options: reducer('drop'),
    inputs: [integers([1])],
    outputs: [float(1, 6, 8)],
  }),
  afterConv('mean-image', {
    code: 'MEAN',
    options: reducer('drop'),
    inputs: [integers([1, 2])],
    outputs: [float(1, 8)],
  }),
  afterConv('sum-all-but-rows', {
    code: 'SUM',
    options: reducer('drop'),
    inputs: [integers([0, 2, 3])],
    outputs: [float(4)],
  }),
  afterConv('add-channels', {
    code: 'ADD',
    options: add(),
    inputs: [floatConstant(32, 8)],
    outputs: [float(1, 4, 6, 8)],
  }),
  afterConv('mul-columns', {
    code: 'MUL',
    options: mul(),
    inputs: [floatConstant(33, 6, 1)],
    outputs: [float(1, 4, 6, 8)],
  }),
  afterConv('prelu', { code: 'PRELU', inputs: [floatConstant(34, 1, 1, 8)], outputs: [float(1, 4, 6, 8)] }),
  afterConv('softmax', { code: 'SOFTMAX', options: softmax(2), inputs: [], outputs: [float(1, 4, 6, 8)] }),
  afterConv('pad-channels', {
    code: 'PAD',
    inputs: [integers([0, 0, 1, 2, 3, 4, 5, 6], 4, 2)],
    outputs: [float(1, 7, 13, 19)],
  }),
  afterConv('strided-slice-shrink', {
    code: 'STRIDED_SLICE',
    options: stridedSlice(0, 0, 2),
    inputs: [integers([0, 2, 1, 1]), integers([1, 3, 5, 7]), integers([1, 1, 2, 3])],
    outputs: [float(1, 2, 2)],
  }),
  afterConv('split-channels', {
    code: 'SPLIT',
    options: split(2),
    inputs: [{ ...integers([-1]), shape: [] }],
    outputs: [float(1, 4, 6, 4), float(1, 4, 6, 4)],
  }),
  afterConv('fully-connected', {
    code: 'FULLY_CONNECTED',
    options: linear(),
    inputs: [floatConstant(35, 3, 192), floatConstant(36, 3)],
    outputs: [float(1, 3)],
  }),
  afterConv('depth-to-space', {
    code: 'DEPTH_TO_SPACE',
    options: depthToSpace(2),
    inputs: [],
    outputs: [float(1, 8, 12, 2)],
  }),
];
