/** Nearest multiple of `divisor` that is at most 10 % smaller, as the published code rounds channel counts. */
export function makeDivisible(value: number, divisor = 4): number {
  const rounded = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * value ? rounded + divisor : rounded;
}
