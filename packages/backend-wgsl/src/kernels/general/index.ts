import { itemAt, numElements, stridesOf, type Value } from '@ghostc/ir';
import {
  argMax,
  attrsOf,
  cast as castOp,
  gatherElements as gatherElementsOp,
  gatherNd as gatherNdOp,
  gather as gatherOp,
  mod as modOp,
  normalAxis,
  type OpsWith,
  reduceMean,
  scatterNd as scatterNdOp,
  topK as topKOp,
} from '@ghostc/ops';
import type { Emit, Kernel } from '../../kernel.ts';
import { partedNests } from '../../strided-nest.ts';
import {
  angleFunction,
  binaryFormulas,
  erfFunction,
  sineFunction,
  unaryFormulas,
} from '../../text/elementwise-formulas.ts';
import { isNan } from '../../text/is-nan.ts';
import { nestText } from '../../text/nest-text.ts';
import { emitting } from '../kernel-table.ts';
import { sourceOf } from '../operands.ts';
import { argMaxPool } from '../pool.ts';
import { mapped, shapeOf, step } from './mapped.ts';
import { roundedTo } from './round-to.ts';
import { wholeQuotient } from './whole.ts';

const map =
  (expression: string, ...functions: readonly string[]): Emit =>
  (context) =>
    mapped(context, { id: context.node.op, expression, functions });

const unary = (op: 'logical_not' | 'sign'): Emit => map(unaryFormulas[op]('f32', 'p').value);

const binary = (op: keyof typeof binaryFormulas): Emit => map(binaryFormulas[op]('f32', 'p', 'q'));

const cast: Emit = (context) => {
  const { node, typeOf } = context;
  const [from, to] = [typeOf(sourceOf(node, 0)), typeOf(node.output)];
  const { saturate } = attrsOf(castOp, node);
  const rounding = roundedTo(to, saturate && to.startsWith('f8') ? 'saturate' : 'overflow');
  const whole = to === 'i32' || to === 'i64' || to === 'u32' ? 'trunc(p)' : 'p';
  return mapped(context, {
    id: `cast_${from}_${to}`,
    expression: rounding ? rounding.expression.replace(/\bv\b/g, 'p') : whole,
    functions: rounding?.functions ?? [],
  });
};

const inside = `fn inside(i: f32, size: i32) -> i32 {
let k = i32(i);
return clamp(select(k, k + size, k < 0), 0, size - 1);
}`;

const gather: Emit = ({ node, arena }) => {
  const [x, indices] = [sourceOf(node, 0), sourceOf(node, 1)];
  const shape = shapeOf(x);
  const axis = normalAxis(attrsOf(gatherOp, node).axis, shape.length);
  const [INNER, SIZE, PICKS] = [
    numElements(shape.slice(axis + 1)),
    shape[axis] ?? 1,
    numElements(shapeOf(indices)),
  ];
  return [
    step({
      id: 'gather',
      functions: [inside],
      body: `let k = item % INNER;
let i = (item / INNER) % PICKS;
let o = item / (INNER * PICKS);
arena[Y_AT + item] = arena[X_AT + (o * SIZE + inside(arena[I_AT + i], SIZE)) * INNER + k];`,
      ints: { X_AT: arena(x), I_AT: arena(indices), Y_AT: arena(node.output), INNER, SIZE, PICKS },
      count: numElements(shapeOf(node.output)),
    }),
  ];
};

const gatherElements: Emit = ({ node, arena }) => {
  const [x, indices] = [sourceOf(node, 0), sourceOf(node, 1)];
  const [from, dims] = [shapeOf(x), shapeOf(indices)];
  const axis = normalAxis(attrsOf(gatherElementsOp, node).axis, from.length);
  const strides = stridesOf(from).map((stride, a) => (a === axis ? 0 : stride));
  const index = nestText({ dims, strides: [stridesOf(dims), strides] }, { y: 0, x: arena(x) });
  return [
    step({
      id: `gather_elements_${dims.length}d`,
      functions: [inside],
      body: `${index.text}\narena[O_AT + y] = arena[x + inside(arena[I_AT + y], SIZE) * STEP];`,
      ints: {
        ...index.ints,
        ...{
          I_AT: arena(indices),
          O_AT: arena(node.output),
          SIZE: from[axis] ?? 1,
          STEP: stridesOf(from)[axis] ?? 1,
        },
      },
      count: numElements(dims),
    }),
  ];
};

/** Statements that add up the offset of tuple `t` in `base`. */
function tuple(shape: readonly number[], depth: number): string {
  const strides = stridesOf(shape);
  return Array.from(
    { length: depth },
    (_, d) => `base += inside(arena[I_AT + t * ${depth} + ${d}], ${shape[d]}) * ${strides[d]};`,
  ).join('\n');
}

const gatherNd: Emit = ({ node, arena }) => {
  const [x, indices] = [sourceOf(node, 0), sourceOf(node, 1)];
  const { batch_dims: batch } = attrsOf(gatherNdOp, node);
  const shape = shapeOf(x);
  const depth = shapeOf(indices).at(-1) ?? 1;
  const tuples = numElements(shapeOf(indices)) / depth;
  const size = numElements(shape.slice(batch + depth));
  const perBatch = tuples / numElements(shape.slice(0, batch));
  return [
    step({
      id: `gather_nd_${depth}_${shape.join('x')}`,
      functions: [inside],
      body: `let t = item / SIZE;
var base = (t / PER_BATCH) * BATCH;
${tuple(shape.slice(batch), depth)}
arena[Y_AT + item] = arena[X_AT + base + item % SIZE];`,
      ints: {
        ...{ X_AT: arena(x), I_AT: arena(indices), Y_AT: arena(node.output), SIZE: size },
        ...{ PER_BATCH: perBatch, BATCH: numElements(shape.slice(batch)) },
      },
      count: tuples * size,
    }),
  ];
};

const combine: Readonly<Record<string, string>> = {
  none: 'e',
  add: 's + e',
  mul: 's * e',
  max: `select(e, s, s > e || ${isNan('f32', 's')})`,
  min: `select(e, s, s < e || ${isNan('f32', 's')})`,
};

/** A copy of x, then the updates, one after the other: their order counts. */
const scatterNd: Emit = ({ node, arena }) => {
  const [x, indices, updates] = [sourceOf(node, 0), sourceOf(node, 1), sourceOf(node, 2)];
  const shape = shapeOf(x);
  const depth = shapeOf(indices).at(-1) ?? 1;
  const { reduction } = attrsOf(scatterNdOp, node);
  const size = numElements(shape.slice(depth));
  const places = { X_AT: arena(x), I_AT: arena(indices), U_AT: arena(updates), Y_AT: arena(node.output) };
  return [
    step({
      id: 'scatter_copy',
      body: 'arena[Y_AT + item] = arena[X_AT + item];',
      ints: { X_AT: places.X_AT, Y_AT: places.Y_AT },
      count: numElements(shape),
    }),
    step({
      id: `scatter_nd_${reduction}_${depth}_${shape.join('x')}`,
      functions: [inside],
      body: `for (var t = 0; t < TUPLES; t++) {
var base = 0;
${tuple(shape, depth)}
let s = arena[Y_AT + base + item];
let e = arena[U_AT + t * SIZE + item];
arena[Y_AT + base + item] = ${combine[reduction]};
}`,
      ints: {
        I_AT: places.I_AT,
        U_AT: places.U_AT,
        Y_AT: places.Y_AT,
        SIZE: size,
        TUPLES: numElements(shapeOf(indices)) / depth,
      },
      count: size,
    }),
  ];
};

/** Lines along an axis: `first` is the place of a line's first element, STEP the distance of its elements. */
const line = `let first = (item / STEP) * STEP * SIZE + item % STEP;`;

function lineInts(x: Value, given: number): { SIZE: number; STEP: number; count: number } {
  const shape = shapeOf(x);
  const axis = normalAxis(given, shape.length);
  const SIZE = shape[axis] ?? 1;
  return { SIZE, STEP: stridesOf(shape)[axis] ?? 1, count: numElements(shape) / SIZE };
}

const arg =
  (order: '>' | '<'): Emit =>
  ({ node, arena }) => {
    const x = sourceOf(node, 0);
    const { axis, select_last_index: last } = attrsOf(argMax, node);
    const { count, ...ints } = lineInts(x, axis);
    return [
      step({
        id: `${node.op}_${last ? 'last' : 'first'}`,
        body: `${line}
var best = 0;
for (var i = 1; i < SIZE; i++) {
if (arena[X_AT + first + i * STEP] ${order}${last ? '=' : ''} arena[X_AT + first + best * STEP]) {
best = i;
}
}
arena[Y_AT + item] = f32(best);`,
        ints: { ...ints, X_AT: arena(x), Y_AT: arena(node.output) },
        count,
      }),
    ];
  };

const topK: Emit = ({ node, arena }) => {
  const x = sourceOf(node, 0);
  const { axis, k, largest } = attrsOf(topKOp, node);
  const { count, ...ints } = lineInts(x, axis);
  const [values, indices] = [itemAt(node.outputs, 0), itemAt(node.outputs, 1)];
  const order = largest ? '>' : '<';
  return [
    step({
      id: `top_k_${largest ? 'largest' : 'smallest'}`,
      body: `${line}
let goal = (item / STEP) * STEP * K + item % STEP;
var last = -1;
for (var n = 0; n < K; n++) {
var best = -1;
for (var i = 0; i < SIZE; i++) {
let e = arena[X_AT + first + i * STEP];
var later = true;
if (last >= 0) {
let f = arena[X_AT + first + last * STEP];
later = (e == f && i > last) || f ${order} e;
}
if (later && (best < 0 || e ${order} arena[X_AT + first + max(best, 0) * STEP])) {
best = i;
}
}
last = max(best, 0);
arena[V_AT + goal + n * STEP] = arena[X_AT + first + last * STEP];
arena[N_AT + goal + n * STEP] = f32(last);
}`,
      ints: { ...ints, K: k, X_AT: arena(x), V_AT: arena(values), N_AT: arena(indices) },
      count,
    }),
  ];
};

const reduceProd: Emit = ({ node, arena }) => {
  const x = sourceOf(node, 0);
  const shape = shapeOf(x);
  const { axes } = attrsOf(reduceMean, node);
  const reduced = new Set(
    (axes.length ? axes : [...shape.keys()]).map((axis) => normalAxis(axis, shape.length)),
  );
  const [kept, inner] = partedNests(shape, reduced);
  const index = nestText(kept, { x: arena(x) });
  const offset = inner.dims.map(
    (_, a) =>
      `(rest / ${numElements(inner.dims.slice(a + 1))}) % ${inner.dims[a]} * ${inner.strides[0]?.[a]}`,
  );
  return [
    step({
      id: `reduce_prod_${shape.join('x')}_${[...reduced].join('_')}`,
      body: `${index.text.replaceAll('rest', 'left')}
var s = 1.0;
for (var rest = 0; rest < ${numElements(inner.dims)}; rest++) {
s *= arena[x + ${offset.join(' + ')}];
}
arena[O_AT + item] = s;`,
      ints: { ...index.ints, O_AT: arena(node.output) },
      count: numElements(kept.dims),
    }),
  ];
};

/** One kernel for every op that is computed for any element type: in float32, for the types whose values it holds. */
export const generalKernels = emitting({
  arg_max: arg('>'),
  arg_max_pool: argMaxPool,
  arg_min: arg('<'),
  atan: map(unaryFormulas.atan('f32', 'p').value, angleFunction),
  cast,
  cos: map(unaryFormulas.cos('f32', 'p').value, sineFunction),
  equal: binary('equal'),
  erf: map(unaryFormulas.erf('f32', 'p').value, erfFunction),
  expand: map('p'),
  gather,
  gather_elements: gatherElements,
  gather_nd: gatherNd,
  less: binary('less'),
  less_equal: binary('less_equal'),
  logical_and: binary('logical_and'),
  logical_not: unary('logical_not'),
  logical_or: binary('logical_or'),
  logical_xor: binary('logical_xor'),
  mod: (context) => {
    const { fmod } = attrsOf(modOp, context.node);
    const quotient = fmod ? wholeQuotient : 'floor((p + 0.5 * sign(q)) / q)';
    return mapped(context, {
      id: fmod ? 'fmod' : 'mod',
      expression: `select(p - q * (${quotient}), 0.0, q == 0.0)`,
    });
  },
  reduce_prod: reduceProd,
  scatter_nd: scatterNd,
  sign: unary('sign'),
  sin: map(unaryFormulas.sin('f32', 'p').value, sineFunction),
  top_k: topK,
  where: map('select(r, q, p != 0.0)'),
}) satisfies { readonly [K in OpsWith<'general'>]: Kernel };
