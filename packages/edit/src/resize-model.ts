import { CompileError, type Dim, type Graph, isStatic, type Node, type Value } from '@ghostc/ir';
import { copyGraph } from './copy-graph.ts';
import { findValue } from './find.ts';

/** The model for another batch size (a number, or a name for a symbolic one): the first dimension of every input. */
export function changeBatch(graph: Graph, batch: Dim): Graph {
  return copyGraph(graph, {
    inputType: (input) => ({ ...input.type, shape: [batch, ...input.type.shape.slice(1)] }),
    attrs: keepBatch,
  });
}

/** The model for another shape of one input; throws at the first node that cannot take it. */
export function changeInputShape(graph: Graph, input: string, shape: readonly Dim[]): Graph {
  const value = findValue(graph, input);
  if (!graph.inputs.includes(value)) throw new CompileError('edit/not-found', `%${input} is no input`);
  const inputType = (one: Value) => (one === value ? { ...one.type, shape } : one.type);
  return copyGraph(graph, { inputType, attrs: keepBatch });
}

/** A reshape whose target names the input's own batch copies it instead, so that it fits every batch. */
function keepBatch(node: Node): Node['attrs'] {
  const { shape } = node.attrs;
  const from = node.inputs[0]?.type.shape[0];
  if (node.op !== 'reshape' || !Array.isArray(shape) || from === undefined) return node.attrs;
  const target = shape as readonly number[];
  if (!isStatic(from) || target[0] !== from) return node.attrs;
  return { ...node.attrs, shape: [0, ...target.slice(1)] };
}

/**
 * The model with inputs, outputs or inner values renamed; names that are not in the table stay. Throws `edit/not-found`, and
 * `edit/rename` where two would get one name.
 */
export function renameValues(graph: Graph, names: Readonly<Record<string, string>>): Graph {
  const known = new Set([...graph.outputs.map(({ name }) => name)]);
  for (const name of Object.keys(names)) if (!known.has(name)) findValue(graph, name);
  const taken = Object.values(names).find((name, i, all) => all.indexOf(name) !== i);
  if (taken) throw new CompileError('edit/rename', `two values would be called %${taken}`);
  return copyGraph(graph, { rename: (name) => (Object.hasOwn(names, name) ? (names[name] ?? name) : name) });
}
