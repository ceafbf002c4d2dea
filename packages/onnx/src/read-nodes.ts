import { CompileError, isStatic, withLocation } from '@ghostc/ir';
import { contribTable } from './contrib-table.ts';
import { keepNode, keepUnknown } from './keep-node.ts';
import { NodeReader, type ReadOp } from './node-reader.ts';
import type { NodeProto } from './onnx-types.ts';
import { opTable } from './op-table.ts';
import type { Entry, ReadState } from './read-state.ts';
import { shapeTable } from './shape-table.ts';
import { isSaturated, type ShapeValue } from './shape-value.ts';
import { type NamedNode, sortNodes } from './sort-nodes.ts';
import { type Body, branchOf, type Functions, functionBody, isCall } from './unfold.ts';

/** Nodes that branches and functions may unfold to in all: a few that call one another in turn could ask for any number. */
const MAX_UNFOLDED = 200_000;

/** Nodes on their way into the graph: those of the model, or of a body that stands for one of the nodes outside. */
interface Frame {
  readonly nodes: readonly NamedNode[];
  readonly state: ReadState;
  readonly id?: string | undefined;
  readonly finish: () => void;
  at: number;
}

/** Reads nodes in order; functions and branches are read in the place of the nodes that call them, with a stack of our own. */
export function readNodes(protos: readonly NodeProto[], state: ReadState, functions: Functions): void {
  const frames: Frame[] = [{ nodes: sortNodes(protos), state, finish: () => undefined, at: 0 }];
  let unfolded = 0;
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const node = frame.nodes[frame.at++];
    if (!node) {
      frame.finish();
      frames.pop();
      continue;
    }
    const body = withLocation({ node: node.name, op: node.proto.op_type ?? '' }, () => {
      const inner = readNode(node, frame.state, functions);
      unfolded += inner?.nodes.length ?? 0;
      if (inner) checkBody(inner, frames, unfolded);
      return inner;
    });
    if (body) frames.push(frameOf(body, node, frame.state));
  }
}

function checkBody({ id }: Body, frames: readonly Frame[], unfolded: number): void {
  if (id !== undefined && frames.some((frame) => frame.id === id))
    throw new CompileError('onnx/recursion', 'this function of the model calls itself');
  if (unfolded > MAX_UNFOLDED)
    throw new CompileError(
      'onnx/too-large',
      `functions and branches unfold to more than ${MAX_UNFOLDED} nodes`,
    );
}

function frameOf({ nodes, state, id, outputs }: Body, { proto }: NamedNode, outer: ReadState): Frame {
  const finish = (): void => {
    (proto.output ?? []).forEach((name, i) => {
      const entry = state.entries.get(outputs[i] ?? '');
      if (name) outer.entries.set(name, entry ?? uncomputed(proto, outputs[i]));
    });
  };
  return { nodes: sortNodes(nodes, state.call?.prefix), state, id, finish, at: 0 };
}

/** Reads the node, or gives the nodes that stand for it. */
function readNode({ proto, name }: NamedNode, state: ReadState, functions: Functions): Body | undefined {
  const node = new NodeReader(proto, name, state);
  const known = opTables.get(domainOf(node))?.has(node.op);
  if (!known && isCall(node, functions)) return functionBody(node, state, functions);
  if (node.op === 'If' && domainOf(node) === 'ai.onnx') return branchOf(node, state);
  const shape = readShape(node);
  const [first = ''] = proto.output ?? [];
  if (shape) state.entries.set(first, { shape, ...(!shape.elements.every(isStatic) && { node }) });
  else readValues(node, state);
  return undefined;
}

function domainOf({ proto }: NodeReader): string {
  return proto.domain || 'ai.onnx';
}

/** The node computed on shapes; those that a double cannot hold are left to the ops, which are exact. */
function readShape(node: NodeReader): ShapeValue | undefined {
  if (domainOf(node) !== 'ai.onnx') return undefined;
  const shape = shapeTable.get(node.op)?.(node);
  return shape && isSaturated(shape) && shape.elements.every(isStatic) ? undefined : shape;
}

function readValues(node: NodeReader, { entries, declared }: ReadState): void {
  const values = [readOrKeep(node, declared)].flat();
  (node.proto.output ?? []).forEach((output, i) => {
    const value = values[i];
    if (output && (value || i > 0)) entries.set(output, value ? { value } : unreadable(node.op));
  });
}

/** By domain. */
const opTables = new Map<string, ReadonlyMap<string, ReadOp>>([
  ['ai.onnx', opTable],
  ['com.microsoft', contribTable],
]);

/** What has no form for sizes that are not known yet stays an ONNX node. */
function readOrKeep(node: NodeReader, declared: ReadState['declared']): ReturnType<ReadOp> {
  const read = opTables.get(domainOf(node))?.get(node.op);
  const unknown = read ? undefined : declared && keepUnknown(node, declared);
  if (unknown) return unknown;
  if (!read) throw unsupported(node);
  try {
    return read(node);
  } catch (error) {
    const kept = domainOf(node) === 'ai.onnx' && keepNode(node, error);
    if (!kept) throw error;
    return kept;
  }
}

function unsupported(node: NodeReader): CompileError {
  return new CompileError(
    'onnx/unknown-op',
    `op ${node.op} (${domainOf(node)}, opset ${node.opset}) is not supported`,
  );
}

/** Second outputs (masks, indices, saved statistics) exist in name only: reading one is an error where it is read. */
function unreadable(op: string): Entry {
  return {
    get value(): never {
      throw new CompileError('onnx/unsupported', `only the first output of ${op} is supported`);
    },
  };
}

function uncomputed({ op_type }: NodeProto, name = ''): never {
  throw new CompileError('onnx/output', `the body of ${op_type} does not compute ${JSON.stringify(name)}`);
}
