import { numElements, stridesOf } from '@ghostc/ir';
import type { Emit } from '../kernel.ts';
import { affine, broadcastStrides, loop, nest } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { input, shapeOf } from './operands.ts';

/** y[..][i][j] = sum_k a[..][i][k] * b[..][k][j]: four columns at a time. */
export const matmul: Emit = ({ node, pointer }) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const shape = shapeOf(node.output);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const inner = shapeOf(a).at(-1) ?? 1;
  const outer = shape.slice(0, -2);
  const step = (operand: readonly number[]): number[] =>
    broadcastStrides(operand.slice(0, -2), outer).map((s) => s * numElements(operand.slice(-2)));
  const body = nest(outer, (index) => [
    `const float *ai = a + ${affine(index, step(shapeOf(a)))};`,
    `const float *bi = b + ${affine(index, step(shapeOf(b)))};`,
    `float *yi = y + ${affine(index, stridesOf(shape).slice(0, -2))};`,
    ...product({ rows, columns, inner }),
  ]);
  return {
    fn: {
      hint: `matmul_${[...outer, rows, inner, columns].join('x')}`,
      params: ['const float *a', 'const float *b', 'float *y'],
      body,
    },
    args: [pointer(a), pointer(b), pointer(node.output)],
  };
};

function product({ rows, columns, inner }: { rows: number; columns: number; inner: number }): string[] {
  const whole = columns - (columns % 4);
  const block = (count: number): string[] => [
    `float ${range(count)
      .map((c) => `s${c} = 0.0f`)
      .join(', ')};`,
    ...loop('k', inner, [
      `const float e = ai[i * ${inner} + k];`,
      ...range(count).map((c) => `s${c} += e * bi[k * ${columns} + j + ${c}];`),
    ]),
    ...range(count).map((c) => `yi[i * ${columns} + j + ${c}] = s${c};`),
  ];
  return loop('i', rows, [
    ...(whole ? [`for (int j = 0; j < ${whole}; j += 4) {`, ...block(4), '}'] : []),
    ...(columns % 4 ? [`for (int j = ${whole}; j < ${columns}; j++) {`, ...block(1), '}'] : []),
  ]);
}
