/** One model in text form. Inputs are seeded; weights are `random(seed)` constants or small literals. */
export interface ConformanceCase {
  /** `suite/case`, unique. */
  readonly name: string;
  readonly text: string;
  /** Only data movement or comparisons: the outputs must be equal. */
  readonly exact?: boolean;
}

export interface Suite {
  readonly name: string;
  readonly cases: readonly ConformanceCase[];
}

/** Makes a suite from `{ case: text }`. */
export function suite(
  name: string,
  cases: Readonly<Record<string, string>>,
  options: { readonly exact?: boolean } = {},
): Suite {
  return {
    name,
    cases: Object.entries(cases).map(([key, text]) => ({ name: `${name}/${key}`, text, ...options })),
  };
}
