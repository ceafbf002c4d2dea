import type { Dim, Graph } from '@ghostc/ir';
import { edit } from '../editor.ts';

/**
 * The model for another batch size, a number or a name for a symbolic one. Samples are followed through the
 * graph from the first axis of the inputs, and every number derived from the batch changes; each sample gets
 * the same result as before. Throws `edit/batch` at the first node that would mix samples, or might.
 */
export function changeBatch(graph: Graph, batch: Dim): Graph {
  return edit(graph, (e) => e.batch(batch));
}
