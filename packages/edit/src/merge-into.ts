import { CompileError, type Graph, type Value } from '@ghostc/ir';
import type { Copies } from '@ghostc/ops';
import { copyOf } from '@ghostc/ops';
import { copyInto } from './copy-graph.ts';
import type { Editor, ValueRef } from './editor.ts';

/** How a graph comes into another. */
export interface MergeOptions {
  /** In front of every name that comes in; a name that is there already gets a suffix otherwise. */
  readonly prefix?: string;
  /** Inputs of the graph that comes in, and the values that they are. */
  readonly connect?: Readonly<Record<string, ValueRef>>;
  /** Inputs of equal name and type are one. */
  readonly shareInputs?: boolean;
}

/** Copies a graph into the editor's; gives its outputs by their names there. */
export function mergeInto(
  e: Editor,
  other: Graph,
  { prefix = '', connect = {}, shareInputs = false }: MergeOptions,
): ReadonlyMap<string, Value> {
  const copies: Copies = new Map();
  for (const [name, ref] of Object.entries(connect)) copies.set(inputOf(other, name), e.value(ref));
  if (shareInputs)
    for (const input of other.inputs) {
      const same = e.graph.inputs.find(({ name }) => name === input.name);
      if (same && !copies.has(input)) copies.set(input, same);
    }
  copyInto(e.graph, other, copies, { rename: (name) => prefix + name });
  return new Map(other.outputs.map(({ name, value }) => [name, copyOf(value, copies)]));
}

function inputOf(graph: Graph, name: string): Value {
  const input = graph.inputs.find((one) => one.name === name);
  if (input) return input;
  const known = graph.inputs.map((one) => one.name).join(', ');
  throw new CompileError('edit/not-found', `the second model has no input ${name}; there are ${known}`);
}
