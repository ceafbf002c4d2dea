import { CompileError, type Graph, itemAt, type Tensor } from '@ghostc/ir';
import { readTensorProto } from '@ghostc/onnx';

/** TensorProtos in the order of the model's outputs. Throws `engine/outputs` for another number of them. */
export function namedOutputs({ outputs }: Graph, protos: readonly Uint8Array[]): Map<string, Tensor> {
  if (protos.length !== outputs.length)
    throw new CompileError('engine/outputs', `expected ${outputs.length} outputs, found ${protos.length}`);
  return new Map(outputs.map(({ name }, i) => [name, readTensorProto(itemAt(protos, i))]));
}
