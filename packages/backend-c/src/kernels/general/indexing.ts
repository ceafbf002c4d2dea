import { type DType, numElements, stridesOf, type Value } from '@ghostc/ir';
import {
  attrsOf,
  gatherElements as gatherElementsOp,
  gatherNd as gatherNdOp,
  gather as gatherOp,
  normalAxis,
  scatterNd as scatterNdOp,
} from '@ghostc/ops';
import { arithmeticOf } from '../../arithmetic.ts';
import { cType } from '../../c-type.ts';
import { binaryFormulas } from '../../elementwise-formulas.ts';
import type { Emit, Prelude } from '../../kernel.ts';
import { affine, loop, nest } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { accessPreludes, computeType, loaded, stored } from './scalar-access.ts';

/** An index from the end where it is negative; one outside the axis reads its edge, never memory beyond. */
const inside: Prelude = {
  name: 'index_inside',
  lines: [
    'static int64_t inside(int64_t i, int64_t size)',
    '{',
    'const int64_t j = i < 0 ? i + size : i;',
    'return j < 0 ? 0 : j >= size ? size - 1 : j;',
    '}',
  ],
};

function params(...values: readonly (readonly [Value, string])[]): string[] {
  return values.map(([value, name]) => `const ${cType(value.type.dtype)} *${name}`);
}

const gather: Emit = ({ node, pointer }) => {
  const [x, indices] = [input(node, 0), input(node, 1)];
  const shape = shapeOf(x);
  const axis = normalAxis(attrsOf(gatherOp, node).axis, shape.length);
  const [outer, inner] = [numElements(shape.slice(0, axis)), numElements(shape.slice(axis + 1))];
  const [size = 1, count] = [shape[axis], numElements(shapeOf(indices))];
  const body = nest([outer, count, inner], ([o = '0', i = '0', k = '0']) => [
    `y[${affine([o, i, k], [count * inner, inner, 1])}] = x[(${o} * ${size} + inside(at[${i}], ${size})) * ${inner} + ${k}];`,
  ]);
  return {
    fn: {
      hint: `gather_${outer}x${size}x${inner}`,
      params: [...params([x, 'x'], [indices, 'at']), `${cType(node.output.type.dtype)} *y`],
      needs: [inside],
      body,
    },
    args: [pointer(x), pointer(indices), pointer(node.output)],
  };
};

const gatherElements: Emit = ({ node, pointer }) => {
  const [x, indices] = [input(node, 0), input(node, 1)];
  const [shape, from] = [shapeOf(indices), shapeOf(x)];
  const axis = normalAxis(attrsOf(gatherElementsOp, node).axis, shape.length);
  const body = nest(shape, (index) => {
    const at = affine(index, stridesOf(shape));
    const source = index.map((name, a) => (a === axis ? `inside(at[${at}], ${from[a]})` : name));
    return [`y[${at}] = x[${affine(source, stridesOf(from))}];`];
  });
  return {
    fn: {
      hint: `gather_elements_${shape.join('x')}`,
      params: [...params([x, 'x'], [indices, 'at']), `${cType(node.output.type.dtype)} *y`],
      needs: [inside],
      body,
    },
    args: [pointer(x), pointer(indices), pointer(node.output)],
  };
};

/** Offset of tuple `t` of `at` into a tensor of `shape`. */
function tupleOffset(shape: readonly number[], depth: number): string {
  const strides = stridesOf(shape);
  return Array.from(
    { length: depth },
    (_, d) => `inside(at[t * ${depth} + ${d}], ${shape[d]}) * ${strides[d]}`,
  ).join(' + ');
}

const gatherNd: Emit = ({ node, pointer }) => {
  const [x, indices] = [input(node, 0), input(node, 1)];
  const { batch_dims: batch } = attrsOf(gatherNdOp, node);
  const shape = shapeOf(x);
  const depth = shapeOf(indices).at(-1) ?? 1;
  const tuples = numElements(shapeOf(indices)) / depth;
  const batches = numElements(shape.slice(0, batch));
  const size = numElements(shape.slice(batch + depth));
  const body = loop('t', tuples, [
    `const int64_t from = (int64_t)(t / ${tuples / batches}) * ${numElements(shape.slice(batch))} + ${tupleOffset(shape.slice(batch), depth)};`,
    ...loop('k', size, [`y[t * ${size} + k] = x[from + k];`]),
  ]);
  return {
    fn: {
      hint: `gather_nd_${tuples}x${size}`,
      params: [...params([x, 'x'], [indices, 'at']), `${cType(node.output.type.dtype)} *y`],
      needs: [inside],
      body,
    },
    args: [pointer(x), pointer(indices), pointer(node.output)],
  };
};

/** The op that takes up an update, by the reduction. */
const combining = { add: 'add', mul: 'mul', max: 'maximum', min: 'minimum' } as const;

/** What becomes of the element `s` by the update `e`. */
function combined(reduction: string, dtype: DType): string {
  const op = combining[reduction as keyof typeof combining];
  return op ? binaryFormulas[op](arithmeticOf(dtype), 's', 'e') : 'e';
}

const scatterNd: Emit = ({ node, pointer }) => {
  const [x, indices, updates] = [input(node, 0), input(node, 1), input(node, 2)];
  const { dtype } = x.type;
  const shape = shapeOf(x);
  const depth = shapeOf(indices).at(-1) ?? 1;
  const tuples = numElements(shapeOf(indices)) / depth;
  const size = numElements(shape.slice(depth));
  const { reduction } = attrsOf(scatterNdOp, node);
  const type = computeType(dtype);
  const body = [
    ...loop('i', numElements(shape), ['y[i] = x[i];']),
    ...loop('t', tuples, [
      `const int64_t to = ${tupleOffset(shape, depth)};`,
      ...loop('k', size, [
        ...(reduction === 'none' ? [] : [`const ${type} s = ${loaded(dtype, 'y[to + k]')};`]),
        `const ${type} e = ${loaded(dtype, `u[t * ${size} + k]`)};`,
        `y[to + k] = ${stored(dtype, combined(reduction, dtype))};`,
      ]),
    ]),
  ];
  return {
    fn: {
      hint: `scatter_nd_${reduction}_${tuples}x${size}`,
      params: [...params([x, 'x'], [indices, 'at'], [updates, 'u']), `${cType(dtype)} *y`],
      needs: [inside, ...accessPreludes(dtype)],
      body,
    },
    args: [pointer(x), pointer(indices), pointer(updates), pointer(node.output)],
  };
};

export const indexingKernels: Readonly<Record<string, Emit>> = {
  gather,
  gather_elements: gatherElements,
  gather_nd: gatherNd,
  scatter_nd: scatterNd,
};
