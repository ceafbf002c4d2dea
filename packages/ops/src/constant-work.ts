import { type Graph, isFilled } from '@ghostc/ir';

const BASE_WORK = 2 ** 23;
const WORK_PER_ELEMENT = 64;

/** Work that may go into constants of one graph: some, and more for each element that the file holds. */
export class ConstantWork {
  #left = BASE_WORK;

  constructor({ constants }: Graph) {
    for (const { constant } of constants)
      if (constant && !isFilled(constant)) this.#left += WORK_PER_ELEMENT * constant.data.length;
  }

  allows(work: number): boolean {
    return work <= this.#left;
  }

  spend(work: number): void {
    this.#left -= work;
  }

  /** Spends it if there is so much. */
  take(work: number): boolean {
    const allowed = this.allows(work);
    if (allowed) this.spend(work);
    return allowed;
  }
}
