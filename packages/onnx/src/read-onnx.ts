import { CompileError, type Dim, Graph, isStatic, type Shape, type Tensor, withLocation } from '@ghostc/ir';
import { onnxRounding, type Rounding } from '@ghostc/ops';
import { decodeModel } from './codec.ts';
import { ConstantCone } from './constant-cone.ts';
import { contribTable } from './contrib-table.ts';
import { type Entry, NodeReader, type ReadOp, type ReadState } from './node-reader.ts';
import type { GraphProto, ModelProto, ValueInfoProto } from './onnx-types.ts';
import { opTable } from './op-table.ts';
import { shapeTable } from './shape-table.ts';
import { isSaturated, type ShapeValue, tensorOf } from './shape-value.ts';
import { type NamedNode, sortNodes } from './sort-nodes.ts';
import { dtypeOf, type ReadExternal, toTensor } from './tensor-proto.ts';

export interface ReadOptions {
  /** For error messages. */
  readonly file?: string;
  /** Reads external data beside the model; without it such models are refused. */
  readonly external?: ReadExternal;
  /** Sizes of symbolic input dimensions. */
  readonly bind?: ReadonlyMap<string, number>;
  /** Values of inputs that are known at compile time: they become constants. */
  readonly constants?: ReadonlyMap<string, Tensor>;
  /** How quantised layers round that do not say it: `single` as ONNX Runtime if absent, `double` as TFLite. */
  readonly rounding?: Rounding | undefined;
}

/** Versions of the standard ops whose meaning the op table knows. */
const OPSETS = { first: 1, last: 28 } as const;

/**
 * Reads an ONNX model into a graph: names of values and nodes are kept, shapes that are computed from shapes are folded.
 * Throws CompileError `onnx/...` that names file and node.
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): Graph {
  return withLocation(options.file === undefined ? {} : { file: options.file }, () =>
    readModel(decodeModel(bytes), options),
  );
}

function readModel(model: ModelProto, options: ReadOptions): Graph {
  const proto = model.graph as GraphProto;
  const graph = new Graph(proto.name || 'main');
  const state: ReadState = {
    graph,
    entries: new Map<string, Entry>(),
    opset: standardOpset(model),
    readExternal: options.external,
    cone: new ConstantCone(),
    rounding: options.rounding ?? onnxRounding,
  };
  if (proto.sparse_initializer?.length)
    throw new CompileError('onnx/unsupported', 'sparse initializers are not supported');
  readInitializers(proto, state);
  readInputs(proto, state, options);
  for (const node of sortNodes(proto.node ?? [])) readNode(node, state);
  for (const output of proto.output ?? []) readOutput(output, state);
  if (graph.outputs.length === 0)
    throw new CompileError('onnx/decode', 'expected a graph with outputs, found none');
  return graph;
}

function standardOpset(model: ModelProto): number {
  const standard = model.opset_import?.find(({ domain }) => !domain || domain === 'ai.onnx');
  const version = Number(standard?.version?.toString() ?? Number.NaN);
  if (version >= OPSETS.first && version <= OPSETS.last) return version;
  throw new CompileError(
    'onnx/opset',
    `expected opset ${OPSETS.first} to ${OPSETS.last}, found ${standard?.version?.toString() ?? 'none'}`,
  );
}

function readInitializers(proto: GraphProto, { graph, entries, readExternal }: ReadState): void {
  for (const initializer of proto.initializer ?? []) {
    const name = initializer.name ?? '';
    withLocation({ node: name, op: 'initializer' }, () => {
      if (entries.has(name))
        throw new CompileError('onnx/duplicate', `${JSON.stringify(name)} is defined twice`);
      entries.set(name, { value: graph.addConstant(name, toTensor(initializer, readExternal)) });
    });
  }
}

/** Inputs that are initializers too (IR version 3) are constants. */
function readInputs(
  proto: GraphProto,
  { graph, entries }: ReadState,
  { bind = new Map(), constants }: ReadOptions,
): void {
  const initialized = new Set(entries.keys());
  for (const input of proto.input ?? []) {
    const name = input.name ?? '';
    if (initialized.has(name)) continue;
    if (entries.has(name))
      throw new CompileError('onnx/duplicate', `input ${JSON.stringify(name)} is defined twice`);
    const known = constants?.get(name);
    const read = (): Entry => ({
      value: known ? graph.addConstant(name, known) : graph.addInput(name, inputType(input, bind)),
    });
    entries.set(name, withLocation({ node: name, op: 'input' }, read));
  }
}

function inputType(
  { name = '', type }: ValueInfoProto,
  bind: ReadonlyMap<string, number>,
): { dtype: ReturnType<typeof dtypeOf>; shape: Shape } {
  const tensor = type?.tensor_type;
  if (!tensor?.shape) throw new CompileError('onnx/input', `input ${name} has no tensor type with a shape`);
  const shape = (tensor.shape.dim ?? []).map((dim, axis): Dim => {
    if (dim.dim_param) return bind.get(dim.dim_param) ?? symbol(dim.dim_param);
    const size = dim.dim_value === undefined ? Number.NaN : Number(dim.dim_value.toString());
    if (size > 0 || size === 0) return size;
    return bind.get(`${name}_${axis}`) ?? symbol(`${name}_${axis}`);
  });
  return { dtype: dtypeOf(tensor.elem_type), shape };
}

/** A dimension's name as the text form can hold it. */
function symbol(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]+/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `d_${plain}`;
}

function readNode({ proto, name }: NamedNode, state: ReadState): void {
  const op = proto.op_type ?? '';
  withLocation({ node: name, op }, () => {
    const node = new NodeReader(proto, name, state);
    const [first = '', ...others] = proto.output ?? [];
    const shape = readShape(node);
    if (shape) state.entries.set(first, { shape });
    else {
      const [value, ...more] = [readOp(node, state)].flat();
      if (first && value) state.entries.set(first, { value });
      others.forEach((output, i) => {
        const second = more[i];
        if (output) state.entries.set(output, second ? { value: second } : unreadable(op));
      });
    }
  });
}

/** The node computed on shapes; those that a double cannot hold are left to the ops, which are exact. */
function readShape(node: NodeReader): ShapeValue | undefined {
  if (opTables.get(node.proto.domain || 'ai.onnx') !== opTable) return undefined;
  const shape = shapeTable.get(node.op)?.(node);
  return shape && isSaturated(shape) && shape.elements.every(isStatic) ? undefined : shape;
}

/** By domain. */
const opTables = new Map<string, ReadonlyMap<string, ReadOp>>([
  ['ai.onnx', opTable],
  ['com.microsoft', contribTable],
]);

function readOp(node: NodeReader, state: ReadState): ReturnType<ReadOp> {
  const domain = node.proto.domain || 'ai.onnx';
  const read = opTables.get(domain)?.get(node.op);
  if (!read) throw unsupported(node.op, domain, state);
  return read(node);
}

function unsupported(op: string, domain: string, { opset }: ReadState): CompileError {
  return new CompileError('onnx/unknown-op', `op ${op} (${domain}, opset ${opset}) is not supported`);
}

/** Second outputs (masks, indices, saved statistics) exist in name alone: reading one is an error where it is read. */
function unreadable(op: string): Entry {
  return {
    get value(): never {
      throw new CompileError('onnx/unsupported', `only the first output of ${op} is supported`);
    },
  };
}

function readOutput(output: ValueInfoProto, { graph, entries }: ReadState): void {
  const name = output.name ?? '';
  withLocation({ node: name, op: 'output' }, () => {
    const entry = entries.get(name);
    const tensor = entry?.shape && tensorOf(entry.shape);
    if (entry && tensor) entry.value ??= graph.addConstant(name, tensor);
    if (!entry?.value)
      throw new CompileError('onnx/output', `output ${JSON.stringify(name)} is not computed by the graph`);
    const declared = output.type?.tensor_type?.shape?.dim?.map((dim) =>
      dim.dim_value === undefined || dim.dim_param ? undefined : Number(dim.dim_value.toString()),
    );
    checkDeclared(declared, entry.value.type.shape);
    graph.addOutput(name, entry.value);
  });
}

function checkDeclared(declared: readonly (number | undefined)[] | undefined, inferred: Shape): void {
  if (!declared) return;
  const fits =
    declared.length === inferred.length &&
    declared.every((dim, axis) => !dim || !isStatic(inferred[axis] ?? 0) || dim === inferred[axis]);
  if (!fits)
    throw new CompileError(
      'onnx/shape-mismatch',
      `declared as [${declared.map((dim) => dim ?? '?').join(',')}], computed as [${inferred.join(',')}]`,
    );
}

/** Names of the inputs that a caller gives, in the model's order: those that are no initializers. */
export function onnxInputNames(bytes: Uint8Array): string[] {
  const graph = decodeModel(bytes).graph as GraphProto;
  const initialized = new Set((graph.initializer ?? []).map(({ name }) => name));
  return (graph.input ?? []).map(({ name = '' }) => name).filter((name) => !initialized.has(name));
}
