/** Both ends of an interval. */
export type Interval = readonly [low: number, high: number];

/** Of the standard normal distribution, for 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval for a share of k in n, at 95 %: the shares p with |k/n - p| <= z sqrt(p (1 - p) / n)
 * (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212).
 */
export function wilson(k: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const p = k / n;
  const centre = p + (Z * Z) / (2 * n);
  const reach = Z * Math.sqrt((p * (1 - p) + (Z * Z) / (4 * n)) / n);
  const scale = 1 + (Z * Z) / n;
  return [k === 0 ? 0 : (centre - reach) / scale, k === n ? 1 : (centre + reach) / scale];
}

/** How two classifiers do on the same items: how many both have right, only one of them, neither. */
export interface PairedCounts {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

/**
 * Interval for the difference of two shares measured on the same items, second - first, at 95 %: method 10 of
 * R. G. Newcombe, Stat. Med. 17 (1998), 2635-2650. It joins the two Wilson intervals by the correlation phi of the two.
 */
export function newcombe({ both, onlyFirst, onlySecond, neither }: PairedCounts): Interval {
  const n = both + onlyFirst + onlySecond + neither;
  if (n === 0) return [-1, 1];
  const [k1, k2] = [both + onlyFirst, both + onlySecond];
  const [[l1, u1], [l2, u2]] = [wilson(k1, n), wilson(k2, n)];
  const [p1, p2] = [k1 / n, k2 / n];
  const phi = correlation(both * neither - onlyFirst * onlySecond, n, k1 * (n - k1) * k2 * (n - k2));
  const joined = (a: number, b: number): number => Math.sqrt(a * a - 2 * phi * a * b + b * b);
  return [p2 - p1 - joined(p2 - l2, u1 - p1), p2 - p1 + joined(u2 - p2, p1 - l1)];
}

/** Positive covariances are corrected for continuity. */
function correlation(covariance: number, n: number, variances: number): number {
  if (variances === 0) return 0;
  const corrected = covariance > 0 ? Math.max(covariance - n / 2, 0) : covariance;
  return corrected / Math.sqrt(variances);
}

/**
 * McNemar's exact test that both are right equally often: the chance that of the items which only one has right, at least as many
 * fall to one side, if each side is as likely (Q. McNemar, Psychometrika 12 (1947), 153-157).
 */
export function mcnemar({ onlyFirst, onlySecond }: PairedCounts): number {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  let log = -n * Math.LN2; // of C(n, i) / 2^n
  let tail = 0;
  for (let i = 0; i <= fewer; i++) {
    tail += Math.exp(log);
    log += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, 2 * tail);
}
