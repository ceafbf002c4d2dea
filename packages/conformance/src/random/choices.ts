import { itemAt, mulberry32 } from '@ghostc/ir';

/** Seeded choices. */
export class Choices {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = mulberry32(seed);
  }

  /** An integer with 0 <= result < limit. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** An integer with low <= result <= high. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    return itemAt(items, this.below(items.length));
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  list<T>(length: number, draw: (at: number) => T): T[] {
    return Array.from({ length }, (_, at) => draw(at));
  }
}
