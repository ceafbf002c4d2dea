/** Names of the parameters of the run function: `in`, or `in_0`, `in_1`, ... */
export function parameterNames(kind: 'in' | 'out', count: number): string[] {
  return count === 1 ? [kind] : Array.from({ length: count }, (_, i) => `${kind}_${i}`);
}
