import { itemAt } from '@ghostc/ir';
import type { Axis, Genome, Space } from './space.ts';

/** Uniform in [0, 1). */
export type Random = () => number;

interface Varying {
  readonly space: Space;
  readonly random: Random;
}

/** How near children stay to their parents: Deb's distribution indices. */
const CROSSOVER_INDEX = 15;
const MUTATION_INDEX = 20;
const CROSSOVER_CHANCE = 0.9;

/** A child of two points, mutated: simulated binary crossover (Deb and Agrawal 1995) on ordered axes, either value on others. */
export function crossed(a: Genome, b: Genome, { space, random }: Varying): Genome {
  const child =
    random() < CROSSOVER_CHANCE
      ? space.map((axis, i) => blend(axis, [itemAt(a, i), itemAt(b, i)], random))
      : a;
  const changed = (axis: Axis, i: number): number =>
    random() < 1 / space.length ? changedValue(axis, itemAt(child, i), random) : itemAt(child, i);
  return space.map(changed);
}

/** The point with one of its values changed. */
export function mutated(genome: Genome, { space, random }: Varying): Genome {
  const at = Math.floor(random() * space.length);
  return space.map((axis, i) =>
    i === at ? changedValue(axis, itemAt(genome, i), random) : itemAt(genome, i),
  );
}

/** One of the two children c = ((a + b) -+ s (b - a)) / 2 with the spread s of SBX, to the nearest value of the axis. */
function blend({ values, ordered }: Axis, [a, b]: readonly [number, number], random: Random): number {
  const swap = random() < 0.5;
  if (!ordered) return swap ? b : a;
  const u = random();
  const power = 1 / (CROSSOVER_INDEX + 1);
  const spread = u <= 0.5 ? (2 * u) ** power : (1 / (2 * (1 - u))) ** power;
  const half = (spread * (b - a)) / 2;
  return clamped((a + b) / 2 + (swap ? half : -half), values.length);
}

/** Polynomial mutation on ordered axes, by a step at least; any other value on others. */
function changedValue({ values, ordered }: Axis, value: number, random: Random): number {
  const count = values.length;
  if (count === 1) return value;
  if (!ordered) return (value + 1 + Math.floor(random() * (count - 1))) % count;
  const u = random();
  const power = 1 / (MUTATION_INDEX + 1);
  const delta = u < 0.5 ? (2 * u) ** power - 1 : 1 - (2 * (1 - u)) ** power;
  const step = Math.round(delta * (count - 1)) || (delta < 0 ? -1 : 1);
  const moved = clamped(value + step, count);
  return moved === value ? clamped(value - step, count) : moved;
}

function clamped(value: number, count: number): number {
  return Math.min(Math.max(Math.round(value), 0), count - 1);
}
