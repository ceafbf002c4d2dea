import type { Attr, Graph } from '@ghostc/ir';
import { lookup, nhwcOps, type OpDefinition, registry, withDefaults } from '@ghostc/ops';

/** Ops that random models have: all but those that only passes create, or that cannot be run. */
export const drawnOps = [...registry.values()].filter(
  (op) => !/^(gpu|mcu|kept)$/.test(op.computed) && !nhwcOps.includes(op),
);

/** Attributes whose default is the only supported value. */
const fixed = new Set(['qlinear_softmax y_scale']);

/** Counts nodes of each op, by element type and kind of attribute value, and what never occurred. */
export interface CoverageRow {
  readonly op: string;
  readonly nodes: number;
  readonly types: readonly string[];
  /** `NAME=KIND COUNT`. */
  readonly attributes: readonly string[];
  readonly missing: readonly string[];
}

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
        this.#count(`${node.op} ${name}=${kindOf(value, attrs[name] ?? {})}`);
    }
  }

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** The least used of some values of an attribute. */
  rarest({ name, attrs }: OpDefinition, attr: string, words: readonly string[]): string {
    const count = (word: string): number => this.of(`${name} ${attr}=${kindOf(word, attrs[attr] ?? {})}`);
    return words.reduce((least, word) => (count(word) < count(least) ? word : least));
  }

  /** Ops, and non-default attribute values, that no model had. */
  missing(ops: readonly OpDefinition[] = drawnOps): string[] {
    return ops.flatMap(({ name, attrs }) => {
      if (!this.of(name)) return [name];
      return Object.entries(attrs).flatMap(([attr, { words, default: usual }]) => {
        if (fixed.has(`${name} ${attr}`)) return [];
        const kinds = words ? words.filter((word) => word !== usual && attr !== 'to') : ['other'];
        return kinds.flatMap((kind) => (this.of(`${name} ${attr}=${kind}`) ? [] : `${name} ${attr}=${kind}`));
      });
    });
  }

  /** What a run had of an op. */
  row(op: OpDefinition): CoverageRow {
    const start = `${op.name} `;
    const own = [...this.counts].flatMap(([key, count]): [string, number][] =>
      key.startsWith(start) ? [[key.slice(start.length), count]] : [],
    );
    const types = own.flatMap(([key]) => (key.includes('=') ? [] : key));
    const attributes = own.flatMap(([key, count]) => (key.includes('=') ? `${key} ${count}` : []));
    return { op: op.name, nodes: this.of(op.name), types, attributes, missing: this.missing([op]) };
  }

  #count(key: string): void {
    this.counts.set(key, this.of(key) + 1);
  }
}

/** `default`, the word, or `other`. */
function kindOf(
  value: Attr,
  { default: usual, words }: { default?: Attr; words?: readonly string[] },
): string {
  if (JSON.stringify(value) === JSON.stringify(usual)) return 'default';
  return typeof value === 'string' && (words || usual !== undefined) ? value : 'other';
}
