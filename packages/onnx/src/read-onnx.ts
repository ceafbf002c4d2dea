import { CompileError, Graph, opaqueType, type Tensor, type TensorType, withLocation } from '@ghostc/ir';
import { ConstantCone, hasKept, onnxRounding, type Rounding } from '@ghostc/ops';
import { decodeModel, typeToJson } from './codec.ts';
import { boundBy } from './fixed-inputs.ts';
import { dimsOf, InputDims } from './input-dims.ts';
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './onnx-types.ts';
import { readNodes } from './read-nodes.ts';
import { readSource } from './read-source.ts';
import { type Entry, entryValue, type ReadState, readInitializers, standardOpset } from './read-state.ts';
import { Scope } from './scope.ts';
import { dtypeOf, isDataType, type ReadExternal } from './tensor-proto.ts';
import { functionsOf, statedTypes } from './unfold.ts';

export interface ReadOptions {
  /** For error messages. */
  readonly file?: string;
  /** Reads external data next to the model; without it such models are refused. */
  readonly external?: ReadExternal;
  /** Sizes of symbolic input dimensions, and values of scalar inputs of integers, which become constants. */
  readonly bind?: ReadonlyMap<string, number>;
  /** Values of inputs that are known at compile time: they become constants. */
  readonly constants?: ReadonlyMap<string, Tensor>;
  /** Keeps nodes of unsupported ops unchanged, with the types that the model declares for their results. */
  readonly keepUnknown?: boolean;
  /**
   * Rounding of quantised layers that do not specify it: `single` as ONNX Runtime if absent, `double` as
   * TFLite.
   */
  readonly rounding?: Rounding | undefined;
}

/** Elements that ConstantOfShape, Range and their like may fill in, all together: more than ResNet-50 has weights. */
const MAX_FILLED = 2 ** 25;

/**
 * Reads an ONNX model into a graph: names of values and nodes are kept, shapes that are computed from shapes are folded.
 * Throws CompileError `onnx/...` that names file and node.
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): Graph {
  return withLocation(options.file === undefined ? {} : { file: options.file }, () =>
    readSized(decodeModel(bytes), options),
  );
}

function readSized(model: ModelProto, options: ReadOptions): Graph {
  const graph = readModel(model, options);
  if (!hasKept(graph)) return graph;
  const { file, bind = [] } = options;
  graph.withSizes = (sizes) =>
    withLocation(file === undefined ? {} : { file }, () =>
      readSized(model, { ...options, bind: new Map([...bind, ...sizes]) }),
    );
  return graph;
}

function readModel(model: ModelProto, options: ReadOptions): Graph {
  const proto = options.keepUnknown
    ? withConstantNodes(model.graph as GraphProto)
    : (model.graph as GraphProto);
  const graph = new Graph(proto.name || 'main');
  const given = givenInputs(proto);
  const { sizes, values } = boundBy(given, options.bind);
  const state: ReadState = {
    graph,
    entries: new Scope(),
    dims: new InputDims(given, sizes),
    // a model without standard ops, which is kept whole, names none
    opset: standardOpset(model.opset_import, options.keepUnknown ? 0 : undefined),
    readExternal: options.external,
    cone: new ConstantCone(graph),
    room: { elements: MAX_FILLED },
    rounding: options.rounding ?? onnxRounding,
    ...(options.keepUnknown && { declared: statedTypes(proto) }),
  };
  graph.source = readSource(model, state.opset);
  if (proto.sparse_initializer?.length)
    throw new CompileError('onnx/unsupported', 'sparse initializers are not supported');
  readInitializers(proto, state);
  readInputs(given, state, new Map([...values, ...(options.constants ?? [])]));
  readNodes(proto.node ?? [], state, functionsOf(model.functions));
  for (const output of proto.output ?? []) readOutput(output, state);
  if (graph.outputs.length === 0)
    throw new CompileError('onnx/decode', 'expected a graph with outputs, found none');
  return graph;
}

/** Initializers that are no tensors of numbers, as Constant nodes, which can be kept. */
function withConstantNodes(proto: GraphProto): GraphProto {
  const { initializer = [], sparse_initializer = [], node = [] } = proto;
  const [numbers, others] = [true, false].map((wanted) =>
    initializer.filter(({ data_type }) => isDataType(data_type) === wanted),
  );
  const constants = [
    ...(others ?? []).map((t) => constantNode(t.name, { name: 'value', type: 4, t })),
    ...sparse_initializer.map((one) =>
      constantNode(one.values?.name, { name: 'sparse_value', type: 11, sparse_tensor: one }),
    ),
  ];
  return { ...proto, initializer: numbers ?? [], sparse_initializer: [], node: [...constants, ...node] };
}

function constantNode(name = '', attribute: object): NodeProto {
  return { op_type: 'Constant', name, output: [name], attribute: [attribute] };
}

/** Inputs that are initializers too (IR version 3) are constants. */
function givenInputs({ initializer = [], input = [] }: GraphProto): readonly ValueInfoProto[] {
  const initialized = new Set(initializer.map(({ name }) => name));
  return input.filter(({ name }) => !initialized.has(name));
}

function readInputs(
  inputs: readonly ValueInfoProto[],
  state: ReadState,
  constants: ReadonlyMap<string, Tensor>,
): void {
  const { graph, entries } = state;
  for (const input of inputs) {
    const name = input.name ?? '';
    if (entries.has(name))
      throw new CompileError('onnx/duplicate', `input ${JSON.stringify(name)} is defined twice`);
    const known = constants.get(name);
    const read = (): Entry => ({
      value: known ? graph.addConstant(name, known) : graph.addInput(name, inputType(input, state)),
    });
    entries.set(name, withLocation({ node: name, op: 'input' }, read));
  }
}

function inputType(input: ValueInfoProto, { dims, declared }: ReadState): TensorType {
  const { shape: stated, elem_type } = input.type?.tensor_type ?? {};
  if (declared && input.type && !(stated && isDataType(elem_type))) return opaqueType(typeToJson(input.type));
  const shape = dimsOf(input).map((dim, axis) => dims.dim(dim, { input, axis }));
  return { dtype: dtypeOf(input.type?.tensor_type?.elem_type), shape };
}

/**
 * Uses the computed shape, whatever is declared: if they differ, ONNX Runtime only warns, and old exporters
 * are wrong.
 */
function readOutput(output: ValueInfoProto, state: ReadState): void {
  const { graph, entries } = state;
  const name = output.name ?? '';
  withLocation({ node: name, op: 'output' }, () => {
    const entry = entries.get(name);
    if (!entry)
      throw new CompileError('onnx/output', `output ${JSON.stringify(name)} is not computed by the graph`);
    graph.addOutput(name, entryValue(entry, state, name));
  });
}

/** Names of the inputs that a caller must provide, in the model's order: those without an initializer. */
export function onnxInputNames(bytes: Uint8Array): string[] {
  return givenInputs(decodeModel(bytes).graph as GraphProto).map(({ name = '' }) => name);
}

/** Ops that a model has, those of the bodies of its If and Loop too. */
export function onnxOps(bytes: Uint8Array): Set<string> {
  return new Set(opsOf(decodeModel(bytes).graph as GraphProto));
}

function opsOf({ node = [] }: GraphProto): string[] {
  return node.flatMap(({ op_type = '', attribute = [] }) => [
    op_type,
    ...attribute.flatMap(({ g }) => (g ? opsOf(g) : [])),
  ]);
}
