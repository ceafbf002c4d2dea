/** `count` of the numbers below `total`, evenly spread: data in order of its classes gives each its part. All where none is asked for. */
export function spread(total: number, count = total): number[] {
  const taken = Math.min(total, count);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * total) / taken));
}
