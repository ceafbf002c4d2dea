/** 1234567 -> "1,234,567". */
export function formatCount(count: number | null): string {
  return count === null ? 'symbolic' : count.toLocaleString('en-US');
}
