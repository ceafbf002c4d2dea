import type { OpFacts } from '../op-facts.ts';

/** Facts common to ops that only move elements. */
export const movedFacts = {
  onIntegers: 'moved',
  error: { kind: 'moved' },
  ulp: 0,
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'moved',
} as const satisfies Partial<OpFacts>;

/** Ops that gather elements of any type from anywhere. */
export const gatheredFacts = {
  ...movedFacts,
  computed: 'general',
  integerForm: { kind: 'none' },
  storage: 'own',
  rows: 'none',
  channels: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
} as const satisfies Partial<OpFacts>;
