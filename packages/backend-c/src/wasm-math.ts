import { guarded } from './guarded.ts';
import { indent } from './text/indent.ts';

/**
 * math.h for WebAssembly, which has no C library: what a program calls, no more. Functions of float are those of
 * double, rounded once. Every function of double is within 4 ulp, tried
 * against V8's over its range; powers of integers that a double holds are exact.
 */
export function wasmMath(code: string): string {
  const called = [...functions.keys()].filter((name) => new RegExp(`\\b${name}f?\\(`).test(code));
  const blocks = withNeeds(called).map((name) => guarded(`wasm_${name}`, blockText(name)));
  return [guarded('wasm_math', instructions), ...blocks].join('\n\n');
}

/** The names after those that they need. */
function withNeeds(names: readonly string[], known = new Set<string>()): string[] {
  for (const name of names) {
    if (known.has(name)) continue;
    withNeeds(functions.get(name)?.needs ?? [], known);
    known.add(name);
  }
  return [...known];
}

function blockText(name: string): string {
  const { lines, params = 'x' } = functions.get(name) ?? { lines: [] };
  if (!params) return indent(lines);
  return [
    indent(lines),
    `#define ${name}(${params}) ghostc_${name}(${params})`,
    `#define ${name}f(${params}) ((float)ghostc_${name}(${params}))`,
  ].join('\n');
}

const builtins = ['fabs', 'sqrt', 'floor', 'ceil', 'trunc', 'copysign', 'signbit'];

/** What is one instruction. */
const instructions = [
  '#define NAN __builtin_nanf("")',
  '#define INFINITY __builtin_inff()',
  ...builtins.map((name) => `#define ${name} __builtin_${name}`),
  ...builtins.slice(0, 6).map((name) => `#define ${name}f __builtin_${name}f`),
  '#define rint __builtin_nearbyint',
  '#define rintf __builtin_nearbyintf',
].join('\n');

interface MathFunction {
  /** Of the macro; none of a helper. */
  readonly params?: string;
  readonly needs?: readonly string[];
  readonly lines: readonly string[];
}

const helper = (lines: readonly string[], ...needs: string[]): MathFunction => ({ params: '', needs, lines });

/** c[0] z + c[1] z^2 + ... by Horner's rule. */
function series(z: string, coefficients: readonly number[]): string {
  const number = (value: number): string => value.toExponential();
  return coefficients.reduceRight((sum, c) => `${z} * (${number(c)}${sum ? ` + ${sum}` : ''})`, '');
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** 1/2!, ..., 1/13!: the next term is under 2^-57 for |r| < 0.347. */
const exponential = Array.from({ length: 12 }, (_, i) => 1 / factorial(i + 2));
/** 2/3, 2/5, ..., 2/25: the next term is under 2^-66 for z < 0.0295. */
const logarithmic = Array.from({ length: 12 }, (_, i) => 2 / (2 * i + 3));

const functions: ReadonlyMap<string, MathFunction> = new Map([
  [
    'ldexp',
    {
      params: 'x, k',
      lines: [
        '/* x 2^k, rounded once: a first step that makes x subnormal leaves nothing for the second to round. */',
        'static double ghostc_ldexp(double x, int k)',
        '{',
        'union {',
        'uint64_t u;',
        'double d;',
        '} power;',
        'for (int i = 0; i < 2 && k > 1023; i++) {',
        'x *= 0x1p1023;',
        'k -= 1023;',
        '}',
        'for (int i = 0; i < 2 && k < -1022; i++) {',
        'x *= 0x1p-969;',
        'k += 969;',
        '}',
        'k = k > 1023 ? 1023 : k < -1022 ? -1022 : k;',
        'power.u = (uint64_t)(k + 1023) << 52;',
        'return x * power.d;',
        '}',
      ],
    },
  ],
  [
    'frexp',
    {
      params: 'x, k',
      lines: [
        'static double ghostc_frexp(double x, int *k)',
        '{',
        'union {',
        'double d;',
        'uint64_t u;',
        '} v = { x };',
        'int e = (int)(v.u >> 52 & 2047u);',
        '*k = 0;',
        'if (e == 2047 || x == 0.0) {',
        'return x;',
        '}',
        'if (e == 0) {',
        'v.d *= 0x1p54;',
        'e = (int)(v.u >> 52 & 2047u) - 54;',
        '}',
        '*k = e - 1022;',
        'v.u = (v.u & ~(UINT64_C(2047) << 52)) | UINT64_C(1022) << 52;',
        'return v.d;',
        '}',
      ],
    },
  ],
  [
    'expm1_near',
    helper([
      '/* e^r - 1 for |r| < 0.347. */',
      'static double expm1_near(double r)',
      '{',
      `return r + r * (${series('r', exponential)});`,
      '}',
      '',
      '/* x - k ln 2, with the k that makes it least. k times the first part of ln 2 is exact. */',
      'static double expm1_rest(double x, int *k)',
      '{',
      'const double n = __builtin_nearbyint(x * 1.4426950408889634);',
      '*k = (int)n;',
      'return (x - n * 0x1.62e42fep-1) - n * 0x1.f473de6af278fp-30;',
      '}',
    ]),
  ],
  [
    'exp',
    {
      needs: ['expm1_near', 'ldexp'],
      lines: [
        'static double ghostc_exp(double x)',
        '{',
        'int k;',
        'if (!(x < 709.8)) {',
        'return x != x ? x : (double)INFINITY;',
        '}',
        'if (x < -746.0) {',
        'return 0.0;',
        '}',
        'const double r = expm1_rest(x, &k);',
        'return ghostc_ldexp(1.0 + expm1_near(r), k);',
        '}',
      ],
    },
  ],
  [
    'expm1',
    {
      needs: ['exp'],
      lines: [
        'static double ghostc_expm1(double x)',
        '{',
        'int k;',
        'if (!(x > -38.0)) {',
        'return x != x ? x : -1.0;',
        '}',
        'if (x > 60.0 || x == 0.0) {',
        'return x == 0.0 ? x : ghostc_exp(x);',
        '}',
        'const double near = expm1_near(expm1_rest(x, &k));',
        'const double power = ghostc_ldexp(1.0, k);',
        'return k == 0 ? near : power * near + (power - 1.0);',
        '}',
      ],
    },
  ],
  [
    'log',
    {
      needs: ['frexp'],
      lines: [
        '/* x = 2^k (1 + f), s = f / (2 + f): log(1 + f) = 2 (s + s^3/3 + ...) = f - (f^2/2 - s (f^2/2 + 2/3 s^2 + ...)). */',
        'static double ghostc_log(double x)',
        '{',
        'int k;',
        'if (!(x > 0.0)) {',
        'return x == 0.0 ? -(double)INFINITY : (double)NAN;',
        '}',
        'if (x == (double)INFINITY) {',
        'return x;',
        '}',
        'double m = ghostc_frexp(x, &k);',
        'if (m < 0.70710678118654752) {',
        'm *= 2.0;',
        'k--;',
        '}',
        'const double f = m - 1.0;',
        'const double s = f / (2.0 + f);',
        'const double z = s * s;',
        'const double h = 0.5 * f * f;',
        `const double rest = ${series('z', logarithmic)};`,
        'return k * 0x1.62e42fep-1 - ((h - (s * (h + rest) + k * 0x1.f473de6af278fp-30)) - f);',
        '}',
      ],
    },
  ],
  [
    'log1p',
    {
      needs: ['log'],
      lines: [
        '/* u = 1 + x as it is rounded; (x - (u - 1)) / u is what that lost. */',
        'static double ghostc_log1p(double x)',
        '{',
        'const double u = 1.0 + x;',
        'if (u == 1.0 || !(u > 0.0) || u == (double)INFINITY) {',
        'return u == 1.0 ? x : ghostc_log(u);',
        '}',
        'const double lost = __builtin_fabs(x) < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);',
        'return ghostc_log(u) + lost / u;',
        '}',
      ],
    },
  ],
  [
    'tanh',
    {
      needs: ['expm1'],
      lines: [
        'static double ghostc_tanh(double x)',
        '{',
        'const double a = __builtin_fabs(x);',
        'const double t = ghostc_expm1(a > 22.0 ? 44.0 : 2.0 * a);',
        'const double y = a < 0.5 ? t / (t + 2.0) : 1.0 - 2.0 / (t + 2.0);',
        'return __builtin_copysign(y, x);',
        '}',
      ],
    },
  ],
  [
    'erf',
    {
      needs: ['exp'],
      lines: [
        '/* 2/sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...): terms of one sign (Abramowitz and Stegun 7.1.6). */',
        'static double ghostc_erf(double x)',
        '{',
        'double term = x, sum = x;',
        'if (!(__builtin_fabs(x) < 6.0)) {',
        'return x != x ? x : __builtin_copysign(1.0, x);',
        '}',
        'for (double n = 3.0; __builtin_fabs(term) > __builtin_fabs(sum) * 1e-17; n += 2.0) {',
        'term *= 2.0 * x * x / n;',
        'sum += term;',
        '}',
        'return 1.1283791670955126 * ghostc_exp(-x * x) * sum;',
        '}',
      ],
    },
  ],
  [
    'fmax',
    {
      params: 'x, y',
      lines: [
        'static double ghostc_fmax(double x, double y)',
        '{',
        'return x != x ? y : x < y ? y : x;',
        '}',
      ],
    },
  ],
  [
    'fmod',
    {
      params: 'x, y',
      needs: ['ldexp', 'frexp'],
      lines: [
        '/* Long division of the significands, as integers. */',
        'static double ghostc_fmod(double x, double y)',
        '{',
        'int k, end;',
        'const double a = __builtin_fabs(x), b = __builtin_fabs(y);',
        'if (!(a < (double)INFINITY) || !(b > 0.0)) {',
        'return (double)NAN;',
        '}',
        'if (a < b) {',
        'return x;',
        '}',
        'uint64_t rest = (uint64_t)(ghostc_frexp(a, &k) * 0x1p53);',
        'const uint64_t by = (uint64_t)(ghostc_frexp(b, &end) * 0x1p53);',
        'for (;; k--) {',
        'rest -= rest >= by ? by : 0u;',
        'if (k == end) {',
        'return __builtin_copysign(ghostc_ldexp((double)rest, end - 53), x);',
        '}',
        'rest *= 2u;',
        '}',
        '}',
      ],
    },
  ],
  [
    'double_double',
    helper([
      '/* A sum of two doubles: 106 bits. */',
      'typedef struct {',
      'double high, low;',
      '} double_double;',
      '',
      'static double_double dd_sum(double a, double b)',
      '{',
      'const double s = a + b, t = s - a;',
      'const double_double y = { s, (a - (s - t)) + (b - t) };',
      'return y;',
      '}',
      '',
      'static double_double dd_product(double a, double b)',
      '{',
      'const double p = a * b, s = 0x1.0000002p27 * a, t = 0x1.0000002p27 * b;',
      'const double ah = s - (s - a), al = a - ah, bh = t - (t - b), bl = b - bh;',
      'const double_double y = { p, ((ah * bh - p) + ah * bl + al * bh) + al * bl };',
      'return y;',
      '}',
      '',
      'static double_double dd_add(double_double a, double_double b)',
      '{',
      'const double_double s = dd_sum(a.high, b.high);',
      'return dd_sum(s.high, s.low + a.low + b.low);',
      '}',
      '',
      'static double_double dd_mul(double_double a, double_double b)',
      '{',
      'const double_double p = dd_product(a.high, b.high);',
      'return dd_sum(p.high, p.low + a.high * b.low + a.low * b.high);',
      '}',
    ]),
  ],
  [
    'pow_positive',
    helper(
      [
        '/* log x = k ln 2 + 2 s + 2/3 s^3 + 2/5 s^5 + ..., s = (m - 1) / (m + 1), x = 2^k m: within 2^-62 of it. */',
        'static double_double pow_log(double x)',
        '{',
        'int k;',
        'double m = ghostc_frexp(x, &k);',
        'if (m < 0.70710678118654752) {',
        'm *= 2.0;',
        'k--;',
        '}',
        'const double f = m - 1.0, d = m + 1.0, lost = m - (d - 1.0), q = f / d;',
        'const double_double p = dd_product(q, d);',
        'const double_double s = dd_sum(q, (((f - p.high) - p.low) - q * lost) / d);',
        'const double_double z = dd_mul(s, s);',
        'const double_double two = { 2.0, 0.0 };',
        'const double_double third = { 0x1.5555555555555p-1, 0x1.5555555555555p-55 };',
        `const double_double rest = { ${series('z.high', logarithmic.slice(1))}, 0.0 };`,
        'const double_double tail = dd_add(dd_mul(z, third), dd_mul(z, rest));',
        'const double_double part = { k * 0x1.62e42fep-1, k * 0x1.f473de6af278fp-30 };',
        'return dd_add(part, dd_mul(s, dd_add(two, tail)));',
        '}',
        '',
        '/* x^y for x > 0. */',
        'static double pow_positive(double x, double y)',
        '{',
        'int k;',
        'const double_double log_x = pow_log(x), by = { y, 0.0 };',
        'if (!(__builtin_fabs(y * log_x.high) < 800.0)) {',
        'return y * log_x.high > 0.0 ? (double)INFINITY : 0.0;',
        '}',
        'const double_double e = dd_mul(by, log_x);',
        'const double r = expm1_rest(e.high, &k) + e.low;',
        'return ghostc_ldexp(1.0 + expm1_near(r), k);',
        '}',
      ],
      'frexp',
      'double_double',
      'exp',
    ),
  ],
  [
    'pow',
    {
      params: 'x, y',
      needs: ['pow_positive'],
      lines: [
        '/* Products of integers are exact while they are below 2^53. */',
        'static double pow_whole(double x, double y)',
        '{',
        'double p = 1.0;',
        'for (; y > 0.0 && __builtin_fabs(p) < 0x1p53; y--) {',
        'p *= x;',
        '}',
        'return p;',
        '}',
        '',
        'static double ghostc_pow(double x, double y)',
        '{',
        'const double a = __builtin_fabs(x);',
        'const int whole = __builtin_trunc(y) == y;',
        'const int odd = whole && __builtin_fabs(y) < 0x1p53 && (int64_t)y % 2 != 0;',
        'if (y == 0.0 || x == 1.0) {',
        'return 1.0;',
        '}',
        'if (x != x || y != y || (x < 0.0 && !whole && a < (double)INFINITY)) {',
        'return (double)NAN;',
        '}',
        'if (__builtin_fabs(y) == (double)INFINITY) {',
        'return a == 1.0 ? 1.0 : (a > 1.0) == (y > 0.0) ? y * y : 0.0;',
        '}',
        'if (x == 0.0 || a == (double)INFINITY) {',
        'const double end = (x == 0.0) == (y < 0.0) ? (double)INFINITY : 0.0;',
        'return odd ? __builtin_copysign(end, x) : end;',
        '}',
        'if (whole && y > 0.0 && y <= 64.0 && __builtin_trunc(x) == x) {',
        'const double p = pow_whole(x, y);',
        'if (__builtin_fabs(p) < 0x1p53) {',
        'return p;',
        '}',
        '}',
        'const double p = pow_positive(a, y);',
        'return odd ? __builtin_copysign(p, x) : p;',
        '}',
      ],
    },
  ],
]);
