import { type Node, numElements, stridesOf } from '@ghostc/ir';
import type { Emit } from '../kernel.ts';
import { affine, broadcastStrides, loop, nest } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { input, shapeOf } from './operands.ts';

/** C types and expressions of a product of matrices. */
export interface ProductText {
  readonly types: Readonly<Record<'a' | 'b' | 'y' | 'sum', string>>;
  /** The factors of a product, from elements of both operands. */
  readonly left: (element: string) => string;
  readonly right: (element: string) => string;
  /** The output from a sum. */
  readonly output: (sum: string) => string;
}

/** y[..][i][j] = sum_k a[..][i][k] * b[..][k][j]: four columns at a time; hint and body of a function of a, b and y. */
export function matrixProduct(node: Node, text: ProductText): { hint: string; body: string[] } {
  const [a, b] = [shapeOf(input(node, 0)), shapeOf(input(node, 1))];
  const shape = shapeOf(node.output);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const inner = a.at(-1) ?? 1;
  const outer = shape.slice(0, -2);
  const step = (operand: readonly number[]): number[] =>
    broadcastStrides(operand.slice(0, -2), outer).map((s) => s * numElements(operand.slice(-2)));
  const body = nest(outer, (index) => [
    `const ${text.types.a} *ai = a + ${affine(index, step(a))};`,
    `const ${text.types.b} *bi = b + ${affine(index, step(b))};`,
    `${text.types.y} *yi = y + ${affine(index, stridesOf(shape).slice(0, -2))};`,
    ...product({ rows, columns, inner }, text),
  ]);
  return { hint: `matmul_${[...outer, rows, inner, columns].join('x')}`, body };
}

function product(
  { rows, columns, inner }: { rows: number; columns: number; inner: number },
  { types: { sum }, left, right, output }: ProductText,
): string[] {
  const whole = columns - (columns % 4);
  const zero = sum === 'float' ? '0.0f' : '0';
  const block = (count: number): string[] => [
    `${sum} ${range(count)
      .map((c) => `s${c} = ${zero}`)
      .join(', ')};`,
    ...loop('k', inner, [
      `const ${sum} e = ${left(`ai[i * ${inner} + k]`)};`,
      ...range(count).map((c) => `s${c} += e * ${right(`bi[k * ${columns} + j + ${c}]`)};`),
    ]),
    ...range(count).map((c) => `yi[i * ${columns} + j + ${c}] = ${output(`s${c}`)};`),
  ];
  return loop('i', rows, [
    ...(whole ? [`for (int j = 0; j < ${whole}; j += 4) {`, ...block(4), '}'] : []),
    ...(columns % 4 ? [`for (int j = ${whole}; j < ${columns}; j++) {`, ...block(1), '}'] : []),
  ]);
}

export const matmul: Emit = ({ node, pointer }) => {
  const same = (v: string): string => v;
  const types = { a: 'float', b: 'float', y: 'float', sum: 'float' };
  return {
    fn: {
      params: ['const float *a', 'const float *b', 'float *y'],
      ...matrixProduct(node, { types, left: same, right: same, output: same }),
    },
    args: [pointer(input(node, 0)), pointer(input(node, 1)), pointer(node.output)],
  };
};
