import { CompileError, withLocation } from './compile-error.ts';
import type { Graph, Node, Value } from './graph.ts';
import type { OpRegistry, OpSchema } from './op-schema.ts';
import { formatType, sameType } from './tensor-type.ts';

/**
 * Checks that a graph is well formed: known ops, right number of inputs, attributes of the right kind, every value
 * defined before its use, use lists in step, inferred types equal to the stated ones. Throws the first CompileError.
 */
export function verify(graph: Graph, registry: OpRegistry): void {
  const defined = new Set<Value>([...graph.inputs, ...graph.constants]);
  for (const node of graph.nodes()) {
    withLocation({ node: node.origin[0] ?? node.outputs[0]?.name, op: node.op }, () => {
      verifyNode(node, defined, registry);
    });
    for (const output of node.outputs) defined.add(output);
  }
  for (const { name, value } of graph.outputs) {
    if (!defined.has(value))
      throw new CompileError(
        'verify/output',
        `output ${name} returns %${value.name}, which is not in the graph`,
      );
  }
}

function verifyNode(node: Node, defined: ReadonlySet<Value>, registry: OpRegistry): void {
  const schema = registry.get(node.op);
  if (!schema) throw new CompileError('verify/unknown-op', `unknown op ${node.op}`);
  checkInputs(node, defined, schema);
  checkAttrs(node.attrs, schema);
  checkTypes(node, schema);
}

function checkInputs(node: Node, defined: ReadonlySet<Value>, schema: OpSchema): void {
  const variadic = schema.inputs.at(-1)?.endsWith('...') ?? false;
  const required = schema.inputs.filter((name) => !name.endsWith('?') && !name.endsWith('...')).length;
  if (node.inputs.length < required || (!variadic && node.inputs.length > schema.inputs.length)) {
    throw new CompileError(
      'verify/arity',
      `${node.op} takes (${schema.inputs.join(', ')}), found ${node.inputs.length} inputs`,
    );
  }
  node.inputs.forEach((value, i) => {
    if (value === null) checkAbsent(schema, i);
    else if (!defined.has(value))
      throw new CompileError('verify/dominance', `%${value.name} is used before it is defined`);
    else if (!value.users.has(node))
      throw new CompileError('verify/use-list', `%${value.name} does not list ${node.op} as a user`);
  });
}

function checkAbsent(schema: OpSchema, index: number): void {
  const name = schema.inputs[index];
  if (!name?.endsWith('?'))
    throw new CompileError('verify/arity', `input ${name ?? index} of ${schema.name} is required`);
}

function checkAttrs(attrs: Node['attrs'], schema: OpSchema): void {
  for (const name of Object.keys(attrs)) {
    if (!Object.hasOwn(schema.attrs, name))
      throw new CompileError('verify/attribute', `${schema.name} has no attribute ${name}`);
  }
  for (const [name, spec] of Object.entries(schema.attrs)) {
    const value = attrs[name] ?? spec.default;
    if (!spec.accepts(value)) {
      throw new CompileError(
        'verify/attribute',
        `attribute ${name} of ${schema.name} expects ${spec.expects}, found ${JSON.stringify(value) ?? 'nothing'}`,
      );
    }
  }
}

function checkTypes(node: Node, schema: OpSchema): void {
  const notes = node.inputs.flatMap((value) => (value ? [`%${value.name}: ${formatType(value.type)}`] : []));
  const inferred = inferOrExplain(node, schema, notes);
  node.outputs.forEach((output, i) => {
    const type = inferred[i];
    if (type && sameType(type, output.type)) return;
    const expected = type ? formatType(type) : 'no such output';
    throw new CompileError(
      'verify/type',
      `%${output.name} is ${formatType(output.type)}, inferred ${expected}`,
      {},
      notes,
    );
  });
}

function inferOrExplain(
  node: Node,
  schema: OpSchema,
  notes: readonly string[],
): ReturnType<OpSchema['inferTypes']> {
  try {
    return schema.inferTypes(
      node.inputs.map((value) => value?.type ?? null),
      node.attrs,
    );
  } catch (error) {
    throw error instanceof CompileError ? error.at({}, notes) : error;
  }
}
