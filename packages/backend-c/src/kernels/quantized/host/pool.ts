import type { Kernel, Prelude } from '../../../kernel.ts';
import { loop } from '../../../text/loops.ts';
import { range } from '../../../text/range.ts';
import { input } from '../../operands.ts';
import { maxGeometry, windowGeometry } from '../../pool-window.ts';
import { edgeRowsServe, windowRows } from '../max-pool.ts';
import type { PlaneSum } from '../pool.ts';
import { phaseRow } from './phase-row.ts';
import { lanesPrelude } from './prelude.ts';

/** A line on the stack at most. */
const STACK_BYTES = 4096;

/**
 * Maxima of int8: of the rows under a window first, whose columns are then sorted by their phase, column mod stride, so that each
 * tap of all outputs of a row is one run of bytes.
 */
export const maxPool: Kernel = {
  accepts: (node) => {
    const geometry = maxGeometry(node);
    return (
      node.output.type.dtype === 'i8' &&
      edgeRowsServe(geometry) &&
      linePositions(node) * geometry.stride[1] + geometry.size[1] <= STACK_BYTES
    );
  },
  emit(context) {
    const { node, pointer } = context;
    const pool = maxGeometry(node);
    const { planes, size, out, kernel, stride, dilation } = pool;
    const [height, width] = size;
    const positions = linePositions(node);
    const taps = range(kernel[1]).map((v) => {
      const column = v * dilation[1];
      return `line + ${(column % stride[1]) * positions + Math.floor(column / stride[1])}`;
    });
    const row = [
      ...windowRows(pool, 'int8_t'),
      `max_run(rows, r0, r${kernel[0] > 1 ? 1 : 0}, ${width});`,
      ...range(kernel[0])
        .slice(2)
        .map((u) => `max_run(rows, rows, r${u}, ${width});`),
      ...phaseRow(windowGeometry(pool), positions, { from: 'rows', to: 'line' }),
      `max_run(y, ${taps[0]}, ${taps[1] ?? taps[0]}, ${out[1]});`,
      ...taps.slice(2).map((tap) => `max_run(y, y, ${tap}, ${out[1]});`),
      `y += ${out[1]};`,
    ];
    return {
      fn: {
        hint: `q_max_pool_${out.join('x')}`,
        params: ['const int8_t *x', 'int8_t *y'],
        needs: [lanesPrelude, maxPrelude],
        body: [
          `int8_t rows[${width}];`,
          `int8_t line[${positions * stride[1]}];`,
          'memset(line, -128, sizeof line);',
          ...loop('p', planes, [...loop('i', out[0], row), `x += ${height * width};`]),
        ],
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  },
};

/** Of a phase: all that windows read, and what is copied. */
function linePositions(node: Parameters<typeof maxGeometry>[0]): number {
  const { size, out, kernel, stride, dilation, pads } = maxGeometry(node);
  const read = out[1] + Math.floor(((kernel[1] - 1) * dilation[1]) / stride[1]);
  return Math.max(read, Math.ceil((size[1] + (pads[1] ?? 0)) / stride[1]));
}

const maxPrelude: Prelude = {
  name: 'int8-max',
  lines: [
    '#if defined(__GNUC__)',
    'typedef int8_t vmax __attribute__((vector_size(16)));',
    'typedef int8_t vmax_at __attribute__((vector_size(16), aligned(1), may_alias));',
    '#endif',
    '/* May write over either. */',
    'static inline void max_run(int8_t *to, const int8_t *p, const int8_t *q, int n)',
    '{',
    'int i = 0;',
    '#if defined(__GNUC__)',
    'for (; i + 16 <= n; i += 16) {',
    'const vmax a = *(const vmax_at *)(p + i);',
    'const vmax b = *(const vmax_at *)(q + i);',
    'const vmax first = (vmax)(a > b);',
    '*(vmax_at *)(to + i) = (a & first) | (b & ~first);',
    '}',
    '#endif',
    'for (; i < n; i++) {',
    'to[i] = p[i] > q[i] ? p[i] : q[i];',
    '}',
    '}',
  ],
};

/** Twice LANES8 elements are one product with ones; a part of them is filled up with zeros. */
export const vectorPlaneSum: PlaneSum = {
  needs: [lanesPrelude],
  lines: (pixels) => [
    'vquad sums = v_none();',
    'const vpair ones = v_words(0x10001);',
    `const int whole = ${pixels} - ${pixels} % (2 * LANES8);`,
    'for (int t = 0; t < whole; t += 2 * LANES8) {',
    'sums = v_quad(sums, v_widen(x + t), ones);',
    '}',
    `if (whole < ${pixels}) {`,
    'int8_t rest[2 * LANES8] = { 0 };',
    `memcpy(rest, x + whole, (size_t)(${pixels} - whole));`,
    'sums = v_quad(sums, v_widen(rest), ones);',
    '}',
    `x += ${pixels};`,
    'sum += v_all(sums);',
  ],
};
