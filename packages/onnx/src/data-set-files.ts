import type { Tensor } from '@ghostc/ir';
import { writeTensorProto } from './tensor-proto.ts';

/** Tensors of one run, in the order of the model's inputs and outputs. */
export interface RunTensors {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** The files of a data set next to an ONNX model, by name: `test_data_set_0/input_0.pb`, ... */
export function dataSetFiles({ inputs, outputs }: RunTensors): [name: string, content: Uint8Array][] {
  const files = (kind: string, tensors: readonly Tensor[]) =>
    tensors.map((tensor, i): [string, Uint8Array] => [
      `test_data_set_0/${kind}_${i}.pb`,
      writeTensorProto(tensor),
    ]);
  return [...files('input', inputs), ...files('output', outputs)];
}
