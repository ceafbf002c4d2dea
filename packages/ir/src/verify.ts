import { CompileError, type ErrorLocation, withLocation } from './compile-error.ts';
import type { Graph } from './graph.ts';
import type { Node, Value } from './node.ts';
import type { OpRegistry, OpSchema } from './op-schema.ts';
import { tensorType } from './tensor.ts';
import { formatType, sameType } from './tensor-type.ts';

/**
 * Checks that a graph is well formed: known ops, right number of inputs, attributes of the right kind, every
 * value defined once and before its use, consistent use lists, inferred types equal to the declared ones,
 * outputs with unique names. Throws the first CompileError.
 */
export function verify(graph: Graph, registry: OpRegistry): void {
  const defined = new Set<Value>([...graph.inputs, ...graph.constants]);
  for (const value of graph.constants) checkConstant(value);
  for (const node of graph.nodes()) {
    withLocation(locationOf(node), () => {
      verifyNode(node, defined, registry);
      for (const output of node.outputs) define(output, node, defined);
    });
  }
  checkUsers(graph, defined);
  checkOutputs(graph, defined);
}

function locationOf(node: Node): ErrorLocation {
  return { node: node.origin[0] ?? node.outputs[0]?.name, op: node.op };
}

function checkConstant(value: Value): void {
  const stored = value.constant && tensorType(value.constant);
  if (stored && sameType(stored, value.type)) return;
  throw new CompileError(
    'verify/constant',
    `%${value.name} is ${formatType(value.type)}, its data ${stored ? formatType(stored) : 'is absent'}`,
  );
}

function define(output: Value, node: Node, defined: Set<Value>): void {
  if (output.producer !== node)
    throw new CompileError('verify/producer', `%${output.name} names another node as its producer`);
  if (defined.has(output)) throw new CompileError('verify/redefined', `%${output.name} is defined twice`);
  defined.add(output);
}

/**
 * Users that are no longer in the graph, or no longer read the value. Since `checkUses` ensures that all
 * readers are users, a value with as many users as readers has no others.
 */
function checkUsers(graph: Graph, defined: ReadonlySet<Value>): void {
  const readers = new Map<Value, number>();
  for (const { inputs } of graph.nodes())
    for (const value of inputs.length === 1 ? inputs : new Set(inputs))
      if (value) readers.set(value, (readers.get(value) ?? 0) + 1);
  for (const value of defined)
    if (value.users.size !== (readers.get(value) ?? 0)) throwFalseUser(graph, defined);
}

/** Throws for the first user that does not read a value. */
function throwFalseUser(graph: Graph, defined: ReadonlySet<Value>): void {
  const readers = new Map<Value, Set<Node>>();
  for (const node of graph.nodes())
    for (const value of node.inputs)
      if (value) readers.set(value, (readers.get(value) ?? new Set()).add(node));
  for (const value of defined) {
    for (const user of value.users) {
      if (readers.get(value)?.has(user)) continue;
      const present = user.outputs.every((output) => defined.has(output));
      throw new CompileError(
        'verify/use-list',
        `%${value.name} lists ${user.op} as a user, which ${present ? 'does not read it' : 'is not in the graph'}`,
        locationOf(user),
      );
    }
  }
}

function checkOutputs(graph: Graph, defined: ReadonlySet<Value>): void {
  const names = new Set<string>();
  for (const { name, value } of graph.outputs) {
    if (!defined.has(value))
      throw new CompileError(
        'verify/output',
        `output ${name} returns %${value.name}, which is not in the graph`,
      );
    if (names.has(name)) throw new CompileError('verify/output', `two outputs are called ${name}`);
    names.add(name);
  }
}

function verifyNode(node: Node, defined: ReadonlySet<Value>, registry: OpRegistry): void {
  const schema = registry.get(node.op);
  if (!schema) throw new CompileError('verify/unknown-op', `unknown op ${node.op}`);
  checkInputs(node.inputs, schema);
  checkUses(node, defined);
  checkAttrs(node.attrs, schema);
  checkTypes(node, schema);
}

function checkUses(node: Node, defined: ReadonlySet<Value>): void {
  for (const value of node.inputs) {
    if (!value) continue;
    if (!defined.has(value))
      throw new CompileError('verify/dominance', `%${value.name} is used before it is defined`);
    if (!value.users.has(node))
      throw new CompileError('verify/use-list', `%${value.name} does not list ${node.op} as a user`);
  }
}

/** Throws `verify/arity` unless the op takes that many inputs, each required one present. */
export function checkInputs(inputs: readonly (Value | null)[], schema: OpSchema): void {
  const variadic = schema.inputs.at(-1)?.endsWith('...') ?? false;
  const required = schema.inputs.filter((name) => !name.endsWith('?') && !name.endsWith('...')).length;
  if (inputs.length < required || (!variadic && inputs.length > schema.inputs.length)) {
    throw new CompileError(
      'verify/arity',
      `${schema.name} takes (${schema.inputs.join(', ')}), found ${inputs.length} inputs`,
    );
  }
  inputs.forEach((value, i) => {
    if (value === null) checkAbsent(schema, i);
  });
}

function checkAbsent(schema: OpSchema, index: number): void {
  const name = schema.inputs[index];
  if (!name?.endsWith('?'))
    throw new CompileError('verify/arity', `input ${name ?? index} of ${schema.name} is required`);
}

/** Throws `verify/attribute` for an unknown, missing or ill-typed attribute. */
export function checkAttrs(attrs: Node['attrs'], schema: OpSchema): void {
  for (const name in attrs) {
    if (!Object.hasOwn(schema.attrs, name))
      throw new CompileError('verify/attribute', `${schema.name} has no attribute ${name}`);
  }
  for (const name in schema.attrs) {
    const spec = schema.attrs[name];
    const value = attrs[name] ?? spec?.default;
    if (spec && !spec.accepts(value)) {
      throw new CompileError(
        'verify/attribute',
        `attribute ${name} of ${schema.name} expects ${spec.expects}, found ${JSON.stringify(value) ?? 'nothing'}`,
      );
    }
  }
}

function checkTypes(node: Node, schema: OpSchema): void {
  const inferred = inferOrExplain(node, schema);
  if (inferred.length !== node.outputs.length)
    throw new CompileError(
      'verify/type',
      `${schema.name} gives ${inferred.length} values, found ${node.outputs.length}`,
    );
  node.outputs.forEach((output, i) => {
    const type = inferred[i];
    if (type && sameType(type, output.type)) return;
    const expected = type ? formatType(type) : 'no such output';
    throw new CompileError(
      'verify/type',
      `%${output.name} is ${formatType(output.type)}, inferred ${expected}`,
      {},
      inputNotes(node),
    );
  });
}

function inputNotes(node: Node): string[] {
  return node.inputs.flatMap((value) => (value ? [`%${value.name}: ${formatType(value.type)}`] : []));
}

function inferOrExplain(node: Node, schema: OpSchema): ReturnType<OpSchema['inferTypes']> {
  try {
    return schema.inferTypes(
      node.inputs.map((value) => value?.type ?? null),
      node.attrs,
    );
  } catch (error) {
    throw error instanceof CompileError ? error.at({}, inputNotes(node)) : error;
  }
}
