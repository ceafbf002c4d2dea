import { itemAt } from '@ghostc/ir';

/** One value that a setting of a point may have. */
export type Setting = string | number;

/** A setting with all values that it may have. */
export interface Axis {
  readonly name: string;
  readonly values: readonly Setting[];
  /** Neighbours in the list are alike, as widths are: search takes steps on them. */
  readonly ordered: boolean;
}

/** Every combination of the values of some axes. The last axis runs fastest. */
export type Space = readonly Axis[];

/** A point by the numbers of its values, an entry for each axis. */
export type Genome = readonly number[];

/** The number of points. */
export function sizeOf(space: Space): number {
  return space.reduce((product, { values }) => product * values.length, 1);
}

/** Point `index` of `sizeOf(space)`, the last axis running fastest. */
export function genomeAt(space: Space, index: number): Genome {
  let rest = index;
  return space
    .toReversed()
    .map(({ values }) => {
      const digit = rest % values.length;
      rest = Math.floor(rest / values.length);
      return digit;
    })
    .reverse();
}

/** The values of a point by the names of the axes. */
export function settingsOf(space: Space, genome: Genome): Record<string, Setting> {
  return Object.fromEntries(space.map(({ name, values }, i) => [name, itemAt(values, genome[i] ?? 0)]));
}
