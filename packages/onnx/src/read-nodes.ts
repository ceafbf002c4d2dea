import { CompileError, type Graph, isStatic, type Node, type Value, withLocation } from '@ghostc/ir';
import { contribTable } from './contrib-table.ts';
import { keepNode, keepUnknown } from './keep-node.ts';
import { NodeReader, type ReadOp } from './node-reader.ts';
import type { NodeProto } from './onnx-types.ts';
import { opTable } from './op-table.ts';
import type { Entry, ReadState } from './read-state.ts';
import { shapeTable } from './shape-table.ts';
import { isSaturated, type ShapeValue } from './shape-value.ts';
import { type NamedNode, sortNodes } from './sort-nodes.ts';
import { rememberSource } from './source-node.ts';
import {
  type Body,
  branchesOf,
  branchOf,
  type Functions,
  functionBody,
  isCall,
  selectResults,
  type Unfolded,
} from './unfold.ts';
import { unrolled } from './unroll.ts';

/**
 * Nodes that functions, branches and loops may unfold to in all, or as many as the model has: a few that call one another in turn could
 * ask for any number.
 */
const MAX_UNFOLDED = 20_000;

/** Nodes of a body that replace a node of the enclosing graph. */
interface Frame {
  readonly nodes: readonly NamedNode[];
  readonly state: ReadState;
  readonly id?: string | undefined;
  readonly finish: () => void;
  at: number;
}

/**
 * Reads nodes in order; functions, branches and loops are read in the place of the nodes that call them, with a stack of our own.
 * To be edited, what cannot be read stays whole, and what can be remembers the node that it was.
 */
export function readNodes(protos: readonly NodeProto[], state: ReadState, functions: Functions): void {
  const room = { unfolded: 0, most: Math.max(MAX_UNFOLDED, protos.length) };
  for (const node of sortNodes(protos)) {
    const { last } = state.graph;
    try {
      readWhole(node, state, { functions, room });
      checkTyped(node, state);
    } catch (error) {
      if (!state.declared || !(error instanceof CompileError)) throw error;
      removeAfter(state.graph, last);
      keepWhole(node, state, error);
    }
    if (state.declared) rememberSource(node.proto, state, last);
  }
}

interface Unfolding {
  readonly functions: Functions;
  readonly room: { unfolded: number; readonly most: number };
}

/** A node with all that it unfolds to. */
function readWhole(node: NamedNode, state: ReadState, { functions, room }: Unfolding): void {
  const frames: Frame[] = [];
  const enter = (node: NamedNode, unfold: () => Unfolded | undefined): void =>
    withLocation({ node: node.name, op: node.proto.op_type ?? '' }, () => {
      const { bodies = [], finish } = unfold() ?? {};
      for (const body of bodies) {
        room.unfolded += Math.max(1, body.nodes.length);
        checkBody(body, frames);
        if (room.unfolded > room.most) throw tooLarge(room.most);
      }
      frames.push(...framesOf(bodies, () => finish && enter(node, finish)));
    });
  enter(node, () => readNode(node, state, functions));
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const { state, nodes } = frame;
    const node = nodes[frame.at++];
    if (node) enter(node, () => readNode(node, state, functions));
    else {
      frames.pop();
      frame.finish();
    }
  }
}

/** Throws if a body returns a result without a declared type. */
function checkTyped({ proto }: NamedNode, { entries, declared }: ReadState): void {
  for (const name of declared ? (proto.output ?? []) : []) {
    const entry = entries.get(name);
    const isOpen = entry && !entry.isUnread && entry.value?.type.opaque === '';
    if (isOpen && declared?.get(name)?.type)
      throw new CompileError('onnx/output', `the type of ${name} does not follow from its body`);
  }
}

function keepWhole({ proto, name }: NamedNode, state: ReadState, error: CompileError): void {
  withLocation({ node: name, op: proto.op_type ?? '' }, () => {
    const values = keepUnknown(new NodeReader(proto, name, state), state.declared ?? new Map(), error);
    setOutputs(proto, state, values);
  });
}

function checkBody({ id }: Body, frames: readonly Frame[]): void {
  if (id !== undefined && frames.some((frame) => frame.id === id))
    throw new CompileError('onnx/recursion', 'this function of the model calls itself');
}

function tooLarge(most: number): CompileError {
  return new CompileError(
    'onnx/too-large',
    `functions, branches and loops unfold to more than ${most} nodes`,
  );
}

/** The last frame is read first; the node is finished after all. */
function framesOf(bodies: readonly Body[], finish: () => void): Frame[] {
  return bodies.map(({ nodes, state, id }, i) => ({
    nodes: sortNodes(nodes, state.call?.prefix),
    state,
    id,
    finish: i === 0 ? finish : () => undefined,
    at: 0,
  }));
}

/** The results of a body become those of the node. */
function inPlace(body: Body, { proto }: NodeReader, outer: ReadState): Unfolded {
  const finish = (): undefined => {
    (proto.output ?? []).forEach((name, i) => {
      const entry = body.state.entries.get(body.outputs[i] ?? '');
      if (name) outer.entries.set(name, entry ?? uncomputed(proto, body.outputs[i]));
    });
  };
  return { bodies: [body], finish };
}

/** Both branches are read; their results are selected from. */
function selected(node: NodeReader, state: ReadState): Unfolded {
  const bodies = branchesOf(node, state);
  const finish = (): undefined => {
    selectResults(node, bodies).forEach((value, i) => {
      state.entries.set(node.proto.output?.[i] ?? '', { value });
    });
  };
  return { bodies, finish };
}

/** Reads the node, or returns the nodes that replace it. */
function readNode({ proto, name }: NamedNode, state: ReadState, functions: Functions): Unfolded | undefined {
  const node = new NodeReader(proto, name, state);
  const known = opTables.get(domainOf(node))?.has(node.op);
  if (!known && isCall(node, functions)) return inPlace(functionBody(node, state, functions), node, state);
  if (node.op === 'If' && domainOf(node) === 'ai.onnx') {
    const taken = branchOf(node, state);
    return taken ? inPlace(taken, node, state) : selected(node, state);
  }
  if (isLoop(node) && !state.declared) return unrolled(node, state);
  const shape = state.declared ? readShapeIfAny(node) : readShape(node);
  const [first = ''] = proto.output ?? [];
  if (shape) state.entries.set(first, { shape, ...(!shape.elements.every(isStatic) && { node }) });
  else readValues(node, state);
  return undefined;
}

/** Where nodes of unknown ops are kept, loops are, too. */
function isLoop(node: NodeReader): boolean {
  return (node.op === 'Loop' || node.op === 'Scan') && domainOf(node) === 'ai.onnx';
}

function domainOf({ proto }: NodeReader): string {
  return proto.domain || 'ai.onnx';
}

/** The node computed on shapes; those that a double cannot hold are left to the ops, which are exact. */
function readShape(node: NodeReader): ShapeValue | undefined {
  if (domainOf(node) !== 'ai.onnx' || node.readsOpaque()) return undefined;
  const shape = shapeTable.get(node.op)?.(node);
  return shape && isSaturated(shape) && shape.elements.every(isStatic) ? undefined : shape;
}

/** What cannot be computed on shapes is left to the ops, which keep it. */
function readShapeIfAny(node: NodeReader): ShapeValue | undefined {
  try {
    return readShape(node);
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

function readValues(node: NodeReader, state: ReadState): void {
  setOutputs(node.proto, state, [readOrKeep(node, state)].flat());
}

function setOutputs(
  { op_type = '', output }: NodeProto,
  { entries }: ReadState,
  values: readonly Value[],
): void {
  (output ?? []).forEach((name, i) => {
    const value = values[i];
    if (name && (value || i > 0)) entries.set(name, value ? { value } : unreadable(op_type));
  });
}

/** By domain. */
const opTables = new Map<string, ReadonlyMap<string, ReadOp>>([
  ['ai.onnx', opTable],
  ['com.microsoft', contribTable],
]);

/** What has no form for sizes that are not known yet stays an ONNX node; to be edited, whatever has none. */
function readOrKeep(node: NodeReader, { declared, graph }: ReadState): ReturnType<ReadOp> {
  const read = opTables.get(domainOf(node))?.get(node.op);
  const { last } = graph;
  try {
    if (!read) throw unsupported(node);
    if (declared && node.readsOpaque()) throw unsupported(node);
    return read(node);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    removeAfter(graph, last);
    const kept =
      (read && domainOf(node) === 'ai.onnx' && keepNode(node, error)) ||
      (declared && keepUnknown(node, declared, error));
    if (!kept) throw read ? node.withBindHint(error) : error;
    return kept;
  }
}

/** What a reading left that was given up. */
function removeAfter(graph: Graph, last: Node | null): void {
  while (graph.last && graph.last !== last) graph.remove(graph.last);
}

function unsupported(node: NodeReader): CompileError {
  const { op, opset } = node;
  const domain = domainOf(node);
  const hint = domain === 'com.microsoft.nchwc' ? laidOutForOneProcessor : '';
  return new CompileError('onnx/unknown-op', `op ${op} (${domain}, opset ${opset}) is not supported${hint}`);
}

const laidOutForOneProcessor =
  ': ONNX Runtime wrote this model for one kind of processor; take the original, or let it optimise no further than ORT_ENABLE_EXTENDED';

/** Second outputs (masks, indices, saved statistics) are only names: reading one is an error. */
function unreadable(op: string): Entry {
  return {
    isUnread: true,
    get value(): never {
      throw new CompileError('onnx/unsupported', `only the first output of ${op} is supported`);
    },
  };
}

function uncomputed({ op_type }: NodeProto, name = ''): never {
  throw new CompileError('onnx/output', `the body of ${op_type} does not compute ${JSON.stringify(name)}`);
}
