import { type OpsWith, opsWith } from '@ghostc/ops';
import { activated, activationOf } from '../activation-text.ts';
import { arithmeticOf } from '../arithmetic.ts';
import { binaryFormulas } from '../elementwise-formulas.ts';
import type { Emit } from '../kernel.ts';
import { affine, broadcastStrides, collapse, nest } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

const single = arithmeticOf('f32');

/** y = act(f(a, b)) with broadcasting: loops over the fewest axes that do; may run in place. */
function binary(op: OpsWith<'binary'>): Emit {
  return ({ node, pointer }) => {
    const [a, b] = [input(node, 0), input(node, 1)];
    const shape = shapeOf(node.output);
    const strides = [shape, shapeOf(a), shapeOf(b)].map((from) => broadcastStrides(from, shape));
    const walk = collapse({ dims: shape, strides });
    const [y = [], left = [], right = []] = walk.strides;
    const body = (index: readonly string[]): string[] => [
      `const float p = a[${affine(index, left)}];`,
      `const float q = b[${affine(index, right)}];`,
      `const float v = ${binaryFormulas[op](single, 'p', 'q')};`,
      `y[${affine(index, y)}] = ${activated(activationOf(node), 'v')};`,
    ];
    return {
      fn: {
        hint: `${op}_${walk.dims.join('x') || '1'}`,
        params: ['const float *a', 'const float *b', 'float *y'],
        body: nest(walk.dims, body),
      },
      args: [pointer(a), pointer(b), pointer(node.output)],
    };
  };
}

export const binaryKernels = Object.fromEntries(opsWith('binary').map((op) => [op, binary(op)])) as {
  readonly [K in OpsWith<'binary'>]: Emit;
};
