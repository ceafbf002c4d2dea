import type { OpFacts } from '../op-facts.ts';

/** Facts common to ops that replace several others. */
export const compositeFacts = {
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
} as const satisfies Partial<OpFacts>;
