import { numElements, staticShape } from '@ghostc/ir';
import { attrsOf, type LoweredOp, normalAxis, reduceMean as reduceOp } from '@ghostc/ops';
import type { Kernel, KernelContext, Lane, Step } from '../kernel.ts';
import { partedNests, type StridedNest } from '../strided-nest.ts';
import { fromBits } from '../text/from-bits.ts';
import { isNan } from '../text/is-nan.ts';
import { groupSize } from '../text/module-text.ts';
import { nestText } from '../text/nest-text.ts';
import { tableOf } from './kernel-table.ts';
import { sourceOf } from './operands.ts';
import { foldedByAll, isLongRow, partialNumbers } from './wide/parts.ts';

type ReduceOp = Extract<LoweredOp, `reduce_${string}`>;

interface Reduction {
  readonly start: string;
  /** Of the accumulator `s` and the element `v`. */
  readonly fold: (s: string, v: string, T: Lane) => string;
  readonly finish: string;
}

const sum = { start: '0.0', fold: (s: string, v: string) => `${s} + ${v}` };
const extreme = (bits: string, order: string): Reduction => ({
  start: `from_bits(${bits}u)`,
  fold: (s, v, T) => `select(${s}, ${v}, (${v} ${order} ${s}) | ${isNan(T, v)})`,
  finish: 'total',
});

const reductions = {
  reduce_mean: { ...sum, finish: 'total / f32(SIZE)' },
  reduce_sum: { ...sum, finish: 'total' },
  reduce_max: extreme('0xff800000', '>'),
  reduce_min: extreme('0x7f800000', '<'),
} satisfies { readonly [K in ReduceOp]: Reduction };

const reduceOps = Object.keys(reductions) as ReduceOp[];

export const reduceKernels = tableOf(reduceOps, (op): Kernel => {
  const taskOf = (context: KernelContext): Reduce => reduction(context, attrsOf(reduceOp, context.node).axes);
  return {
    emit: (context) => [reduceStep(op, taskOf(context))],
    emitWide: (context) => [wideReduce(op, taskOf(context))],
  };
});

export const globalAveragePool: Kernel = {
  emit: (context) => [reduceStep('reduce_mean', reduction(context, [2, 3]))],
  emitWide: (context) => [wideReduce('reduce_mean', reduction(context, [2, 3]))],
};

function reduction({ node, arena }: KernelContext, axes: readonly number[]): Reduce {
  const source = sourceOf(node, 0);
  const shape = staticShape(source.type.shape);
  const reduced = new Set(
    (axes.length ? axes : [...shape.keys()]).map((axis) => normalAxis(axis, shape.length)),
  );
  const [kept, inner] = partedNests(shape, reduced);
  return { x: arena(source), y: arena(node.output), kept, inner };
}

/** From `x` to `y`, in floats: the kept axes are those of y, the inner ones are folded. */
export interface Reduce {
  readonly x: number;
  readonly y: number;
  readonly kept: StridedNest;
  readonly inner: StridedNest;
}

/** One output an invocation. Sums are kept in parts of at most 64 terms, which bounds the rounding of long ones. */
function reduceStep(op: ReduceOp, task: Reduce): Step {
  const lane: Lane = isContiguous(task) ? 'vec4f' : 'f32';
  const { x, kept, inner } = lane === 'vec4f' ? quartered(task) : task;
  const index = nestText(kept, { x });
  const size = (nest: StridedNest): number => numElements(nest.dims);
  const strides = inner.dims.map((_, axis) => [`L${axis}`, inner.strides[0]?.[axis] ?? 1] as const);
  return {
    id: [op, lane, `${kept.dims.length}d`, `${inner.dims.length}d`].join('_'),
    arena: lane,
    weights: lane,
    functions: reductions[op].start.startsWith('from_bits') ? [fromBits] : [],
    body: `${index.text}\n${loops(reductions[op], inner.dims.length, lane)}`,
    ints: {
      Y_AT: task.y,
      ...index.ints,
      ...Object.fromEntries(strides),
      ...Object.fromEntries(inner.dims.map((dim, axis) => [`R${axis}`, dim])),
      ...(op === 'reduce_mean' && { SIZE: size(task.inner) }),
    },
    count: size(kept),
  };
}

/** One output a workgroup, whose invocations read neighbours. */
export function wideReduce(op: ReduceOp, task: Reduce): Step {
  const { x, y, kept, inner } = task;
  const size = numElements(inner.dims);
  const contiguous = inner.dims.length === 1 && inner.strides[0]?.[0] === 1;
  if (!contiguous || !isLongRow(size)) return reduceStep(op, task);
  const { text, ints } = nestText(kept, { x });
  const { start, fold, finish } = reductions[op];
  return {
    id: [op, 'wide', `${kept.dims.length}d`].join('_'),
    arena: 'f32',
    weights: 'f32',
    group: groupSize,
    functions: [partialNumbers, ...(start.startsWith('from_bits') ? [fromBits] : [])],
    body: `let item = tile;
${text}
var all = f32(${start});
for (var r = lane; r < R0; r += ${groupSize}) {
let element = arena[x + r];
all = ${fold('all', 'element', 'f32')};
}
${foldedByAll('all', (a, b) => fold(a, b, 'f32'))}
if (lane > 0) {
return;
}
let total = partial[0];
arena[Y_AT + item] = ${finish};`,
    ints: { Y_AT: y, ...ints, R0: size, ...(op === 'reduce_mean' && { SIZE: size }) },
    count: numElements(kept.dims),
  };
}

/** Four neighbours of the innermost reduced axis can be read at once. */
function isContiguous({ x, kept, inner }: Reduce): boolean {
  const last = inner.dims.length - 1;
  const steps = inner.strides[0] ?? [];
  const aligned = [x, inner.dims[last] ?? 1, ...steps.slice(0, -1), ...keptSteps(kept)];
  return steps[last] === 1 && aligned.every((step) => step % 4 === 0);
}

/** Strides that matter: an axis of size 1 has none. */
function keptSteps({ dims, strides }: StridedNest): number[] {
  return (strides[0] ?? []).filter((_, axis) => dims[axis] !== 1);
}

function quartered({ x, kept, inner, ...rest }: Reduce): Reduce {
  const last = inner.dims.length - 1;
  const quarter = (steps: readonly number[]): number[] => steps.map((step) => step / 4);
  return {
    ...rest,
    x: x / 4,
    kept: {
      ...kept,
      strides: kept.strides.map((steps) => steps.map((step, axis) => (kept.dims[axis] === 1 ? 0 : step / 4))),
    },
    inner: {
      dims: inner.dims.map((dim, axis) => (axis === last ? dim / 4 : dim)),
      strides: inner.strides.map((steps) => [...quarter(steps.slice(0, -1)), 1]),
    },
  };
}

function loops({ start, fold, finish }: Reduction, rank: number, lane: Lane): string {
  const outer = Array.from(
    { length: rank - 1 },
    (_, axis) => `for (var r${axis} = 0; r${axis} < R${axis}; r${axis}++) {`,
  );
  const last = rank - 1;
  const at = ['x', ...Array.from({ length: rank }, (_, axis) => `r${axis} * L${axis}`)].join(' + ');
  return `var all = ${lane}(${start});
${outer.join('\n')}
for (var chunk = 0; chunk < R${last}; chunk += 64) {
var part = ${lane}(${start});
for (var r${last} = chunk; r${last} < min(chunk + 64, R${last}); r${last}++) {
let element = arena[${at}];
part = ${fold('part', 'element', lane)};
}
all = ${fold('all', 'part', lane)};
}
${outer.map(() => '}').join('\n')}
${join(lane, fold)}
${lane === 'vec4f' ? 'let o = Y_AT + item;\narena[o / 4][o % 4]' : 'arena[Y_AT + item]'} = ${finish};`;
}

function join(lane: Lane, fold: Reduction['fold']): string {
  if (lane === 'f32') return 'let total = all;';
  return `let low = ${fold('all.x', 'all.y', 'f32')};
let high = ${fold('all.z', 'all.w', 'f32')};
let total = ${fold('low', 'high', 'f32')};`;
}
