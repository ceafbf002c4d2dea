import { type Attrs, CompileError, type Value } from '@ghostc/ir';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import type { OperatorReader } from '../operator-reader.ts';

const attrs: Readonly<Record<number, Attrs>> = {
  [ActivationFunctionType.NONE]: {},
  [ActivationFunctionType.RELU]: { activation: 'relu' },
  [ActivationFunctionType.RELU_N1_TO_1]: { activation: 'clip', activation_params: [-1, 1] },
  [ActivationFunctionType.RELU6]: { activation: 'clip', activation_params: [0, 6] },
  [ActivationFunctionType.TANH]: { activation: 'tanh' },
};

/** A fused activation as attributes of the op that carries it. */
export function activationAttributes(kind: ActivationFunctionType): Attrs {
  const found = attrs[kind];
  if (found) return found;
  throw new CompileError(
    'tflite/unsupported',
    `the fused activation ${ActivationFunctionType[kind] ?? kind} is not supported`,
  );
}

/** A fused activation after an op that carries none. */
export function activated(node: OperatorReader, value: Value, kind: ActivationFunctionType): Value {
  const { activation, activation_params: [min = 0, max = 0] = [] } = activationAttributes(kind) as {
    activation?: string;
    activation_params?: readonly number[];
  };
  if (activation === undefined) return value;
  return node.emit(activation, [value], activation === 'clip' ? { min, max } : {});
}
