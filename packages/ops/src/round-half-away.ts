/** Nearest integer, ties away from zero: C's round. */
export function roundHalfAway(v: number): number {
  const whole = Math.trunc(v);
  const rest = v - whole;
  return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
}
