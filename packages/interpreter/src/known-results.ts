import type { Node, Tensor } from '@ghostc/ir';

/**
 * Results of nodes by op, attributes and input tensors, the last two by identity: of graphs that are copies of one another in
 * most places (a graph before and after a pass), each node is computed once.
 */
export class KnownResults {
  readonly #ids = new WeakMap<object, number>();
  #nextId = 0;
  readonly #results = new Map<string, readonly Tensor[]>();

  /** The results of a node on these inputs: cached, or computed now. */
  of(
    { op, attrs }: Node,
    inputs: readonly (Tensor | null)[],
    compute: () => readonly Tensor[],
  ): readonly Tensor[] {
    const key = [op, this.#id(attrs), ...inputs.map((tensor) => tensor && this.#id(tensor))].join();
    const known = this.#results.get(key) ?? compute();
    this.#results.set(key, known);
    return known;
  }

  #id(object: object): number {
    const id = this.#ids.get(object) ?? this.#nextId++;
    this.#ids.set(object, id);
    return id;
  }
}
