import { CompileError, isStatic, opaqueType, type TensorType, type Value } from '@ghostc/ir';
import { nodeToJson, typeToJson } from './codec.ts';
import { sizeOf } from './input-dims.ts';
import { keptTypes } from './kept-types.ts';
import type { NodeReader } from './node-reader.ts';
import type { ValueInfoProto } from './onnx-types.ts';
import { outerNames } from './outer-names.ts';
import type { Entry } from './read-state.ts';
import { dtypeOf, isDataType } from './tensor-proto.ts';

/** Codes of errors that sizes would have prevented. */
const needSizes: ReadonlySet<string> = new Set([
  ...['onnx/dynamic-shape', 'shape/symbolic', 'shape/broadcast'],
  ...['conv2d/infer', 'gemm/infer', 'matmul/infer'],
  ...['concat/infer', 'reshape/infer', 'resize/symbolic', 'slice/symbolic'],
]);

/**
 * Keeps a node that has no static form because sizes are symbolic, as an ONNX node. Undefined if that is not
 * the reason, or if its result's rank is unknown.
 */
export function keepNode(node: NodeReader, error: unknown): readonly Value[] | undefined {
  if (!(error instanceof CompileError) || !needSizes.has(error.code) || !isSymbolic(node)) return undefined;
  const types = keptTypes(node);
  return types && emitKept(node, types, error.detail);
}

/**
 * A node that has no form here, with the types that the model states for its results, or those that follow from its op; a result
 * with neither is of a type that is not known. Values that bodies read from outside are inputs after those of the node.
 */
export function keepUnknown(
  node: NodeReader,
  declared: ReadonlyMap<string, ValueInfoProto>,
  { detail }: CompileError,
): readonly Value[] {
  const known = knownTypes(node);
  const fresh = (preferred: string): string => node.freshDim(preferred);
  const types = (node.proto.output ?? []).map((name, i) =>
    name ? (statedType(declared.get(name), fresh) ?? known[i] ?? opaqueType()) : unnamed,
  );
  return emitKept(node, types, detail);
}

/** What follows from a standard op and the types of its inputs. */
function knownTypes(node: NodeReader): readonly (TensorType | undefined)[] {
  if ((node.proto.domain || 'ai.onnx') !== 'ai.onnx') return [];
  try {
    return (node.readsOpaque() ? undefined : keptTypes(node)) ?? bodyTypes(node);
  } catch (error) {
    if (error instanceof CompileError) return [];
    throw error;
  }
}

/** What the body of a Loop or Scan states: the last values of what it carries, then a new first axis of what it collects. */
function bodyTypes(node: NodeReader): readonly (TensorType | undefined)[] {
  const body = node.attributes.get('body')?.g;
  if (!body || (node.op !== 'Loop' && node.op !== 'Scan')) return [];
  const results = (body.output ?? []).slice(node.op === 'Loop' ? 1 : 0);
  const carried =
    node.op === 'Loop' ? node.inputCount - 2 : node.inputCount - node.int('num_scan_inputs', node.inputCount);
  return results.map((info, i) => {
    const type = statedType(info, (preferred) => node.freshDim(preferred));
    const name = node.outputNames[i] ?? '';
    if (i < carried || !type) return type;
    return type.opaque === undefined
      ? { ...type, shape: [node.freshDim(`${name}_0`), ...type.shape] }
      : undefined;
  });
}

/** Of an output that the model leaves out. */
const unnamed: TensorType = { dtype: 'f32', shape: [] };

/** The declared type: a tensor of numbers with a known number of axes, or its notation. */
export function statedType(
  info: ValueInfoProto | undefined,
  fresh: (preferred: string) => string,
): TensorType | undefined {
  const type = info?.type;
  if (!type || Object.keys(type).length === 0) return undefined;
  const dims = type.tensor_type?.shape?.dim;
  if (!dims || !isDataType(type.tensor_type?.elem_type)) return opaqueType(typeToJson(type));
  const shape = dims.map(
    (dim, axis) => sizeOf(dim) ?? (dim.dim_param || fresh(`${info?.name ?? ''}_${axis}`)),
  );
  return { dtype: dtypeOf(type.tensor_type?.elem_type), shape };
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
  const present = (names: readonly string[] = [], has: (i: number) => boolean): string[] =>
    names.map((_, i) => (has(i) ? '1' : ''));
  const { domain, input, output } = node.proto;
  const outer = [...node.attributes.values()].flatMap(outerNames);
  const captures = [...new Set(outer)].filter((name) => node.isKnown(name));
  const proto = {
    op_type: node.op,
    input: present(input, (i) => node.has(i)),
    ...(output?.includes('') && { output: present(output, (i) => Boolean(output[i])) }),
    attribute: [...node.attributes.values()],
    ...(domain && { domain }),
  };
  const inputs = [...node.inputs(), ...captures.map((name) => node.named(name))];
  return node.emitAll('onnx_node', inputs, {
    op_type: node.op,
    opset: node.opset,
    proto: nodeToJson(proto),
    types: types.map(({ dtype, shape, opaque }) => JSON.stringify({ dtype, shape, opaque })),
    reason,
    ...(captures.length > 0 && { captures }),
  });
}
