import { CompileError, formatType, type Graph, sameShape } from '@ghostc/ir';
import { edit, type Insertion, type NodeSpec } from './editor.ts';

/**
 * Inserts nodes after a value: everything that read the value reads their result. The spec's inputs name the
 * value.
 */
export function insertAfter(graph: Graph, valueName: string, insertion: NodeSpec | Insertion): Graph {
  return edit(graph, (e) => void e.insertAfter(valueName, insertion));
}

/** Replaces the node that computes a value. Throws `edit/not-found`, and `edit/type` unless the new result has the same type. */
export function replaceNode(graph: Graph, valueName: string, spec: NodeSpec): Graph {
  return edit(graph, (e) => {
    const old = e.nodeOf(valueName);
    const [was, is] = [e.value(valueName).type, e.add(spec)];
    if (was.dtype !== is.type.dtype || !sameShape(was.shape, is.type.shape))
      throw new CompileError(
        'edit/type',
        `the replacement gives ${formatType(is.type)}, expected ${formatType(was)}`,
        { node: old.origin[0], op: spec.op },
      );
    e.replace(valueName, is);
  });
}

/** Removes a node: what read its result reads the input at `slot`. Throws `edit/not-found`. */
export function bypassNode(graph: Graph, valueName: string, slot = 0): Graph {
  return edit(graph, (e) => e.bypass(valueName, slot));
}
