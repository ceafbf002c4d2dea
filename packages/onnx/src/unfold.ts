import { CompileError, entryOf, formatType, type Value } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';
import type { FunctionProto, GraphProto, NodeProto, ValueInfoProto } from './onnx-types.ts';
import { entryValue, type ReadState, readInitializers, standardOpset } from './read-state.ts';
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

/**
 * The replacement of a node: bodies to read, the last first, and what to do when all are read, which may be
 * more bodies.
 */
export interface Unfolded {
  readonly bodies: readonly Body[];
  readonly finish: () => Unfolded | undefined;
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
  const own = state.declared && { declared: statedTypes(called) };
  return { id, nodes: called.node ?? [], outputs, state: { ...state, ...own, entries, opset, call, names } };
}

/** The types that a graph or a function states of the values that its nodes compute. */
export function statedTypes({ value_info = [], output = [] }: Stated): Map<string, ValueInfoProto> {
  const all = [...value_info, ...output].filter((one) => typeof one !== 'string');
  return new Map(all.map((one) => [one.name ?? '', one]));
}

interface Stated {
  readonly value_info?: readonly ValueInfoProto[];
  readonly output?: readonly (ValueInfoProto | string)[];
}

/** The branch taken by an If; undefined if its condition is known only at run time. */
export function branchOf(node: NodeReader, state: ReadState): Body | undefined {
  const [taken] = node.shape(0)?.elements ?? [];
  if (taken === undefined) return undefined;
  if (typeof taken !== 'number') throw node.needsSizes([taken]);
  const names = (outputs: readonly string[]) =>
    outputs.map((output, i) => [output, node.outputNames[i] ?? ''] as const);
  return branchBody(node, state, { name: taken ? 'then_branch' : 'else_branch', names });
}

/** Both branches of an If whose condition is known at run time: they have no effects, so both may be computed. */
export function branchesOf(node: NodeReader, state: ReadState): readonly [Body, Body] {
  const both = ['then_branch', 'else_branch'].map((name) =>
    branchBody(node, state, { name, names: () => [] }),
  );
  return both as [Body, Body];
}

interface Branch {
  readonly name: string;
  /** What results are called outside. */
  readonly names: (outputs: readonly string[]) => readonly (readonly [string, string])[];
}

function branchBody(node: NodeReader, state: ReadState, { name, names }: Branch): Body {
  const branch: GraphProto | null | undefined = node.attributes.get(name)?.g;
  if (!branch) throw new CompileError('onnx/attribute', `If expects a graph ${name}`);
  const outputs = (branch.output ?? []).map((output) => output.name ?? '');
  const inner = {
    ...state,
    ...(state.declared && { declared: statedTypes(branch) }),
    entries: new Scope(state.entries),
    names: new Map([...(state.names ?? []), ...names(outputs)]),
  };
  readInitializers(branch, inner);
  return { nodes: branch.node ?? [], outputs, state: inner };
}

/** The results of two branches, the first if the condition holds. */
export function selectResults(node: NodeReader, [first, second]: readonly [Body, Body]): Value[] {
  const given = node.input(0);
  const condition = given.type.shape.length ? node.emit('reshape', [given], { shape: [] }) : given;
  return first.outputs.map((name, i) => {
    const [a, b] = [resultOf(first, name), resultOf(second, second.outputs[i])];
    const [one, other] = [formatType(a.type), formatType(b.type)];
    if (one === other) return node.emit('where', [condition, a, b]);
    throw new CompileError(
      'onnx/dynamic-shape',
      `the branches of If give ${one} and ${other}; expected one type, or a condition that is known when the model is read${node.switchHint()}`,
    );
  });
}

function resultOf({ state }: Body, name = ''): Value {
  const entry = state.entries.get(name);
  if (entry) return entryValue(entry, state, name);
  throw new CompileError('onnx/output', `a branch of If does not compute ${JSON.stringify(name)}`);
}
