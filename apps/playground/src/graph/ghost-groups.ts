import type { GraphData } from '@ghostc/compiler';

/** Which Ghost module a node of the source becomes part of: id of the node to the module's name. */
export type Groups = ReadonlyMap<string, string>;

/** The optimised graph has a Ghost module as one node, with the names of the nodes that it was. */
export function ghostGroups(source: GraphData, optimized: GraphData): Groups {
  const modules = new Map<string, string>();
  for (const { op, id, origin } of optimized.nodes)
    if (op.includes('ghost')) for (const name of origin) modules.set(name, commonStart(origin) || id);
  const groups = new Map<string, string>();
  for (const { id, origin } of source.nodes) {
    const module = origin.map((name) => modules.get(name)).find(Boolean);
    if (module) groups.set(id, module);
  }
  return groups;
}

/** `blocks.0.ghost1` of `blocks.0.ghost1.primary_conv.0`, `blocks.0.ghost1.cheap_operation.0`. */
function commonStart([first = '', ...others]: readonly string[]): string {
  const parts = first.split(/[./]/);
  const same = parts.findIndex((part, i) => others.some((name) => name.split(/[./]/)[i] !== part));
  return parts.slice(0, same < 0 ? parts.length : same).join('.');
}
