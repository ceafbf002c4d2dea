import { type Graph, isFilled } from '@ghostc/ir';

const BASE_WORK = 2 ** 23;
const WORK_PER_ELEMENT = 64;

/** Work that may be spent on constants of one graph: a base amount, plus some for each element in the file. */
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

  /** Spends the work if that much is left. */
  take(work: number): boolean {
    const allowed = this.allows(work);
    if (allowed) this.spend(work);
    return allowed;
  }
}
