import { CompileError, messageOf } from '@ghostc/ir';
import Long from 'long';
import protobuf from 'protobufjs/light.js';
import { onnxDescriptor } from './generated/onnx-descriptor.ts';
import type { ModelProto, NodeProto, TensorProto } from './onnx-types.ts';

protobuf.util.Long = Long;
protobuf.configure();

const root = protobuf.Root.fromJSON(onnxDescriptor as protobuf.INamespace);
const modelType = root.lookupType('onnx.ModelProto');
const nodeType = root.lookupType('onnx.NodeProto');
const typeType = root.lookupType('onnx.TypeProto');
const tensorType = root.lookupType('onnx.TensorProto');

/** Decodes a ModelProto. Throws `onnx/decode` when the bytes are no ONNX model. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const model = decode(modelType, bytes, 'an ONNX model') as ModelProto;
  if (!model.graph || !model.opset_import?.length) {
    throw new CompileError(
      'onnx/decode',
      `expected an ONNX model, found ${bytes.length} bytes without a graph or an opset`,
    );
  }
  return model;
}

export function decodeTensor(bytes: Uint8Array): TensorProto {
  return decode(tensorType, bytes, 'a TensorProto') as TensorProto;
}

/** A NodeProto as JSON text, with 64-bit integers and bytes as strings; `nodeFromJson` reads it. */
export function nodeToJson(node: NodeProto): string {
  return JSON.stringify(
    nodeType.toObject(nodeType.create(node), { longs: String, bytes: String, json: true }),
  );
}

export function nodeFromJson(text: string): NodeProto {
  return nodeType.fromObject(JSON.parse(text)) as NodeProto;
}

/** A TypeProto as JSON text; `typeFromJson` reads it. */
export function typeToJson(type: object): string {
  return JSON.stringify(typeType.toObject(typeType.create(type), { longs: String, json: true }));
}

export function typeFromJson(text: string): object {
  return typeType.fromObject(JSON.parse(text));
}

/** Encodes a plain object with the fields of ModelProto. 64-bit integers are Longs or safe numbers. */
export function encodeModel(model: object): Uint8Array {
  return encode(modelType, model);
}

export function encodeTensor(tensor: object): Uint8Array {
  return encode(tensorType, tensor);
}

function encode(type: protobuf.Type, message: object): Uint8Array {
  const problem = type.verify({ ...message });
  if (problem) throw new CompileError('onnx/encode', problem);
  return type.encode(type.create({ ...message })).finish();
}

function decode(type: protobuf.Type, bytes: Uint8Array, what: string): object {
  if (bytes.length === 0) throw new CompileError('onnx/decode', `expected ${what}, found an empty file`);
  try {
    return type.decode(bytes);
  } catch (error) {
    const reason = messageOf(error);
    throw new CompileError(
      'onnx/decode',
      `expected ${what}, found ${bytes.length} bytes that do not decode (${reason}): truncated, or another format`,
    );
  }
}
