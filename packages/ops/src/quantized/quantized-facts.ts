import type { OpFacts } from '../op-facts.ts';

/** Facts common to all ops on quantised integers. */
export const quantizedFacts = {
  computed: 'quantized',
  integerForm: { kind: 'integer' },
  onIntegers: 'none',
  error: { kind: 'selected' },
  ulp: null,
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
} as const satisfies Partial<OpFacts>;
