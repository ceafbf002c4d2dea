import { entryOf, itemAt, type Value } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';
import { opTable } from './op-table.ts';

/** The first output of a node that is read as the op `name` of the standard domain. */
export function readAsStandard(name: string, node: NodeReader): Value {
  return itemAt([entryOf(opTable, name)(node)].flat(), 0);
}
