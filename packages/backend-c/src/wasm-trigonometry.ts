import { factorial, type MathFunction, series } from './wasm-math-function.ts';

const sign = (i: number): number => (i % 2 === 0 ? -1 : 1);

/** -1/3!, 1/5!, ..., 1/21!: the next term is under 2^-80 for |r| <= pi/4. */
const sine = Array.from({ length: 10 }, (_, i) => sign(i) / factorial(2 * i + 3));
/** -1/2!, 1/4!, ..., 1/20!. */
const cosine = Array.from({ length: 10 }, (_, i) => sign(i) / factorial(2 * i + 2));
/** -1/3, 1/5, ..., -1/47: the next term is under 2^-60 for |t| <= tan(pi/8). */
const arc = Array.from({ length: 23 }, (_, i) => sign(i) / (2 * i + 3));

/** Sine, cosine and arc tangent. Beyond 2^30 x is taken for 0. */
export function trigonometry(): readonly (readonly [string, MathFunction])[] {
  const turn = [
    '/* sin(x + quarter pi/2): x less whole quarter turns, in two parts of pi/2 (fdlibm). */',
    'static double ghostc_turn(double x, int quarter)',
    '{',
    'if (!(__builtin_fabs(x) < 1073741824.0)) {',
    'return x - x + quarter;',
    '}',
    'const double k = __builtin_nearbyint(x * 0.63661977236758134308);',
    'const double r = (x - k * 1.57079632673412561417e+00) - k * 6.07710050650619224932e-11;',
    'const double z = r * r;',
    'const int at = (int)(k - 4.0 * __builtin_floor(k * 0.25)) + quarter;',
    `const double y = at % 2 ? 1.0 + ${series('z', cosine)} : r + r * ${series('z', sine)};`,
    'return at % 4 > 1 ? -y : y;',
    '}',
  ];
  const called = (name: string, quarter: number): readonly [string, MathFunction] => [
    name,
    {
      needs: ['turn'],
      lines: [
        `static double ghostc_${name}(double x)`,
        '{',
        `return ${quarter ? 'ghostc_turn(x, 1)' : 'x == 0.0 ? x : ghostc_turn(x, 0)'};`,
        '}',
      ],
    },
  ];
  return [
    ['turn', { params: '', lines: turn }],
    called('sin', 0),
    called('cos', 1),
    [
      'atan',
      {
        lines: [
          'static double ghostc_atan(double x)',
          '{',
          'const double a = __builtin_fabs(x);',
          'const double base = a > 2.414213562373095 ? 1.5707963267948966 : a > 0.4142135623730951 ? 0.7853981633974483 : 0.0;',
          'const double t = a > 2.414213562373095 ? -1.0 / a : a > 0.4142135623730951 ? (a - 1.0) / (a + 1.0) : a;',
          'const double z = t * t;',
          `return __builtin_copysign(base + (t + t * ${series('z', arc)}), x);`,
          '}',
        ],
      },
    ],
  ];
}
