import type { Dim, Graph } from '@ghostc/ir';
import { edit } from './editor.ts';

/** The model for another shape of one input; throws at the first node that does not allow it. */
export function changeInputShape(graph: Graph, input: string, shape: readonly Dim[]): Graph {
  return edit(graph, (e) => e.setInput(input, { shape }));
}

/**
 * The model with inputs, outputs or inner values renamed, by a table or a function; names not in the table
 * are unchanged. Throws `edit/not-found`, and `ir/name` if two would get the same name.
 */
export function renameValues(
  graph: Graph,
  names: Readonly<Record<string, string>> | ((name: string) => string),
): Graph {
  return edit(graph, (e) => e.rename(names));
}
