import { itemAt, type Tensor, toNumbers } from '@ghostc/ir';

/** Signal-to-quantisation-noise ratio, 10 log10(sum(want^2) / sum((want - got)^2)) in dB, summed over tensors. */
export class SignalToNoise {
  #signal = 0;
  #noise = 0;

  add(want: ArrayLike<number>, got: ArrayLike<number>): void {
    for (let i = 0; i < want.length; i++) {
      const value = want[i] ?? 0;
      this.#signal += value * value;
      this.#noise += (value - (got[i] ?? 0)) ** 2;
    }
  }

  /** Outputs of two graphs, in the same order. */
  addOutputs(want: Iterable<Tensor>, got: Iterable<Tensor>): void {
    const found = [...got];
    [...want].forEach((tensor, i) => {
      this.add(toNumbers(tensor), toNumbers(itemAt(found, i)));
    });
  }

  /** Infinity if nothing differs. */
  get decibels(): number {
    if (this.#noise === 0) return Number.POSITIVE_INFINITY;
    return this.#signal === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(this.#signal / this.#noise);
  }
}
