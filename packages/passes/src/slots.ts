import type { OpSchema } from '@ghostc/ir';

/** The number of inputs of an op. */
export interface Slots {
  readonly least: number;
  /** Infinite for variadic ops. */
  readonly most: number;
}

export function slotsOf({ inputs }: OpSchema): Slots {
  const least = inputs.filter((name) => !name.endsWith('?') && !name.endsWith('...')).length;
  const most = inputs.at(-1)?.endsWith('...') ? Number.POSITIVE_INFINITY : inputs.length;
  return { least, most };
}
