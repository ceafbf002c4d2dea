import { CompileError, type DType, opaqueType, type Shape, type TensorType } from '@ghostc/ir';
import { int, text, texts } from './attr-spec.ts';
import { defineOp, outputTypes } from './define-op.ts';

/**
 * A node of an ONNX model that the graph cannot represent, because of symbolic sizes or its op: it is written
 * back to ONNX unchanged.
 * `proto` is its NodeProto as JSON, with `1` for each input and output that is present; `types` are the types
 * of its outputs, as JSON;
 * `reason` states what was missing; `captures` names the last inputs in the bodies that read them.
 */
export const onnxNode = defineOp({
  name: 'onnx_node',
  inputs: ['xs...'],
  attrs: {
    op_type: text(),
    opset: int(),
    proto: text(),
    types: texts(),
    reason: text(),
    captures: texts([]),
  },
  traits: ['kept'],
  computed: 'kept',
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  error: { kind: 'unbounded' },
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer: (_inputs, { types }) => outputTypes(types.map(typeOf)),
  evaluate(_inputs, { op_type, reason }) {
    throw new CompileError('onnx/dynamic-shape', `${op_type} is kept for ONNX only: ${reason}`);
  },
});

function typeOf(text: string): TensorType {
  const { dtype, shape, opaque } = JSON.parse(text) as { dtype: DType; shape: Shape; opaque?: string };
  return opaque === undefined ? { dtype, shape } : opaqueType(opaque);
}
