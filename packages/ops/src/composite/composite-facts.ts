import type { OpFacts } from '../op-facts.ts';

/** What ops that stand for several others have in common. */
export const compositeFacts = {
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  ulp: null,
  storage: 'own',
  rows: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
} as const satisfies Partial<OpFacts>;
