import type { Score } from './dominance.ts';
import type { Genome } from './space.ts';

/** A point with its score. */
export interface Scored extends Score {
  readonly genome: Genome;
}

/** Asks for points in batches, and gets the scores of a batch, in its order, before it asks for the next. */
export type Search = Generator<readonly Genome[], void, readonly Scored[]>;
