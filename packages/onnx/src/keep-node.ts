import { CompileError, isStatic, type TensorType, type Value } from '@ghostc/ir';
import { nodeToJson } from './codec.ts';
import { keptTypes } from './kept-types.ts';
import type { NodeReader } from './node-reader.ts';
import type { ValueInfoProto } from './onnx-types.ts';
import type { Entry } from './read-state.ts';
import { dtypeOf } from './tensor-proto.ts';

/** Codes of errors that sizes would have prevented. */
const needSizes: ReadonlySet<string> = new Set([
  ...['onnx/dynamic-shape', 'shape/symbolic', 'shape/broadcast'],
  ...['conv2d/infer', 'gemm/infer', 'matmul/infer'],
  ...['concat/infer', 'reshape/infer', 'resize/symbolic', 'slice/symbolic'],
]);

/**
 * A node that has no static form because sizes are symbolic, as the ONNX node that it is. Undefined where that is not the
 * reason, or where its result's rank is unknown.
 */
export function keepNode(node: NodeReader, error: unknown): readonly Value[] | undefined {
  if (!(error instanceof CompileError) || !needSizes.has(error.code) || !isSymbolic(node)) return undefined;
  const types = keptTypes(node);
  return types && emitKept(node, types, error.detail);
}

/** A node of an op that has no form here, with the types that the model states. Undefined where it states none, or the node has a body. */
export function keepUnknown(
  node: NodeReader,
  declared: ReadonlyMap<string, ValueInfoProto>,
): readonly Value[] | undefined {
  const types = (node.proto.output ?? []).map((name) => statedType(node, declared.get(name)));
  const hasBody = [...node.attributes.values()].some(({ g, graphs }) => g || graphs?.length);
  if (hasBody || !types.every((type) => type !== undefined)) return undefined;
  return emitKept(node, types, 'the op has no form here');
}

function statedType(node: NodeReader, info: ValueInfoProto | undefined): TensorType | undefined {
  const tensor = info?.type?.tensor_type;
  const dims = tensor?.shape?.dim;
  if (!dims) return undefined;
  const shape = dims.map(
    ({ dim_value, dim_param }, axis) =>
      dim_param ||
      (dim_value === undefined ? node.freshDim(`${info?.name ?? ''}_${axis}`) : Number(dim_value)),
  );
  return { dtype: dtypeOf(tensor?.elem_type), shape };
}

function isSymbolic(node: NodeReader): boolean {
  return node.presentInputs().some((i) => {
    const { shape, value } = node.entry(i);
    return !(shape?.elements ?? value?.type.shape ?? []).every(isStatic);
  });
}

/** The value of a symbolic shape: the nodes that compute it, each after those that it reads. */
export function keepShape(wanted: Entry): Value {
  const stack = [wanted];
  for (let entry = stack.at(-1); entry; entry = stack.at(-1)) {
    const { node, shape } = entry;
    const waiting = entry.value || !node ? [] : waitingInputs(node);
    stack.push(...waiting);
    if (waiting.length > 0) continue;
    stack.pop();
    if (node && shape && !entry.value) {
      const type: TensorType = { dtype: shape.dtype, shape: shape.scalar ? [] : [shape.elements.length] };
      entry.value = emitKept(node, [type], 'its input has symbolic sizes')[0];
    }
  }
  if (wanted.value) return wanted.value;
  throw new CompileError('onnx/dynamic-shape', 'a symbolic shape is needed as a value');
}

function waitingInputs(node: NodeReader): Entry[] {
  const entries = node.presentInputs().map((i) => node.entry(i));
  return entries.filter(
    ({ value, shape, node: source }) => !value && source && !shape?.elements.every(isStatic),
  );
}

function emitKept(node: NodeReader, types: readonly TensorType[], reason: string): readonly Value[] {
  const input = (node.proto.input ?? []).map((_, i) => (node.has(i) ? '1' : ''));
  const { domain } = node.proto;
  const proto = {
    op_type: node.op,
    input,
    attribute: [...node.attributes.values()],
    ...(domain && { domain }),
  };
  return node.emitAll('onnx_node', node.inputs(), {
    op_type: node.op,
    opset: node.opset,
    proto: nodeToJson(proto),
    types: types.map(({ dtype, shape }) => JSON.stringify({ dtype, shape })),
    reason,
  });
}
