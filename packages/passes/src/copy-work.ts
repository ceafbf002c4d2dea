import type { Graph, Node, TensorData } from '@ghostc/ir';
import { ConstantWork } from '@ghostc/ops';

const works = new WeakMap<Graph, CopyWork>();

/**
 * Budget of elements for rules that derive constants from ones that other nodes also read: each such rewrite
 * adds a copy and removes none.
 */
export class CopyWork {
  readonly #work: ConstantWork;
  readonly #made = new WeakSet<TensorData>();

  private constructor(graph: Graph) {
    this.#work = new ConstantWork(graph);
  }

  static of(graph: Graph): CopyWork {
    const work = works.get(graph) ?? new CopyWork(graph);
    works.set(graph, work);
    return work;
  }

  allows(elements: number): boolean {
    return this.#work.allows(elements);
  }

  spend(data: TensorData): void {
    if (!this.#made.has(data)) this.#work.spend(data.length);
    this.#made.add(data);
  }
}

/** Elements of constants that other nodes also read. */
export function sharedElements(nodes: readonly Node[]): number {
  let elements = 0;
  for (const { inputs } of nodes)
    for (const value of inputs)
      if (value?.constant && value.users.size > 1) elements += value.constant.data.length;
  return elements;
}
