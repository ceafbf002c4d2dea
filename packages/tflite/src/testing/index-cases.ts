import type { OperatorSpec, TensorSpec } from '../encode-model.ts';
import {
  argMax,
  argMin,
  batchMatmul,
  conv3d,
  cumsum,
  gather,
  gelu,
  localResponse,
  oneHot,
  pack,
  RELU,
  RELU6,
  reducer,
  SAME,
  squeezeAll,
  stridedSlice,
  transposeConv,
  unpack,
  VALID,
} from '../operator-options.ts';
import {
  float,
  floatConstant,
  int8,
  int8Weights,
  int16,
  int32Bias,
  integers,
  type OperatorCase,
  rows,
  single,
} from './operator-case.ts';

const bool = (...shape: number[]) => ({ ...float(...shape), type: 'BOOL' as const });
const whole = (...shape: number[]) => ({ ...float(...shape), type: 'INT32' as const });
const long = (...shape: number[]) => ({ ...float(...shape), type: 'INT64' as const });

const filter = int8Weights(41, [3, 3, 2, 4], 0);

/** Operators that pick, compare and join, and transposed convolutions. */
export const indexCases: readonly OperatorCase[] = [
  ...rows([
    [
      'transpose-conv/same-2x2-stride-2',
      'TRANSPOSE_CONV',
      [integers([1, 6, 8, 3]), floatConstant(31, 3, 2, 2, 5), float(1, 3, 4, 5), floatConstant(32, 3)],
      float(1, 6, 8, 3),
      transposeConv(SAME, [2, 2], RELU),
    ],
    [
      'transpose-conv/same-3x4-stride-2x3-odd',
      'TRANSPOSE_CONV',
      [integers([2, 5, 6, 3]), floatConstant(33, 3, 3, 4, 2), float(2, 3, 2, 2)],
      float(2, 5, 6, 3),
      transposeConv(SAME, [2, 3]),
    ],
    [
      'transpose-conv/valid-stride-3-longer',
      'TRANSPOSE_CONV',
      [integers([1, 6, 8, 2]), floatConstant(34, 2, 2, 2, 2), float(1, 2, 3, 2)],
      float(1, 6, 8, 2),
      transposeConv(VALID, [3, 3]),
    ],
    [
      'transpose-conv/int8',
      'TRANSPOSE_CONV',
      [integers([1, 6, 4, 3]), filter, int8([1, 3, 2, 4], 0.03, 5), int32Bias(42, 0.03, filter)],
      int8([1, 6, 4, 3], 0.05, -3),
      transposeConv(SAME, [2, 2], RELU6),
    ],
    ['pack/last', 'PACK', [float(2, 3), float(2, 3)], float(2, 3, 2), pack(2, -1)],
    ['gather/axis-1', 'GATHER', [float(2, 5, 3), integers([4, 0, 4, 2], 2, 2)], float(2, 2, 2, 3), gather(1)],
    ['add-n', 'ADD_N', [float(2, 3), float(2, 3), float(2, 3)], float(2, 3)],
    ['log-softmax', 'LOG_SOFTMAX', [float(2, 3, 5)], float(2, 3, 5)],
    [
      'conv3d/same-strides-relu',
      'CONV_3D',
      [float(2, 5, 6, 7, 3), floatConstant(50, 3, 3, 2, 3, 4), floatConstant(51, 4)],
      float(2, 3, 6, 3, 4),
      conv3d(SAME, [2, 1, 3], { act: RELU }),
    ],
    [
      'conv3d/valid-dilation',
      'CONV_3D',
      [float(1, 6, 5, 5, 2), floatConstant(52, 2, 2, 3, 2, 3)],
      float(1, 3, 4, 3, 3),
      conv3d(VALID, [1, 1, 1], { dilations: [3, 1, 1] }),
    ],
    [
      'local-response',
      'LOCAL_RESPONSE_NORMALIZATION',
      [float(2, 3, 2, 7)],
      float(2, 3, 2, 7),
      localResponse(2, 1.5, 0.4, 0.75),
    ],
    [
      'local-response/radius-0',
      'LOCAL_RESPONSE_NORMALIZATION',
      [float(1, 2, 2, 3)],
      float(1, 2, 2, 3),
      localResponse(0, 1, 0.1, 0.5),
    ],
    ['reverse', 'REVERSE_V2', [float(2, 3, 4), integers([1])], float(2, 3, 4)],
    ['reverse/int8', 'REVERSE_V2', [int8([2, 3, 4], 0.05, 3), integers([2])], int8([2, 3, 4], 0.05, 3)],
    ['cumsum', 'CUMSUM', [float(2, 5, 3), integers([1])], float(2, 5, 3), cumsum()],
    [
      'cumsum/exclusive-reverse',
      'CUMSUM',
      [float(2, 6), integers([-1])],
      float(2, 6),
      cumsum('exclusive', 'reverse'),
    ],
    ['scatter-nd', 'SCATTER_ND', [integers([4, 1, 4], 3, 1), float(3, 2), integers([6, 2])], float(6, 2)],
    ['embedding-lookup', 'EMBEDDING_LOOKUP', [integers([2, 0]), float(4, 3)], float(2, 3)],
    [
      'one-hot',
      'ONE_HOT',
      [integers([2, -1, 5, 0], 2, 2), integers([4]), float(), float()],
      float(2, 4, 2),
      oneHot(1),
    ],
    ['gelu/erf', 'GELU', [float(4, 32)], float(4, 32), gelu('erf')],
    ['gelu/tanh', 'GELU', [float(4, 32)], float(4, 32), gelu('tanh')],
    ['gelu/int8', 'GELU', [int8([16, 16], 0.05, 3)], int8([16, 16], 0.04, -20), gelu('erf')],
    ['gather-nd', 'GATHER_ND', [float(2, 5, 3), integers([1, 4, 0, 0, 1, 2], 3, 2)], float(3, 3)],
    [
      'gather-nd/int8',
      'GATHER_ND',
      [int8([2, 5, 3], 0.05, 3), integers([1, 4, 0, 0], 2, 2)],
      int8([2, 3], 0.05, 3),
    ],
    ['arg-max', 'ARG_MAX', [float(2, 3, 4), integers([1])], long(2, 4), argMax()],
    ['arg-min/last', 'ARG_MIN', [float(1, 3, 2, 4), integers([-1])], whole(1, 3, 2), argMin()],
    [
      'batch-matmul',
      'BATCH_MATMUL',
      [float(2, 3, 4), float(2, 4, 5)],
      float(2, 3, 5),
      batchMatmul(false, false),
    ],
    [
      'batch-matmul/turned',
      'BATCH_MATMUL',
      [float(2, 4, 3), float(1, 5, 4)],
      float(2, 3, 5),
      batchMatmul(true, true),
    ],
    [
      'batch-matmul/int8',
      'BATCH_MATMUL',
      [int8([2, 13, 24], 0.05, 3), int8([2, 24, 9], 0.04, -20)],
      int8([2, 13, 9], 0.21, 7),
      batchMatmul(false, false),
    ],
    [
      'batch-matmul/int8-turned',
      'BATCH_MATMUL',
      [int8([3, 2, 24, 7], 0.05, -128), int8([1, 2, 9, 24], 0.004, 0)],
      int8([3, 2, 7, 9], 0.02, -4),
      batchMatmul(true, true),
    ],
    [
      'batch-matmul/int16',
      'BATCH_MATMUL',
      [int16([2, 5, 24], 0.0005), int16([2, 24, 9], 0.0004)],
      int16([2, 5, 9], 0.0006),
      batchMatmul(false, false),
    ],
    [
      'space-to-batch',
      'SPACE_TO_BATCH_ND',
      [float(2, 5, 4, 3), integers([3, 2]), integers([1, 0, 2, 0], 2, 2)],
      float(12, 2, 3, 3),
    ],
    [
      'space-to-batch/int8-rank-3',
      'SPACE_TO_BATCH_ND',
      [int8([1, 7, 2], 0.05, 3), integers([4]), integers([0, 1], 1, 2)],
      int8([4, 2, 2], 0.05, 3),
    ],
    [
      'batch-to-space',
      'BATCH_TO_SPACE_ND',
      [float(12, 2, 3, 3), integers([3, 2]), integers([1, 0, 2, 1], 2, 2)],
      float(2, 5, 3, 3),
    ],
    [
      'batch-to-space/int8-rank-3',
      'BATCH_TO_SPACE_ND',
      [int8([4, 2, 2], 0.05, 3), integers([4]), integers([0, 1], 1, 2)],
      int8([1, 7, 2], 0.05, 3),
    ],
    ['greater', 'GREATER', [float(1, 2, 3, 4), float(4)], bool(1, 2, 3, 4)],
    ['greater-equal', 'GREATER_EQUAL', [float(2, 5), float(2, 5)], bool(2, 5)],
    ['less', 'LESS', [float(2, 5), float(2, 5)], bool(2, 5)],
    ['less-equal', 'LESS_EQUAL', [float(2, 5), float(5)], bool(2, 5)],
    ['equal', 'EQUAL', [float(2, 5), float(2, 5)], bool(2, 5)],
    ['not-equal', 'NOT_EQUAL', [float(2, 5), float(2, 5)], bool(2, 5)],
    ['squared-difference', 'SQUARED_DIFFERENCE', [float(1, 2, 3, 4), float(4)], float(1, 2, 3, 4)],
    ['l2-normalization', 'L2_NORMALIZATION', [float(2, 7)], float(2, 7)],
    ['floor-div', 'FLOOR_DIV', [float(2, 7), float(2, 7)], float(2, 7)],
    ['floor-mod', 'FLOOR_MOD', [float(2, 7), float(7)], float(2, 7)],
    ['cast', 'CAST', [float(2, 7)], whole(2, 7)],
    ['tile', 'TILE', [float(2, 3), integers([2, 3])], float(4, 9)],
    ['broadcast-to', 'BROADCAST_TO', [float(2, 1, 3), integers([2, 4, 3])], float(2, 4, 3)],
    ['reduce-prod', 'REDUCE_PROD', [float(2, 3, 4), integers([1])], float(2, 4), reducer('drop')],
    [
      'strided-slice/ellipsis-and-new-axis',
      'STRIDED_SLICE',
      [float(2, 3, 4, 5), integers([1, 0, 0, 1]), integers([2, 0, 0, 4]), integers([1, 1, 1, 2])],
      float(1, 1, 3, 4, 2),
      stridedSlice(0, 0, 0, { ellipsis: 4, fresh: 2 }),
    ],
  ]),
  single({
    name: 'unpack',
    code: 'UNPACK',
    options: unpack(3, 1),
    inputs: [float(2, 3, 4)],
    outputs: [float(2, 4), float(2, 4), float(2, 4)],
  }),
  single({
    name: 'top-k',
    code: 'TOPK_V2',
    inputs: [float(3, 7), integers([4])],
    outputs: [float(3, 4), whole(3, 4)],
  }),
  selected('select', float(1, 2, 3, 4)),
  selected('select/int8', int8([1, 2, 3, 4], 0.05, 3)),
  floored('floor-div', 'FLOOR_DIV'),
  floored('floor-mod', 'FLOOR_MOD'),
  spectrum('rfft/magnitude', 'COMPLEX_ABS'),
  spectrum('rfft/real', 'REAL'),
  spectrum('rfft/imaginary', 'IMAG'),
  reducedBool('reduce-any', 'REDUCE_ANY'),
  reducedBool('reduce-all', 'REDUCE_ALL'),
];

/** Of three rows of 16 points. */
function spectrum(name: string, code: 'COMPLEX_ABS' | 'REAL' | 'IMAG'): OperatorCase {
  const complex = { ...float(3, 1, 9), type: 'COMPLEX64' as const };
  const rows = { ...complex, name: `${complex.name}_rows`, shape: [3, 9] };
  const tensors = [float(3, 1, 16), integers([1, 16]), complex, rows, float(3, 9)];
  const operators = [
    { code: 'RFFT2D', inputs: [0, 1], outputs: [2] },
    { code: 'SQUEEZE', inputs: [2], outputs: [3], options: squeezeAll() },
    { code, inputs: [3], outputs: [4] },
  ] as const;
  return { name, spec: { tensors, operators, inputs: [0], outputs: [4] } };
}

/** Whether any, or all, of a row are less. */
function reducedBool(name: string, code: 'REDUCE_ANY' | 'REDUCE_ALL'): OperatorCase {
  const tensors = [float(4, 3), float(4, 3), bool(4, 3), integers([1]), bool(4), float(4)];
  const operators = [
    { code: 'LESS', inputs: [0, 1], outputs: [2] },
    { code, inputs: [2, 3], outputs: [4], options: reducer('drop') },
    { code: 'CAST', inputs: [4], outputs: [5] },
  ] as const;
  return { name, spec: { tensors, operators, inputs: [0, 1], outputs: [5] } };
}

/** Of integers of either sign, whose quotients are cut downwards. */
function floored(name: string, code: OperatorSpec['code']): OperatorCase {
  const tensors = [float(1, 2, 3, 4), whole(1, 2, 3, 4), integers([3, -3, 2, -7]), whole(1, 2, 3, 4)];
  return {
    name: `${name}/int32`,
    spec: {
      tensors,
      operators: [
        { code: 'CAST', inputs: [0], outputs: [1] },
        { code, inputs: [1, 2], outputs: [3] },
      ],
      inputs: [0],
      outputs: [3],
    },
  };
}

/** x where it is above y, y elsewhere: a maximum. */
function selected(name: string, type: TensorSpec): OperatorCase {
  const tensors = [type, type, bool(1, 2, 3, 4), type];
  return {
    name,
    spec: {
      tensors,
      operators: [
        { code: 'GREATER', inputs: [0, 1], outputs: [2] },
        { code: 'SELECT_V2', inputs: [2, 0, 1], outputs: [3] },
      ],
      inputs: [0, 1],
      outputs: [3],
    },
  };
}
