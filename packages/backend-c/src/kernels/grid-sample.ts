import { attrsOf, gridSample as definition, type GridAttrs } from '@ghostc/ops';
import type { Emit, Prelude } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { loop } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

const taps = { nearest: 1, linear: 2, cubic: 4 } as const;

/** v outside [low, high], mirrored at both until it lies between them; low where they are one. */
const reflected: Prelude = {
  name: 'reflected',
  lines: [
    'static inline float reflected(float v, float low, float high)',
    '{',
    'const float range = high - low;',
    'const float past = v < low ? low - v : v - high;',
    'if (!(range > 0.0f && past < INFINITY)) {',
    'return low;',
    '}',
    'const float turns = floorf(past / range);',
    'const float rest = past - turns * range;',
    'const int even = turns - 2.0f * floorf(turns / 2.0f) == 0.0f;',
    'return even == (v < low) ? low + rest : high - rest;',
    '}',
  ],
};

/** Taps and weights of both axes once for all channels. */
export const gridSample: Emit = ({ node, pointer }) => {
  const attrs = attrsOf(definition, node);
  const [x, grid] = [input(node, 0), input(node, 1)];
  const [n = 1, channels = 1, height = 1, width = 1] = shapeOf(x);
  const [, , outHeight = 1, outWidth = 1] = shapeOf(node.output);
  const plane = outHeight * outWidth;
  const count = taps[attrs.mode];
  const zeros = attrs.padding_mode === 'zeros';
  const product = `row += ${count > 1 ? 'w[0][v] * ' : ''}xc[at[1][u] * ${width} + at[0][v]];`;
  return {
    fn: {
      hint: `grid_sample_${attrs.mode}_${[n, channels, height, width, plane].join('x')}`,
      params: ['const float *x', 'const float *grid', 'float *y'],
      body: loop('q', n * plane, [
        `int32_t at[2][${count}];`,
        ...(count > 1 ? [`float w[2][${count}];`] : []),
        ...loop('a', 2, [
          `const float size = a ? ${height}.0f : ${width}.0f;`,
          ...positionLines(attrs),
          ...weightLines(attrs),
          ...loop('k', count, tapLines(attrs)),
        ]),
        ...loop('c', channels, [
          `const float *xc = x + (q / ${plane} * ${channels} + c) * ${height * width};`,
          'float sum = 0.0f;',
          ...loop('u', count, [
            'float row = 0.0f;',
            ...loop('v', count, zeros ? guarded('at[1][u] >= 0 && at[0][v] >= 0', [product]) : [product]),
            `sum += ${count > 1 ? 'w[1][u] * ' : ''}row;`,
          ]),
          `y[(q / ${plane} * ${channels} + c) * ${plane} + q % ${plane}] = sum;`,
        ]),
      ]),
      needs: attrs.padding_mode === 'reflection' ? [reflected] : [],
    },
    args: [pointer(x), pointer(grid), pointer(node.output)],
  };
};

function guarded(condition: string, lines: readonly string[]): string[] {
  return [`if (${condition}) {`, ...lines, '}'];
}

/** `p`, the position in pixels; NaN is far before the first. */
function positionLines({ mode, padding_mode, align_corners }: GridAttrs): string[] {
  const far = 'p = p < -3.0f ? -3.0f : p > size + 2.0f ? size + 2.0f : p;';
  const outside = {
    zeros: far,
    border: mode === 'cubic' ? far : 'p = p < 0.0f ? 0.0f : p > size - 1.0f ? size - 1.0f : p;',
    reflection: 'p = reflected(p, low, high);',
  };
  return [
    `const float low = ${align_corners ? '0.0f' : '-0.5f'};`,
    `const float high = size - ${align_corners ? '1.0f' : '0.5f'};`,
    'const float moved = grid[q * 2 + a] + 1.0f;',
    `float p = ${align_corners ? 'moved * 0.5f * (size - 1.0f)' : '(moved * size - 1.0f) * 0.5f'};`,
    'p = p != p ? -INFINITY : p;',
    ...(mode === 'nearest' ? ['p = rintf(p);'] : []),
    ...guarded('p < low || p > high', [outside[padding_mode]]),
  ];
}

/** `first`, the first pixel, and the weights. */
function weightLines({ mode }: GridAttrs): string[] {
  if (mode === 'nearest') return ['const float first = p;'];
  if (mode === 'linear')
    return ['const float first = floorf(p);', 'w[a][0] = first + 1.0f - p;', 'w[a][1] = p - first;'];
  const inner = (t: string): string => `(1.25f * ${t} - 2.25f) * ${t} * ${t} + 1.0f`;
  const outer = (t: string): string =>
    `((${floatLiteral(-0.75)} * ${t} + 3.75f) * ${t} - 6.0f) * ${t} + 3.0f`;
  return [
    'const float first = floorf(p) - 1.0f;',
    'const float t = p - first - 1.0f;',
    `w[a][0] = ${outer('(1.0f + t)')};`,
    `w[a][1] = ${inner('t')};`,
    `w[a][2] = ${inner('(1.0f - t)')};`,
    `w[a][3] = ${outer('(2.0f - t)')};`,
  ];
}

/** `at[a][k]`, the pixel used for `first + k`; -1 if none. */
function tapLines({ padding_mode }: GridAttrs): string[] {
  const held = (v: string): string => `${v} < 0.0f ? 0.0f : ${v} > size - 1.0f ? size - 1.0f : ${v}`;
  if (padding_mode === 'zeros')
    return ['const float v = first + (float)k;', 'at[a][k] = v >= 0.0f && v < size ? (int32_t)v : -1;'];
  return [
    'float v = first + (float)k;',
    ...(padding_mode === 'reflection'
      ? guarded('v < 0.0f || v > size - 1.0f', ['v = reflected(v, low, high);'])
      : []),
    `at[a][k] = (int32_t)(${held('v')});`,
  ];
}
