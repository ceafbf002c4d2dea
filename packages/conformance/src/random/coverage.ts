import type { Attr, Graph } from '@ghostc/ir';
import { lookup, nhwcOps, type OpDefinition, registry, withDefaults } from '@ghostc/ops';

/** Ops that random models have: all but those that only passes make, or that stand for what cannot be run. */
export const drawnOps = [...registry.values()].filter(
  (op) => !/^(gpu|mcu|kept)$/.test(op.computed) && !nhwcOps.includes(op),
);

/** Attributes whose default is the only value that their op takes. */
const fixed = new Set(['qlinear_softmax y_scale']);

/** How often a run had each op, each element type of it and each kind of value of its attributes. */
export class Coverage {
  readonly counts = new Map<string, number>();

  add(graph: Graph): void {
    for (const node of graph.nodes()) {
      const { attrs } = lookup(node.op);
      const dtypes = new Set([...node.inputs, ...node.outputs].flatMap((value) => value?.type.dtype ?? []));
      this.#count(node.op);
      for (const dtype of dtypes) this.#count(`${node.op} ${dtype}`);
      for (const [name, value] of Object.entries(withDefaults(attrs, node.attrs)))
        this.#count(`${node.op} ${name}=${kindOf(value, attrs[name]?.default)}`);
    }
  }

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** Of some words the one that an attribute had least often. */
  rarest({ name, attrs }: OpDefinition, attr: string, words: readonly string[]): string {
    const count = (word: string): number => this.of(`${name} ${attr}=${kindOf(word, attrs[attr]?.default)}`);
    return words.reduce((least, word) => (count(word) < count(least) ? word : least));
  }

  /** Ops, and attributes of theirs beside their default, that no model had. */
  missing(ops: readonly OpDefinition[] = drawnOps): string[] {
    return ops.flatMap(({ name, attrs }) => {
      if (!this.of(name)) return [name];
      return Object.entries(attrs).flatMap(([attr, { words, default: usual }]) => {
        if (fixed.has(`${name} ${attr}`)) return [];
        const kinds = words && attr !== 'to' ? words.filter((word) => word !== usual) : ['other'];
        return kinds.flatMap((kind) => (this.of(`${name} ${attr}=${kind}`) ? [] : `${name} ${attr}=${kind}`));
      });
    });
  }

  #count(key: string): void {
    this.counts.set(key, this.of(key) + 1);
  }
}

/** `default`, the word, or `other`. */
function kindOf(value: Attr, usual: Attr | undefined): string {
  if (JSON.stringify(value) === JSON.stringify(usual)) return 'default';
  return typeof value === 'string' && usual !== undefined ? value : 'other';
}
