import { CompileError, type Graph, type GraphSource, type Value } from '@ghostc/ir';
import type { Copies } from '@ghostc/ops';
import { copyOf } from '@ghostc/ops';
import { copyInto, renamedNotes } from './copy-graph.ts';
import type { Editor, ValueRef } from './editor.ts';

/** How a graph is merged into another. */
export interface MergeOptions {
  /** Prefix of every merged name; without it, a name that is already used gets a suffix. */
  readonly prefix?: string;
  /** Inputs of the merged graph, and the values they become. */
  readonly connect?: Readonly<Record<string, ValueRef>>;
  /** Inputs of equal name and type are merged. */
  readonly shareInputs?: boolean;
}

/** Copies a graph into the editor's; returns its outputs by their names there. */
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
  const rename = (name: string): string => prefix + name;
  e.graph.source = mergedSource(e.graph.source, other.source && renamedNotes(other.source, rename));
  copyInto(e.graph, other, copies, { rename });
  return new Map(other.outputs.map(({ name, value }) => [name, copyOf(value, copies)]));
}

function inputOf(graph: Graph, name: string): Value {
  const input = graph.inputs.find((one) => one.name === name);
  if (input) return input;
  const known = graph.inputs.map((one) => one.name).join(', ');
  throw new CompileError('edit/not-found', `the second model has no input ${name}; there are ${known}`);
}

/** What both files contain apart from the graph: the first's, plus the domains and functions of the second. */
function mergedSource(first: GraphSource | null, second: GraphSource | null): GraphSource | null {
  if (!first || !second) return first ?? second;
  const functions = new Map(first.functions.map((one) => [nameOf(one), one]));
  for (const one of second.functions) {
    const known = functions.get(nameOf(one));
    if (known && JSON.stringify(known) !== JSON.stringify(one))
      throw new CompileError('edit/merge', `both models have a function ${nameOf(one)}, and they differ`);
    functions.set(nameOf(one), one);
  }
  return {
    ...first,
    domains: { ...second.domains, ...first.domains },
    formatVersion: Math.max(first.formatVersion, second.formatVersion),
    functions: [...functions.values()],
    notes: new Map([...second.notes, ...first.notes]),
  };
}

function nameOf({ name = '', domain = '', overload = '' }: FunctionName): string {
  return `${name}${overload && `:${overload}`} (${domain})`;
}

interface FunctionName {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
}
