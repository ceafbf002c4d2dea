import { mulberry32 } from '@ghostc/ir';
import { type Nsga2Options, nsga2 } from './nsga2.ts';
import type { Search } from './scored.ts';
import { type Genome, genomeAt, type Space, sizeOf } from './space.ts';

/** How points are chosen; the same strategy on the same space asks for the same points if it gets the same scores. */
export type Strategy =
  | { readonly kind: 'grid' }
  | { readonly kind: 'random'; readonly points: number; readonly seed: number }
  | ({ readonly kind: 'nsga2' } & Nsga2Options);

/** Points that grid and random search ask for at once. */
const BATCH = 256;

/** The search of a strategy. */
export function searchBy(strategy: Strategy, space: Space): Search {
  if (strategy.kind === 'nsga2') return nsga2(space, strategy);
  const indices = strategy.kind === 'grid' ? counted(sizeOf(space)) : drawn(sizeOf(space), strategy);
  return batches(space, indices);
}

/** How many points a strategy asks for at most. */
export function pointsOf(strategy: Strategy, space: Space): number {
  const wanted = {
    grid: () => Number.POSITIVE_INFINITY,
    random: () => (strategy.kind === 'random' ? strategy.points : 0),
    nsga2: () => (strategy.kind === 'nsga2' ? strategy.population * strategy.generations : 0),
  };
  return Math.min(sizeOf(space), wanted[strategy.kind]());
}

function* batches(space: Space, indices: Iterable<number>): Search {
  let batch: Genome[] = [];
  for (const index of indices) {
    batch.push(genomeAt(space, index));
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length) yield batch;
}

function* counted(size: number): Generator<number> {
  for (let index = 0; index < size; index++) yield index;
}

/** Different points, each as likely as any other (Floyd's sample, Bentley 1987). */
function* drawn(size: number, { points, seed }: { points: number; seed: number }): Generator<number> {
  const random = mulberry32(seed);
  const seen = new Set<number>();
  for (let top = size - Math.min(points, size); top < size; top++) {
    const index = Math.floor(random() * (top + 1));
    const taken = seen.has(index) ? top : index;
    seen.add(taken);
    yield taken;
  }
}
