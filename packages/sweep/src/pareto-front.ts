import { dominates, type Score } from './dominance.ts';

/** What a front keeps of a point. */
export interface FrontEntry extends Score {
  readonly id: string;
}

/** The points that violate nothing and that no other point dominates, as points come in. */
export class ParetoFront {
  #entries: FrontEntry[] = [];

  /** In the order in which they came. */
  get entries(): readonly FrontEntry[] {
    return this.#entries;
  }

  add(entry: FrontEntry): void {
    if (entry.violation > 0 || this.#entries.some((one) => one.id === entry.id || dominates(one, entry)))
      return;
    this.#entries = [...this.#entries.filter((one) => !dominates(entry, one)), entry];
  }
}
