import type { InputValues } from './input-values.ts';

/** One model in text form. Inputs are seeded; weights are `random(seed)` constants or small literals. */
export interface ConformanceCase {
  /** `suite/case`, unique. */
  readonly name: string;
  readonly text: string;
  /** Only data movement or comparisons: the outputs must be equal. */
  readonly exact?: boolean;
  /** The contents of the inputs; numbers in [-1, 1) if absent. */
  readonly values?: InputValues;
  /** Sets of inputs; 2 if absent. */
  readonly seeds?: number;
}

/** Cases under one name. */
export interface Suite {
  readonly name: string;
  readonly cases: readonly ConformanceCase[];
}

/** Makes a suite from `{ case: text }`. */
export function suite(
  name: string,
  cases: Readonly<Record<string, string>>,
  options: Omit<ConformanceCase, 'name' | 'text'> = {},
): Suite {
  return {
    name,
    cases: Object.entries(cases).map(([key, text]) => ({ name: `${name}/${key}`, text, ...options })),
  };
}
