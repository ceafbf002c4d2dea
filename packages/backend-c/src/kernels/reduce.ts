import { numElements, stridesOf } from '@ghostc/ir';
import { attrsOf, normalAxis, reduceMean, softmax as softmaxOp } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { affine, collapse, loop, nest } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

interface ReduceText {
  readonly start: string;
  readonly element: string;
  /** The result from `a` and the number of elements. */
  readonly finish: (count: number) => string;
}

const texts = {
  reduce_mean: { start: '0.0f', element: 'a += e;', finish: (count) => `a * ${floatLiteral(1 / count)}` },
  reduce_sum: { start: '0.0f', element: 'a += e;', finish: () => 'a' },
  reduce_max: { start: '-INFINITY', element: 'a = e > a || e != e ? e : a;', finish: () => 'a' },
  reduce_min: { start: 'INFINITY', element: 'a = e < a || e != e ? e : a;', finish: () => 'a' },
} satisfies Record<string, ReduceText>;

type ReduceOp = keyof typeof texts;

/** A loop nest over the axes kept, and inside it one over the axes reduced. */
function reduction(op: ReduceOp): Emit {
  return ({ node, pointer }) => {
    const shape = shapeOf(input(node, 0));
    const { axes } = attrsOf(reduceMean, node);
    const reduced = new Set(axes.length ? axes.map((axis) => normalAxis(axis, shape.length)) : shape.keys());
    const inside = shape.map((dim, axis) => (reduced.has(axis) ? dim : 1));
    const outside = shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
    const strides = stridesOf(shape);
    const inner = collapse({ dims: inside, strides: [strides] });
    const outer = collapse({ dims: outside, strides: [strides, stridesOf(outside)] });
    const text: ReduceText = texts[op];
    const [from = [], to = []] = outer.strides;
    const body = nest(outer.dims, (index) => [
      `const float *xi = x + ${affine(index, from)};`,
      `float a = ${text.start};`,
      ...nest(
        inner.dims,
        (at) => [`const float e = xi[${affine(at, inner.strides[0] ?? [])}];`, text.element],
        'k',
      ),
      `y[${affine(index, to)}] = ${text.finish(numElements(inside))};`,
    ]);
    return {
      fn: {
        hint: `${op}_${shape.join('x')}`,
        params: ['const float *x', 'float *y'],
        body: inner.dims.length ? body : scoped(body),
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  };
}

const scoped = (body: readonly string[]): string[] => ['{', ...body, '}'];

export const reduceKernels = {
  reduce_max: reduction('reduce_max'),
  reduce_mean: reduction('reduce_mean'),
  reduce_min: reduction('reduce_min'),
  reduce_sum: reduction('reduce_sum'),
};

/** exp(x - max) / sum(exp(x - max)) along one axis. */
export const softmax: Emit = ({ node, pointer }) => {
  const shape = shapeOf(node.output);
  const axis = normalAxis(attrsOf(softmaxOp, node).axis, shape.length);
  const size = shape[axis] ?? 1;
  const stride = stridesOf(shape)[axis] ?? 1;
  const outer = numElements(shape.slice(0, axis));
  const at = `k * ${stride}`;
  return {
    fn: {
      hint: `softmax_${outer}x${size}x${stride}`,
      params: ['const float *x', 'float *y'],
      body: nest([outer, stride], (index) => [
        `const float *xi = x + ${affine(index, [size * stride, 1])};`,
        `float *yi = y + ${affine(index, [size * stride, 1])};`,
        'float top = xi[0];',
        ...loop('k', size, [`top = xi[${at}] > top ? xi[${at}] : top;`]),
        'float sum = 0.0f;',
        ...loop('k', size, [`yi[${at}] = expf(xi[${at}] - top);`, `sum += yi[${at}];`]),
        ...loop('k', size, [`yi[${at}] = yi[${at}] / sum;`]),
      ]),
    },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};
