import { numElements, stridesOf } from '@ghostc/ir';
import {
  argMax,
  attrsOf,
  maxPool as maxPoolOp,
  normalAxis,
  reduceMean,
  softmax as softmaxOp,
  topK as topKOp,
} from '@ghostc/ops';
import { type Arithmetic, arithmeticOf, orNan } from '../../arithmetic.ts';
import { cType } from '../../c-type.ts';
import { binaryFormulas } from '../../elementwise-formulas.ts';
import type { Emit } from '../../kernel.ts';
import { affine, broadcastStrides, loop, nest } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { accessPreludes, computeType, loaded, stored } from './scalar-access.ts';

interface Fold {
  /** The first element if absent. */
  readonly start?: string;
  /** The statement that takes up the element `e` in `s`. */
  readonly step: (c: Arithmetic) => string;
}

const add: Fold = { start: '0', step: () => 's += e;' };
const folds: Readonly<Record<string, Fold>> = {
  reduce_max: { step: (c) => `s = ${binaryFormulas.maximum(c, 'e', 's')};` },
  reduce_mean: add,
  reduce_min: { step: (c) => `s = ${binaryFormulas.minimum(c, 'e', 's')};` },
  reduce_prod: { start: '1', step: () => 's *= e;' },
  reduce_sum: add,
};

const reduction =
  (op: string, folded: Fold): Emit =>
  ({ node, pointer }) => {
    const x = input(node, 0);
    const { dtype } = x.type;
    const shape = shapeOf(x);
    const { axes } = attrsOf(reduceMean, node);
    const reduced = new Set(axes.length ? axes.map((axis) => normalAxis(axis, shape.length)) : shape.keys());
    const inside = shape.map((dim, axis) => (reduced.has(axis) ? dim : 1));
    const outside = shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
    const strides = stridesOf(shape);
    const count = numElements(inside);
    const type = computeType(dtype);
    const element = (index: readonly string[], at: readonly string[]): string =>
      `x[${[affine(index, strides), affine(at, strides)].filter((text) => text !== '0').join(' + ') || '0'}]`;
    const origin = shape.map(() => '0');
    const step = folded.step(arithmeticOf(dtype));
    const body = nest(outside, (index) => [
      '{',
      `${type} s = ${folded.start ?? loaded(dtype, element(index, origin))};`,
      ...nest(
        inside,
        (at) => ['{', `const ${type} e = ${loaded(dtype, element(index, at))};`, step, '}'],
        'k',
      ),
      `y[${affine(index, stridesOf(outside))}] = ${stored(dtype, op === 'reduce_mean' ? `s / ${count}` : 's')};`,
      '}',
    ]);
    return {
      fn: {
        hint: `${op}_${dtype}_${shape.join('x')}`,
        params: [`const ${cType(dtype)} *x`, `${cType(dtype)} *y`],
        needs: accessPreludes(dtype),
        body,
      },
      args: [pointer(x), pointer(node.output)],
    };
  };

/** Lines along one axis: the outer and inner axes as loops, `base` the first element. */
function lines(
  shape: readonly number[],
  axis: number,
  body: (names: { outer: string; inner: string }) => readonly string[],
): string[] {
  const outer = numElements(shape.slice(0, axis));
  const inner = numElements(shape.slice(axis + 1));
  return nest([outer, inner], ([a = '0', b = '0']) => ['{', ...body({ outer: a, inner: b }), '}']);
}

const arg =
  (op: 'arg_max' | 'arg_min'): Emit =>
  ({ node, pointer }) => {
    const x = input(node, 0);
    const { dtype } = x.type;
    const shape = shapeOf(x);
    const { axis: given, select_last_index: last } = attrsOf(argMax, node);
    const axis = normalAxis(given, shape.length);
    const [size = 1, step = 1] = [shape[axis], stridesOf(shape)[axis]];
    const better = `${op === 'arg_max' ? '>' : '<'}${last ? '=' : ''}`;
    const body = lines(shape, axis, ({ outer, inner }) => [
      `const ${cType(dtype)} *l = x + ${affine([outer, inner], [size * step, 1])};`,
      'int64_t best = 0;',
      `${computeType(dtype)} top = ${loaded(dtype, 'l[0]')};`,
      ...loop('k', size, [
        `const ${computeType(dtype)} e = ${loaded(dtype, `l[k * ${step}]`)};`,
        `if (e ${better} top) {`,
        'top = e;',
        'best = k;',
        '}',
      ]),
      `y[${affine([outer, inner], [step, 1])}] = best;`,
    ]);
    return {
      fn: {
        hint: `${op}_${dtype}_${size}`,
        params: [`const ${cType(dtype)} *x`, 'int64_t *y'],
        needs: accessPreludes(dtype),
        body,
      },
      args: [pointer(x), pointer(node.output)],
    };
  };

/** Selects k times the best of what comes after the last choice in (value, index) order. */
const topK: Emit = ({ node, pointer }) => {
  const x = input(node, 0);
  const { dtype } = x.type;
  const shape = shapeOf(x);
  const { axis: given, k, largest } = attrsOf(topKOp, node);
  const axis = normalAxis(given, shape.length);
  const [size = 1, step = 1] = [shape[axis], stridesOf(shape)[axis]];
  const [values, indices] = node.outputs;
  const type = computeType(dtype);
  const before = largest ? '>' : '<';
  const body = lines(shape, axis, ({ outer, inner }) => [
    `const ${cType(dtype)} *l = x + ${affine([outer, inner], [size * step, 1])};`,
    'int64_t last = -1;',
    ...loop('n', k, [
      'int64_t best = -1;',
      ...loop('i', size, [
        `const ${type} e = ${loaded(dtype, `l[i * ${step}]`)};`,
        'int later = 1;',
        'if (last >= 0) {',
        `const ${type} f = ${loaded(dtype, `l[last * ${step}]`)};`,
        `later = e == f ? i > last : f ${before} e;`,
        '}',
        'if (later) {',
        'if (best < 0) {',
        'best = i;',
        '} else {',
        `const ${type} b = ${loaded(dtype, `l[best * ${step}]`)};`,
        `if (e ${before} b) {`,
        'best = i;',
        '}',
        '}',
        '}',
      ]),
      'last = best < 0 ? 0 : best;',
      `y[${affine([outer, 'n', inner], [k * step, step, 1])}] = l[last * ${step}];`,
      `at[${affine([outer, 'n', inner], [k * step, step, 1])}] = last;`,
    ]),
  ]);
  return {
    fn: {
      hint: `top_k_${dtype}_${size}`,
      params: [`const ${cType(dtype)} *x`, `${cType(dtype)} *y`, 'int64_t *at'],
      needs: accessPreludes(dtype),
      body,
    },
    args: [pointer(x), pointer(values ?? node.output), pointer(indices ?? node.output)],
  };
};

const softmax: Emit = ({ node, pointer }) => {
  const x = input(node, 0);
  const { dtype } = x.type;
  const shape = shapeOf(x);
  const axis = normalAxis(attrsOf(softmaxOp, node).axis, shape.length);
  const [size = 1, step = 1] = [shape[axis], stridesOf(shape)[axis]];
  const type = cType(dtype);
  const e = `exp((double)${loaded(dtype, `l[k * ${step}]`)} - top)`;
  const body = lines(shape, axis, ({ outer, inner }) => [
    `const ${type} *l = x + ${affine([outer, inner], [size * step, 1])};`,
    `${type} *o = y + ${affine([outer, inner], [size * step, 1])};`,
    `double top = (double)${loaded(dtype, 'l[0]')};`,
    'double sum = 0.0;',
    ...loop('k', size, [
      `const double v = (double)${loaded(dtype, `l[k * ${step}]`)};`,
      'top = v > top ? v : top;',
    ]),
    ...loop('k', size, [`sum += ${e};`]),
    ...loop('k', size, [`o[k * ${step}] = ${stored(dtype, `${e} / sum`)};`]),
  ]);
  return {
    fn: {
      hint: `softmax_${dtype}_${size}`,
      params: [`const ${type} *x`, `${type} *y`],
      needs: accessPreludes(dtype),
      body,
    },
    args: [pointer(x), pointer(node.output)],
  };
};

const matmul: Emit = ({ node, pointer }) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const { dtype } = a.type;
  const shape = shapeOf(node.output);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const inner = shapeOf(a).at(-1) ?? 1;
  const outer = shape.slice(0, -2);
  const steps = (value: typeof a): number[] => {
    const from = shapeOf(value);
    const size = numElements(from.slice(-2));
    return broadcastStrides(from.slice(0, -2), outer).map((s) => s * size);
  };
  const type = cType(dtype);
  const body = nest([...outer, rows, columns], (index) => {
    const [i = '0', j = '0'] = index.slice(-2);
    const lead = index.slice(0, -2);
    return [
      '{',
      `${computeType(dtype)} s = 0;`,
      ...loop('k', inner, [
        `s += ${loaded(dtype, `a[${affine([...lead, i, 'k'], [...steps(a), inner, 1])}]`)} * ${loaded(dtype, `b[${affine([...lead, 'k', j], [...steps(b), columns, 1])}]`)};`,
      ]),
      `y[${affine(index, stridesOf(shape))}] = ${stored(dtype, 's')};`,
      '}',
    ];
  });
  return {
    fn: {
      hint: `matmul_${dtype}_${[...outer, rows, inner, columns].join('x')}`,
      params: [`const ${type} *a`, `const ${type} *b`, `${type} *y`],
      needs: accessPreludes(dtype),
      body,
    },
    args: [pointer(a), pointer(b), pointer(node.output)],
  };
};

/** The maximum of a window, or its flat index in x. */
const windowMax =
  (what: 'value' | 'index'): Emit =>
  ({ node, pointer }) => {
    const x = input(node, 0);
    const { dtype } = x.type;
    const [, , height = 1, width = 1] = shapeOf(x);
    const [n = 1, c = 1, rows = 1, columns = 1] = shapeOf(node.output);
    const { kernel_shape: kernel, strides, pads, dilations } = attrsOf(maxPoolOp, node);
    const columnMajor = node.attrs.column_major === true;
    const flat = columnMajor ? `v * ${height} + u` : `u * ${width} + v`;
    const type = computeType(dtype);
    const body = nest([n * c, rows, columns], ([p = '0', i = '0', j = '0']) => [
      '{',
      what === 'index' ? 'int64_t at = -1;' : 'int at = -1;',
      `${type} top = 0;`,
      ...loop('a', kernel[0] ?? 1, [
        ...loop('b', kernel[1] ?? 1, [
          `const int u = ${i} * ${strides[0] ?? 1} + a * ${dilations[0] ?? 1} - ${pads[0] ?? 0};`,
          `const int v = ${j} * ${strides[1] ?? 1} + b * ${dilations[1] ?? 1} - ${pads[1] ?? 0};`,
          `if (u >= 0 && u < ${height} && v >= 0 && v < ${width}) {`,
          `const ${type} e = ${loaded(dtype, `x[(${p} * ${height} + u) * ${width} + v]`)};`,
          `if (at < 0 || e > top${orNan(arithmeticOf(dtype), 'e')}) {`,
          'top = e;',
          what === 'index' ? `at = ${p} * ${height * width} + ${flat};` : 'at = 0;',
          '}',
          '}',
        ]),
      ]),
      `y[${affine([p, i, j], [rows * columns, columns, 1])}] = ${what === 'index' ? 'at' : stored(dtype, 'top')};`,
      '}',
    ]);
    const out = node.output.type.dtype;
    return {
      fn: {
        hint: `max_pool_${what}_${dtype}`,
        params: [`const ${cType(dtype)} *x`, `${cType(out)} *y`],
        needs: accessPreludes(dtype),
        body,
      },
      args: [pointer(x), pointer(node.output)],
    };
  };

export const reductionKernels: Readonly<Record<string, Emit>> = {
  ...Object.fromEntries(Object.entries(folds).map(([op, fold]) => [op, reduction(op, fold)])),
  arg_max: arg('arg_max'),
  arg_max_pool: windowMax('index'),
  arg_min: arg('arg_min'),
  matmul,
  max_pool: windowMax('value'),
  softmax,
  top_k: topK,
};
