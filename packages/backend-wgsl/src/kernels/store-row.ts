/** Four sums at columns j to j + 3 of an output row of OW. */
export interface RowStore {
  /** A vec4f. */
  readonly sum: string;
  /** Of column j, without Y_AT. */
  readonly index: string;
  readonly residual: boolean;
}

const component = ['x', 'y', 'z', 'w'] as const;

/** Adds the residual, applies the epilogue, writes the columns that exist. */
export function storeRow({ sum, index, residual }: RowStore): string {
  const addend = component.map((_, k) => `arena[R_AT + o + min(${k}, OW - 1 - j)]`);
  const value = residual ? `${sum} + vec4f(${addend.join(', ')})` : sum;
  const writes = component.map((c, k) => {
    const write = `arena[Y_AT + o${k ? ` + ${k}` : ''}] = t.${c};`;
    return k ? `if (j + ${k} < OW) {\n${write}\n}` : write;
  });
  return [`let o = ${index};`, `let t = apply(${value});`, ...writes].join('\n');
}
