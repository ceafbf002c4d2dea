import { CompileError, type Graph, isStatic, type Node, type Value } from '@ghostc/ir';

/** Why channels cannot be removed. */
interface Pin {
  readonly node: Node | null;
  readonly reason: string;
}

/** Channels (elements of axis 1) of all values, in classes that can only be removed together. */
export class ChannelClasses {
  readonly #first = new Map<Value, number>();
  readonly #parents: number[] = [];
  readonly #pins = new Map<number, Pin>();
  #removed: ReadonlySet<number> = new Set();

  constructor(graph: Graph) {
    for (const value of graph.inputs) this.#add(value);
    for (const node of graph.nodes()) for (const value of node.outputs) this.#add(value);
  }

  /** How many channels a value has; 0 if unknown, or if it is a constant. */
  count(value: Value | null | undefined): number {
    return value && this.#first.has(value) ? Number(value.type.shape[1]) : 0;
  }

  /** Ties channel i of one value to channel j of another. */
  join(a: Value, i: number, b: Value, j: number): void {
    const [one, other] = [this.#find(this.#id(a, i)), this.#find(this.#id(b, j))];
    if (one === other) return;
    this.#parents[other] = one;
    const pin = this.#pins.get(other);
    if (pin && !this.#pins.has(one)) this.#pins.set(one, pin);
  }

  /** Ties every channel of one value to that of the other. */
  joinAll(a: Value, b: Value): void {
    for (let i = 0; i < this.count(a); i++) this.join(a, i, b, i);
  }

  /** No channel of the value may be removed. */
  pin(value: Value | null, node: Node | null, reason: string): void {
    for (let i = 0; i < this.count(value); i++) {
      const found = this.#find(this.#id(value as Value, i));
      if (!this.#pins.has(found)) this.#pins.set(found, { node, reason });
    }
  }

  /** Removes the classes of these channels. Throws `edit/prune` if one of them must stay or does not exist. */
  remove(value: Value, channels: readonly number[]): void {
    const gone = channels.map((channel) => {
      if (!Number.isInteger(channel) || channel < 0 || channel >= this.count(value))
        throw new CompileError(
          'edit/prune',
          `%${value.name} has ${this.count(value)} channels, found channel ${channel}`,
        );
      const found = this.#find(this.#id(value, channel));
      const pin = this.#pins.get(found);
      if (pin) throw pinned(value, channel, pin);
      return found;
    });
    this.#removed = new Set([...this.#removed, ...gone]);
  }

  /** The remaining channels. Throws `edit/prune` if none remains. */
  kept(value: Value): number[] {
    const count = this.count(value);
    const kept = Array.from({ length: count }, (_, i) => i).filter(
      (i) => !this.#removed.has(this.#find(this.#id(value, i))),
    );
    if (count > 0 && kept.length === 0)
      throw new CompileError('edit/prune', `no channel of %${value.name} would be left`);
    return kept;
  }

  #add(value: Value): void {
    const [, channels] = value.type.shape;
    if (channels === undefined || !isStatic(channels)) return;
    this.#first.set(value, this.#parents.length);
    for (let i = 0; i < channels; i++) this.#parents.push(this.#parents.length);
  }

  #id(value: Value, channel: number): number {
    return (this.#first.get(value) ?? 0) + channel;
  }

  #find(id: number): number {
    let root = id;
    for (let next = this.#parents[root] ?? root; next !== root; next = this.#parents[root] ?? root)
      root = next;
    for (let at = id; at !== root; ) {
      const next = this.#parents[at] ?? root;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }
}

function pinned(value: Value, channel: number, { node, reason }: Pin): CompileError {
  return new CompileError('edit/prune', `channel ${channel} of %${value.name} has to stay: ${reason}`, {
    node: node?.origin[0] ?? node?.output.name,
    op: node?.op,
  });
}
