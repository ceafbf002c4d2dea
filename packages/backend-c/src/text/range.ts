/** 0, 1, ... up to `count` of them. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
