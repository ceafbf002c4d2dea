import { CompileError, type Dim, type Graph, type Value } from '@ghostc/ir';
import { copyGraph } from './copy-graph.ts';
import { findValue } from './find.ts';

/** The model for another shape of one input; throws at the first node that cannot take it. */
export function changeInputShape(graph: Graph, input: string, shape: readonly Dim[]): Graph {
  const value = findValue(graph, input);
  if (!graph.inputs.includes(value)) throw new CompileError('edit/not-found', `%${input} is no input`);
  const inputType = (one: Value) => (one === value ? { ...one.type, shape } : one.type);
  return copyGraph(graph, { inputType });
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
