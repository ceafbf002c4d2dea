import {
  CompileError,
  type DType,
  entryOf,
  fromNumbers,
  Graph,
  isFloat,
  itemAt,
  type Node,
  type Tensor,
  type TensorType,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { lookup, opsWith } from '@ghostc/ops';
import { isPacked } from './is-packed.ts';
import { large, largeKernels } from './kernels/general/whole.ts';
import { byteKernelOf } from './kernels/kernel-of.ts';
import { at } from './kernels/operands.ts';

/** Types whose every value is a float32: the arena holds them as such. */
const small: ReadonlySet<DType> = new Set([
  'f32',
  'f16',
  'bf16',
  'f8e4m3fn',
  'f8e4m3fnuz',
  'f8e5m2',
  'f8e5m2fnuz',
  'f4e2m1',
  'bool',
  'i8',
  'u8',
  'i16',
  'u16',
  'i4',
  'u4',
  'i2',
  'u2',
]);

const quantizedOps = new Set<string>(opsWith('quantized'));

/** Throws `wgsl/dtype` unless a node's values can be held in float32 and its results be exact in them. */
export function checkCarried(node: Node): void {
  if (isQuantizedOp(node)) checkQuantized(node);
  if (isQuantizedOp(node) || byteKernelOf(node)) return;
  const bytes = [...node.inputs, ...node.outputs].find((value) => value && isPacked(value.type));
  if (bytes)
    throw new CompileError(
      'wgsl/dtype',
      `${node.op} of quantised ${bytes.type.dtype} has no WGSL kernel`,
      at(node),
    );
  const { onIntegers } = lookup(node.op);
  const free = onIntegers === 'moved';
  for (const value of [...node.inputs, ...node.outputs]) {
    const dtype = value?.type.dtype;
    if (!dtype || dtype === 'f32' || dtype === 'bool') continue;
    const index = node.op.startsWith('gather') || node.op === 'scatter_nd';
    const arithmetic = small.has(dtype) && (isFloat(dtype) || onIntegers === 'narrow');
    if (large.has(dtype) && Object.hasOwn(largeKernels, node.op)) continue;
    if ((free || index) && (small.has(dtype) || large.has(dtype))) continue;
    if (arithmetic && !(node.op === 'mod' && isFloat(dtype))) continue;
    throw new CompileError('wgsl/dtype', `${node.op} of ${dtype} has no WGSL kernel`, at(node));
  }
  if (node.op === 'mod' && node.output.type.dtype === 'f32')
    throw new CompileError('wgsl/dtype', 'mod of f32 is not exact in WGSL', at(node));
}

function isQuantizedOp({ op }: Node): boolean {
  return quantizedOps.has(op);
}

/** Quantised ops compute on bytes, with float32 at the boundary and constant biases of 32 bits. */
function checkQuantized(node: Node): void {
  for (const value of [...node.inputs, ...node.outputs]) {
    if (!value || ['f32', 'i8', 'u8'].includes(value.type.dtype)) continue;
    if (value.type.dtype === 'i32' && value.constant && node.inputs[2] === value) continue;
    const problem = `${node.op} of ${value.type.dtype} (%${value.name}) has no WGSL kernel; there are those of i8 and u8`;
    throw new CompileError('wgsl/dtype', problem, at(node));
  }
}

export interface Carried {
  readonly graph: Graph;
  /** The type that each value of the carried graph represents. */
  readonly types: ReadonlyMap<Value, DType>;
}

/** The same graph with every value held in float32, but for quantised bytes and the constants of quantised ops. */
export function carried(source: Graph): Carried {
  const graph = new Graph(source.name);
  const types = new Map<Value, DType>();
  const values = new Map<Value, Value>();
  const keep = (from: Value, to: Value): void => {
    values.set(from, to);
    types.set(to, from.type.dtype);
  };
  for (const input of source.inputs) keep(input, graph.addInput(input.name, carriedType(input.type)));
  for (const value of source.constants)
    if (value.constant)
      keep(
        value,
        graph.addConstant(
          value.name,
          staysInteger(value) ? value.constant : inFloats(value.name, value.constant),
        ),
      );
  for (const node of source.nodes()) {
    const { op, attrs, origin } = node;
    const copy = graph.add({
      ...{ op, attrs, origin },
      inputs: node.inputs.map((value) => value && entryOf(values, value)),
      types: node.outputs.map(({ type }) => carriedType(type)),
      names: node.outputs.map(({ name }) => name),
    });
    node.outputs.forEach((output, i) => keep(output, itemAt(copy.outputs, i)));
  }
  for (const { name, value } of source.outputs) graph.addOutput(name, entryOf(values, value));
  return { graph, types };
}

function carriedType(type: TensorType): TensorType {
  return isPacked(type) ? type : { ...type, dtype: 'f32' };
}

function staysInteger(value: Value): boolean {
  return isPacked(value.type) || [...value.users].some(isQuantizedOp);
}

function inFloats(name: string, tensor: Tensor): Tensor {
  const { dtype, shape, data } = tensor;
  if (dtype === 'f32') return tensor;
  const numbers = toNumbers(tensor);
  const inexact = isFloat(dtype)
    ? -1
    : numbers.findIndex((v) => Math.fround(v) !== v || !Number.isSafeInteger(v));
  if (inexact >= 0)
    throw new CompileError('wgsl/dtype', `%${name} holds ${data[inexact]}, which a float32 cannot hold`);
  return fromNumbers('f32', shape, numbers);
}

/** Whether inputs and outputs of the type can be passed as float32. */
export function isCarried(dtype: DType): boolean {
  return small.has(dtype) || large.has(dtype);
}
