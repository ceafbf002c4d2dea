import type { Attr, Attrs, Node } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import type { AttrValues, Named } from './define-op.ts';
import type { Definition } from './registry.ts';

/** An op of the language, by name. */
export type OpName = Definition['name'];
type Defined<N extends OpName> = Extract<Definition, { readonly name: N }>;

/** The attributes of an op, each with its type. */
export type AttrsOf<N extends OpName> = AttrValues<Defined<N>['attrs']>;
type InputsOf<N extends OpName> = Defined<N>['inputs'][number];

/** A node of one of some ops, with attributes typed by those ops. */
export type NodeOf<N extends OpName> = N extends OpName
  ? Omit<Node, 'op' | 'attrs'> & { readonly op: N; readonly attrs: Partial<AttrsOf<N>> }
  : never;

/** The inputs of an op by name, together with its attributes: `{ x, weight, strides: [2, 2] }`. */
export type PartsOf<N extends OpName, T> = Named<InputsOf<N>, T> & Partial<AttrsOf<N>>;

/** A function for each op. */
export type OpFunctions<T, R, More extends readonly unknown[] = []> = {
  readonly [N in OpName]: (parts: PartsOf<N, T>, ...more: More) => R;
};

/** Splits an object of inputs and attributes into ordered inputs and attributes. */
export function partsOf<T>(
  name: string,
  parts: Readonly<Record<string, unknown>>,
): { inputs: (T | null)[]; attrs: Attrs } {
  const attrs: Record<string, Attr> = {};
  const given = new Set(Object.keys(parts));
  const inputs = lookup(name).inputs.flatMap((slot) => {
    const input = slot.replace(/\W/g, '');
    given.delete(input);
    const value = parts[input];
    return slot.endsWith('...') ? (value as T[]) : [(value ?? null) as T | null];
  });
  for (const key of given) if (parts[key] !== undefined) attrs[key] = parts[key] as Attr;
  return { inputs, attrs };
}
