/** What a classifier said of an item. */
export interface ItemOutcome {
  /** The class with the largest score, the first of equals; -1 where a score is not a number. */
  readonly predicted: number;
  /** How many classes come before the right one. */
  readonly rank: number;
}

/** Classes in order of their scores, equals in order of their numbers, as a stable sort has them. */
export function itemOutcome(scores: ArrayLike<number>, label: number): ItemOutcome {
  const right = scores[label] ?? 0;
  let predicted = 0;
  let rank = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? 0;
    if (Number.isNaN(score)) return { predicted: -1, rank: scores.length };
    if (score > (scores[predicted] ?? 0)) predicted = i;
    if (score > right || (score === right && i < label)) rank++;
  }
  return { predicted, rank };
}

/** Of a model that gives the class itself. */
export function indexOutcome(predicted: number, label: number): ItemOutcome {
  return { predicted, rank: predicted === label ? 0 : 1 };
}
