import { leaky, softmax } from '../operator-options.ts';
import { float, int8, int16, type OperatorCase, rows } from './operator-case.ts';

const X = int8([1, 4, 3, 5], 0.05, 3);
const positive = int8([1, 4, 3, 5], 0.04, -128);
const wide = int16([1, 4, 3, 5], 0.0003);

/** Smaller than, of two scales. */
function compared(): OperatorCase {
  const tensors = [X, positive, { ...float(1, 4, 3, 5), type: 'BOOL' as const }, float(1, 4, 3, 5)];
  const operators = [
    { code: 'LESS', inputs: [0, 1], outputs: [2] },
    { code: 'CAST', inputs: [2], outputs: [3] },
  ] as const;
  return { name: 'less/int8-of-two-scales', spec: { tensors, operators, inputs: [0, 1], outputs: [3] } };
}

/** Rounded in between, or by a table of 16 bits whose steps between entries are straight. */
const steps: Readonly<Record<string, number>> = {
  'squared-difference/int8': 1,
  'softmax/int16': 8,
  'logistic/int16': 1,
  'tanh/int16': 2,
  'leaky-relu/int16': 1,
};

/**
 * Operators on integers that are read in real numbers. Not SUM: the reference kernel of LiteRT 2.3 gives noise for it, its
 * optimised kernel what we give.
 */
export const realCases: readonly OperatorCase[] = [
  compared(),
  ...rows([
    ['rsqrt/int8', 'RSQRT', [positive], int8([1, 4, 3, 5], 0.02, -128)],
    ['squared-difference/int8', 'SQUARED_DIFFERENCE', [X, positive], int8([1, 4, 3, 5], 0.8, -128)],
    ['abs/int8', 'ABS', [X], int8([1, 4, 3, 5], 0.06, -128)],
    ['l2-normalization/int8', 'L2_NORMALIZATION', [int8([1, 6, 5], 0.05, 3)], int8([1, 6, 5], 1 / 128, 0)],
    ['log-softmax/int8', 'LOG_SOFTMAX', [int8([4, 6], 0.05, 3)], int8([4, 6], 16 / 256, 127)],
    ['softmax/int16', 'SOFTMAX', [int16([4, 6], 0.0003)], int16([4, 6], 1 / 32768), softmax(1)],
    ['logistic/int16', 'LOGISTIC', [wide], int16([1, 4, 3, 5], 1 / 32768)],
    ['tanh/int16', 'TANH', [wide], int16([1, 4, 3, 5], 1 / 32768)],
    ['leaky-relu/int16', 'LEAKY_RELU', [wide], int16([1, 4, 3, 5], 0.0004), leaky(0.3)],
    ['relu/int16', 'RELU', [wide], int16([1, 4, 3, 5], 0.0002)],
  ]),
].map((one) => ({ ...one, steps: steps[one.name] ?? 0 }));
