import { randomTensor, toBytes } from '@ghostc/ir';
import type { OperatorOptions, OperatorSpec, TensorSpec } from '../encode-model.ts';
import { RELU, sequenceLstm, sequenceRnn, svdf, TANH } from '../operator-options.ts';
import { float, floatConstant, int8, int16, integers, type OperatorCase } from './operator-case.ts';

const state = (...shape: number[]): TensorSpec => ({ ...float(...shape), variable: true });

/** Inputs of an operator, null for one that is absent, its output, and options. */
interface Recurrent {
  readonly name: string;
  readonly code: OperatorSpec['code'];
  readonly inputs: readonly (TensorSpec | null)[];
  readonly output: TensorSpec;
  readonly options: OperatorOptions;
}

function recurrent({ name, code, inputs, output, options }: Recurrent): OperatorCase {
  const tensors = [...inputs.filter((tensor) => tensor !== null), output];
  const places = inputs.map((tensor) => (tensor ? tensors.indexOf(tensor) : -1));
  const last = tensors.length - 1;
  const operators = [{ code, inputs: places, outputs: [last], options }];
  return { name, spec: { tensors, operators, inputs: [0], outputs: [last] } };
}

/** [T,N,3] or [N,T,3] to 4 states. */
function lstm(
  name: string,
  first: 'time' | 'batch',
  [outer, inner, batch]: readonly [number, number, number],
  clip = 0,
): OperatorCase {
  const matrices = (seed: number, columns: number) =>
    [0, 1, 2, 3].map((gate) => floatConstant(seed + gate, 4, columns));
  const biases = [0, 1, 2, 3].map((gate) => floatConstant(90 + gate, 4));
  const none = [null, null, null];
  const inputs = [
    float(outer, inner, 3),
    ...matrices(70, 3),
    ...matrices(80, 4),
    ...none,
    ...biases,
    null,
    null,
  ];
  // converters give both states one name
  const states = [state(batch, 4), state(batch, 4)].map((tensor) => ({ ...tensor, name: 'state' }));
  return recurrent({
    name,
    code: 'UNIDIRECTIONAL_SEQUENCE_LSTM',
    inputs: [...inputs, ...states],
    output: float(outer, inner, 4),
    options: sequenceLstm(first, clip),
  });
}

/** Operators that keep a state from run to run. */
export const stateCases: readonly OperatorCase[] = [
  lstm('lstm/batch-first', 'batch', [2, 5, 2]),
  lstm('lstm/time-first', 'time', [5, 2, 2]),
  lstm('lstm/one-sequence', 'batch', [1, 3, 1]),
  lstm('lstm/clipped', 'batch', [1, 6, 1], 0.4),
  recurrent({
    name: 'rnn/tanh',
    code: 'UNIDIRECTIONAL_SEQUENCE_RNN',
    inputs: [
      float(2, 4, 3),
      floatConstant(61, 5, 3),
      floatConstant(62, 5, 5),
      floatConstant(63, 5),
      state(2, 5),
    ],
    output: float(2, 4, 5),
    options: sequenceRnn('batch', TANH),
  }),
  recurrent({
    name: 'rnn/relu-time-first',
    code: 'UNIDIRECTIONAL_SEQUENCE_RNN',
    inputs: [
      float(4, 1, 3),
      floatConstant(64, 2, 3),
      floatConstant(65, 2, 2),
      floatConstant(66, 2),
      state(1, 2),
    ],
    output: float(4, 1, 2),
    options: sequenceRnn('time', RELU),
  }),
  recurrent({
    name: 'svdf/rank-2',
    code: 'SVDF',
    inputs: [
      float(2, 3),
      floatConstant(67, 8, 3),
      floatConstant(68, 8, 5),
      floatConstant(69, 4),
      state(2, 40),
    ],
    output: float(2, 4),
    options: svdf(2, RELU),
  }),
  {
    ...recurrent({
      name: 'svdf/int8',
      code: 'SVDF',
      inputs: [
        int8([2, 3], 0.05, 3),
        { ...int8([8, 3], 0.02, 0), data: toBytes(randomTensor({ dtype: 'i8', shape: [8, 3] }, 67).data) },
        { ...int16([8, 5], 0.05), data: toBytes(randomTensor({ dtype: 'i16', shape: [8, 5] }, 68).data) },
        { ...integers([900, -4000, 70, 0]), scale: [Math.fround(0.002 * 0.05)], zeroPoint: [0] },
        { ...int16([2, 40], 0.002), variable: true },
      ],
      output: int8([2, 4], 0.3, -10),
      options: svdf(2, RELU),
    }),
    steps: 1,
  },
  recurrent({
    name: 'svdf/rank-1-no-bias',
    code: 'SVDF',
    inputs: [float(1, 3), floatConstant(57, 4, 3), floatConstant(58, 4, 3), null, state(1, 12)],
    output: float(1, 4),
    options: svdf(1, 0),
  }),
];
