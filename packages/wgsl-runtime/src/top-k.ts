/** One of the largest values of an output. */
export interface Ranked {
  readonly index: number;
  readonly value: number;
  /** Of the labels that were given. */
  readonly label: string | undefined;
}

/** The `count` largest values, largest first; of equal ones the first first. */
export function topK(values: ArrayLike<number>, count: number, labels: readonly string[] = []): Ranked[] {
  return Array.from(values, (value, index) => ({ index, value, label: labels[index] }))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, count);
}
