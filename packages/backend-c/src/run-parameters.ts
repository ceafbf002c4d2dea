/** Names of the parameters of the run function: `in`, or `in_0`, `in_1`, ... */
export function parameterNames(kind: 'in' | 'out', count: number): string[] {
  return Array.from({ length: count }, (_, i) => parameterName(kind, i, count));
}

/** The name of one of them. */
export function parameterName(kind: 'in' | 'out', index: number, count: number): string {
  return count === 1 ? kind : `${kind}_${index}`;
}
