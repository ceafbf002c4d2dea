import { itemAt, mulberry32 } from '@ghostc/ir';
import { dominates } from './dominance.ts';
import type { Scored, Search } from './scored.ts';
import type { Genome, Space } from './space.ts';
import { crossed, mutated, type Random } from './vary.ts';

/** Options of `nsga2`. */
export interface Nsga2Options {
  /** Points of a generation. */
  readonly population: number;
  readonly generations: number;
  readonly seed: number;
}

/** A point with its place among the others: front 0 is dominated by none; a large distance has few neighbours. */
interface Ranked extends Scored {
  readonly rank: number;
  readonly distance: number;
}

/** How often a child that was asked for before is changed again. */
const TRIES = 20;

/**
 * NSGA-II (Deb, Pratap, Agarwal, Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE Transactions
 * on Evolutionary Computation 6(2), 2002). No point is asked for twice.
 */
export function* nsga2(space: Space, { population, generations, seed }: Nsga2Options): Search {
  const random = mulberry32(seed);
  const asked = new Set<string>();
  const fresh = (make: () => Genome): Genome[] => freshOnes(population, make, { space, random, asked });
  let parents = survivors(yield fresh(() => anyGenome(space, random)), population);
  for (let generation = 1; generation < generations; generation++) {
    const chosen = (): Genome => tournament(parents, random).genome;
    const children = fresh(() => crossed(chosen(), chosen(), { space, random }));
    if (children.length === 0) return;
    parents = survivors([...parents, ...(yield children)], population);
  }
}

interface Asking {
  readonly space: Space;
  readonly random: Random;
  readonly asked: Set<string>;
}

/** Up to `count` genomes that were not asked for before. */
function freshOnes(count: number, make: () => Genome, { space, random, asked }: Asking): Genome[] {
  const genomes: Genome[] = [];
  for (let i = 0; i < count; i++) {
    let genome = make();
    for (let left = TRIES; asked.has(genome.join()) && left > 0; left--)
      genome = mutated(genome, { space, random });
    if (asked.has(genome.join())) continue;
    asked.add(genome.join());
    genomes.push(genome);
  }
  return genomes;
}

function anyGenome(space: Space, random: Random): Genome {
  return space.map(({ values }) => Math.floor(random() * values.length));
}

/** The better of two at random: by front, then by distance. */
function tournament(parents: readonly Ranked[], random: Random): Ranked {
  const any = (): Ranked => itemAt(parents, Math.floor(random() * parents.length));
  const [a, b] = [any(), any()];
  return compare(a, b) <= 0 ? a : b;
}

function compare(a: Ranked, b: Ranked): number {
  return a.rank - b.rank || b.distance - a.distance;
}

/** The best `count`, front by front; of the front that does not fit as a whole, those with the largest distances. */
function survivors(all: readonly Scored[], count: number): Ranked[] {
  const ranked = sortIntoFronts(all).flatMap((front, rank) => {
    const distances = crowdingDistances(front);
    return front.map((one, i): Ranked => ({ ...one, rank, distance: itemAt(distances, i) }));
  });
  return ranked.sort(compare).slice(0, count); // the sort is stable
}

/** Fast nondominated sort: front k is what only fronts before it dominate. */
export function sortIntoFronts<T extends Scored>(all: readonly T[]): T[][] {
  const dominated = all.map((a) => all.flatMap((b, j) => (dominates(a, b) ? [j] : [])));
  const dominators = all.map(() => 0);
  for (const list of dominated) for (const j of list) dominators[j] = itemAt(dominators, j) + 1;
  const isFree = (j: number): boolean => {
    dominators[j] = itemAt(dominators, j) - 1;
    return dominators[j] === 0;
  };
  const fronts: T[][] = [];
  let front = all.flatMap((_, i) => (dominators[i] === 0 ? [i] : []));
  while (front.length) {
    fronts.push(front.map((i) => itemAt(all, i)));
    front = front.flatMap((i) => itemAt(dominated, i).filter(isFree));
  }
  return fronts;
}

/** Of each point of a front: the sum over objectives of the gap between its neighbours, over the range; ends are infinite. */
export function crowdingDistances(front: readonly Scored[]): number[] {
  const distances = front.map(() => 0);
  const count = front[0]?.objectives.length ?? 0;
  for (let k = 0; k < count; k++) {
    const value = (i: number): number => itemAt(itemAt(front, i).objectives, k);
    const order = front.map((_, i) => i).sort((a, b) => ascending(value(a), value(b)));
    const [first, last] = [itemAt(order, 0), itemAt(order, -1)];
    const range = value(last) - value(first);
    distances[first] = distances[last] = Number.POSITIVE_INFINITY;
    if (!(range > 0 && Number.isFinite(range))) continue;
    for (let i = 1; i < order.length - 1; i++) {
      const [before, at, after] = [itemAt(order, i - 1), itemAt(order, i), itemAt(order, i + 1)];
      distances[at] = itemAt(distances, at) + (value(after) - value(before)) / range;
    }
  }
  return distances;
}

/** Infinities are equal to one another. */
function ascending(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
