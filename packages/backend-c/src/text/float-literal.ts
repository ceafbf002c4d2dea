/** A C99 float constant with the value of `value` rounded to float32: the shortest decimal that reads back the same. */
export function floatLiteral(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return 'NAN';
  if (!Number.isFinite(single)) return single > 0 ? 'INFINITY' : '(-INFINITY)';
  const text = shortest(single);
  const decimal = /[.e]/.test(text) ? text : `${text}.0`;
  return single < 0 || Object.is(single, -0) ? `(-${decimal.replace('-', '')}f)` : `${decimal}f`;
}

function shortest(single: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(single.toPrecision(digits));
    if (Math.fround(text) === single) return String(text);
  }
  return String(Number(single.toPrecision(9)));
}
