import {
  CompileError,
  constantOf,
  type Graph,
  type GraphSource,
  type Node,
  type Value,
  withLocation,
} from '@ghostc/ir';
import { type ExternalData, encodeModel, type NodeProto } from '@ghostc/onnx';
import { onnxNode } from '@ghostc/ops';
import { lineWeights } from './line-form.ts';
import { NodeWriter, outputsOf } from './node-writer.ts';
import { olderForm } from './older-form.ts';
import { type Entry, OnnxGraph, valueInfo } from './onnx-graph.ts';
import { opTable } from './op-table.ts';
import { qdqTable } from './qdq-table.ts';
import { QuantizedWriter } from './quantized-writer.ts';
import { innerNames, type SourceNodes, sourceNodes, writeSourceNode } from './source-nodes.ts';
import { type Split, splitsOf } from './splits.ts';
import { OLDEST, USUAL, versionFor } from './version-for.ts';

export interface OnnxOptions {
  /** Name of the ONNX graph; the graph's own if absent. */
  readonly name?: string;
  /** SHA-256 of what the model is made from, in hex, for its metadata. */
  readonly sourceHash?: string;
  /**
   * The minimum version of the standard ops; 17 if absent. Below 13: the first that can express every node in
   * its form of that version.
   */
  readonly opset?: number | undefined;
  /** Type in which computed 8-bit activations are written, the same but for an offset of 128; i8 if absent. */
  readonly activations?: 'i8' | 'u8' | undefined;
  /** Writes biases of quantised layers as floats: TensorRT dequantises no int32. */
  readonly floatBiases?: boolean | undefined;
  /** Receives the weights, which go into a separate file; if absent, they are in the model. */
  readonly external?: ExternalData | undefined;
  /** What the source model contains besides its graph, and the types of inner values if it declared them. */
  readonly source?: GraphSource | null;
}

/**
 * Writes a graph as an ONNX model of opset 17, or the first later one that has its ops and element types.
 * Quantised ops are written as float ops between DequantizeLinear and QuantizeLinear. Input and output names
 * and symbolic dimensions are kept; the bytes depend only on the graph. Throws `onnx/write` for what the
 * opset cannot express.
 */
export function emitOnnx(
  graph: Graph,
  {
    name = graph.name,
    sourceHash,
    opset: least,
    activations,
    floatBiases = false,
    external,
    source = null,
  }: OnnxOptions = {},
): Uint8Array {
  const unsigned = activations === 'u8' ? computedBytes(graph) : new Set<Value>();
  const wording = { unsigned, floatBiases };
  const { target, names, output, opset, irVersion, node, initializer } = firstOf(
    graph,
    least ?? USUAL,
    wording,
  );
  const input = graph.inputs.map((value) => valueInfo(value.name, value));
  const noted = (one: Entry): object => ({ ...one, ...source?.notes.get(one.name) });
  return encodeModel({
    ir_version: Math.max(irVersion, source?.formatVersion ?? 0),
    producer_name: 'ghostc',
    ...(source && modelFields(source)),
    ...(sourceHash && { metadata_props: [{ key: 'ghostc_source_sha256', value: sourceHash }] }),
    opset_import: [...(opset > 0 ? [{ domain: '', version: opset }] : []), ...domainsOf(target, source)],
    graph: {
      name,
      node,
      initializer: initializer.map(noted).map((one) => external?.moved(one) ?? one),
      input: input.map(noted),
      output: output.map(noted),
      ...(source?.graphDocString && { doc_string: source.graphDocString }),
      ...(source && { metadata_props: source.graphMetadata }),
      ...(source?.statesTypes && { value_info: innerTypes(graph, { names, node }).map(noted) }),
    },
    ...(source && source.functions.length > 0 && { functions: source.functions }),
  });
}

interface Written {
  readonly target: OnnxGraph;
  readonly names: ReadonlyMap<Value, string>;
  readonly output: readonly Entry[];
  readonly node: readonly object[];
  readonly initializer: readonly Entry[];
  readonly opset: number;
  readonly irVersion: number;
}

/** The graph in the first opset from `least` on that can express it. */
function firstOf(graph: Graph, least: number, forms: QuantizedForms): Written {
  const kept = [...graph.nodes()].filter(({ op }) => op === onnxNode.name);
  let opset = Math.max(least, ...kept.map(({ attrs }) => Number(attrs.opset)));
  for (;;) {
    const plain = forms.unsigned.size === 0 && !forms.floatBiases;
    const sources = plain ? sourceNodes(graph, opset) : none;
    const { opset: needed, irVersion } = versionFor(graph, opset, sources.parts);
    if (needed > Math.max(opset, OLDEST)) {
      opset = needed;
      continue;
    }
    const written = { ...inOpset(graph, { ...forms, opset, sources }), irVersion };
    const older = opset < OLDEST ? olderForm(graph, written) : {};
    if (older) return { ...written, ...older };
    opset++;
  }
}

const none: SourceNodes = { byLast: new Map(), parts: new Set() };

interface QuantizedForms {
  readonly unsigned: ReadonlySet<Value>;
  readonly floatBiases: boolean;
}

interface Wording extends QuantizedForms {
  readonly opset: number;
  readonly sources: SourceNodes;
}

/** Nodes that are not as their source has them are of opset 13 or more. */
function inOpset(graph: Graph, { opset, sources, ...forms }: Wording): Omit<Written, 'irVersion'> {
  const names = outputsOf(graph);
  const taken = [...takenNames(graph), ...innerNames(sources)];
  const target = new OnnxGraph(taken, { opset, lines: lineWeights(graph), ...forms });
  renameShadowed(graph, target, names);
  const constants = new Map([...graph.constants].map((value) => [constantOf(value), value]));
  const splits = splitsOf(graph, (node) => !sources.parts.has(node) && !onIntegers(node));
  const written = new Set<Split>();
  for (const node of graph.nodes()) {
    const source = sources.byLast.get(node);
    const split = splits.get(node);
    if (source) writeSourceNode(source, target, { names, constants });
    else if (split && !written.has(split)) new NodeWriter(node, target, names).split(split);
    else if (!split && !sources.parts.has(node)) writeNode(node, target, names);
    if (split) written.add(split);
  }
  const output = graph.outputs.map((one) => passThrough(one, { target, names }));
  return { target, names, output, opset, node: target.nodes, initializer: target.initializers };
}

function writeNode(node: Node, target: OnnxGraph, names: Map<Value, string>): void {
  withLocation({ node: node.origin[0] ?? node.output.name, op: node.op }, () => {
    if (onIntegers(node)) writeQuantized(new QuantizedWriter(node, target, names));
    else found(opTable, node)(new NodeWriter(node, target, names));
  });
}

function modelFields(source: GraphSource): object {
  return {
    producer_name: source.producerName,
    producer_version: source.producerVersion,
    domain: source.domain,
    model_version: source.modelVersion,
    doc_string: source.docString,
    metadata_props: Object.entries(source.metadata).map(([key, value]) => ({ key, value })),
  };
}

function domainsOf({ domains }: OnnxGraph, source: GraphSource | null): object[] {
  const versions = { ...Object.fromEntries([...domains].map((domain) => [domain, 1])), ...source?.domains };
  return Object.entries(versions).map(([domain, version]) => ({ domain, version }));
}

/** Types of the results of nodes; those of quantised values differ from the floats that represent them. */
function innerTypes(graph: Graph, { names, node }: Pick<Written, 'names' | 'node'>): Entry[] {
  const written = new Set(node.flatMap((one) => (one as NodeProto).output ?? []));
  return computed(graph).flatMap((value) => {
    const name = names.get(value) ?? value.name;
    const isStated =
      written.has(name) && !graph.isOutput(value) && !value.type.quant && value.type.opaque !== '';
    return isStated ? [valueInfo(name, value)] : [];
  });
}

/** What nodes compute. */
function computed(graph: Graph): Value[] {
  return [...graph.nodes()].flatMap(({ outputs }) => outputs);
}

/** Values of i8 that nodes compute and nobody outside sees. */
function computedBytes(graph: Graph): Set<Value> {
  return new Set(computed(graph).filter((value) => value.type.dtype === 'i8' && !graph.isOutput(value)));
}

/** Ops on integers, and movement of integers. */
function onIntegers(node: Node): boolean {
  return qdqTable.has(node.op) || Boolean(node.output.type.quant);
}

function writeQuantized(writer: QuantizedWriter): void {
  const { node } = writer;
  const write = qdqTable.get(node.op);
  if (write) write(writer);
  else found(opTable, node)(writer);
}

function found<W>(table: ReadonlyMap<string, W>, { op }: Node): W {
  const write = table.get(op);
  if (write) return write;
  throw new CompileError('onnx/write', `op ${op} has no ONNX form`);
}

/** Graph outputs keep their names: another value that is called like one of them gets a fresh name. */
function renameShadowed(graph: Graph, target: OnnxGraph, names: Map<Value, string>): void {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const inner = [...graph.constants, ...computed(graph)];
  for (const value of inner)
    if (outputs.has(value.name) && !names.has(value)) names.set(value, target.fresh(value.name));
}

function takenNames(graph: Graph): Set<string> {
  const names = new Set([...graph.inputs, ...graph.constants].map((value) => value.name));
  for (const node of graph.nodes()) for (const value of node.outputs) names.add(value.name);
  for (const { name } of graph.outputs) names.add(name);
  return names;
}

/** An output that is an input, a constant, or a value returned under two names, gets a separate Identity. */
function passThrough(
  { name, value }: Graph['outputs'][number],
  { target, names }: { target: OnnxGraph; names: ReadonlyMap<Value, string> },
): Entry {
  const source = value.constant ? target.constant(value, names.get(value)) : (names.get(value) ?? value.name);
  if (source !== name)
    target.node('Identity', [source], { output: name, name: target.fresh(`Identity_${name}`) });
  return valueInfo(name, value);
}
