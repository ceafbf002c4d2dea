import { CompileError, entryOf } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';
import type { FunctionProto, GraphProto, NodeProto } from './onnx-types.ts';
import { type ReadState, readInitializers, standardOpset } from './read-state.ts';
import { Scope } from './scope.ts';

/** A branch of an If or the body of a function, to be read in the place of its node. */
export interface Body {
  readonly nodes: readonly NodeProto[];
  readonly state: ReadState;
  /** Of a function: it may not call itself. */
  readonly id?: string;
  /** Its results, in the order of the node's outputs. */
  readonly outputs: readonly string[];
}

/** The functions of a model by domain, name and overload. */
export type Functions = ReadonlyMap<string, FunctionProto>;

export function functionsOf(functions: readonly FunctionProto[] = []): Functions {
  return new Map(functions.map((one) => [functionId(one, one.name), one]));
}

function functionId({ domain, overload }: NodeProto | FunctionProto, name: string | undefined): string {
  return JSON.stringify([domain || 'ai.onnx', name, overload || '']);
}

export function isCall({ proto }: NodeReader, functions: Functions): boolean {
  return functions.has(functionId(proto, proto.op_type));
}

/** The body of the function that the node calls. */
export function functionBody(node: NodeReader, state: ReadState, functions: Functions): Body {
  const id = functionId(node.proto, node.op);
  const called = entryOf(functions, id);
  const entries = new Scope();
  const formals = called.input ?? [];
  formals.forEach((name, i) => {
    if (node.has(i)) entries.set(name, node.entry(i));
  });
  const defaults = (called.attribute_proto ?? []).map((one) => [one.name ?? '', one] as const);
  const call = {
    prefix: `${node.name}/`,
    attributes: new Map([...defaults, ...node.attributes]),
    absent: new Set(formals.filter((_, i) => !node.has(i))),
  };
  const outputs = called.output ?? [];
  const opset = called.opset_import?.length ? standardOpset(called.opset_import) : state.opset;
  const names = new Map(outputs.map((name, i) => [name, node.outputNames[i] ?? '']));
  return { id, nodes: called.node ?? [], outputs, state: { ...state, entries, opset, call, names } };
}

/** The branch that an If takes; its condition must follow from constants and shapes. */
export function branchOf(node: NodeReader, state: ReadState): Body {
  const [taken] = node.dims(0, 'the condition');
  if (typeof taken !== 'number') throw node.needsSizes([taken ?? '?']);
  const name = taken ? 'then_branch' : 'else_branch';
  const branch: GraphProto | null | undefined = node.attributes.get(name)?.g;
  if (!branch) throw new CompileError('onnx/attribute', `If expects a graph ${name}`);
  const outputs = (branch.output ?? []).map((output) => output.name ?? '');
  const names = new Map([
    ...(state.names ?? []),
    ...outputs.map((output, i): [string, string] => [output, node.outputNames[i] ?? '']),
  ]);
  const inner = { ...state, entries: new Scope(state.entries), names };
  readInitializers(branch, inner);
  return { nodes: branch.node ?? [], outputs, state: inner };
}
