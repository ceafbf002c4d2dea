/** A function of math.h, `ghostc_NAME` of doubles, or helpers of some. */
export interface MathFunction {
  /** Of the macro; none of a helper. */
  readonly params?: string;
  readonly needs?: readonly string[];
  readonly lines: readonly string[];
}

/** c[0] z + c[1] z^2 + ... by Horner's rule. */
export function series(z: string, coefficients: readonly number[]): string {
  const number = (value: number): string => value.toExponential();
  return coefficients.reduceRight((sum, c) => `${z} * (${number(c)}${sum ? ` + ${sum}` : ''})`, '');
}

export const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
