import { argMaxPool as argMaxOp, attrsOf, averagePool as averageOp, maxPool as maxOp } from '@ghostc/ops';
import type { Emit, KernelContext, Step } from '../kernel.ts';
import { fromBits } from '../text/from-bits.ts';
import { isNan } from '../text/is-nan.ts';
import { sourceOf } from './operands.ts';
import { type WindowAttrs, windowGeometry } from './window-geometry.ts';
import { countedPositions, type WindowFold, windowWalk } from './window-walk.ts';

interface PoolAttrs extends WindowAttrs {
  readonly kernel_shape: readonly number[];
}

/** A pool of one output an invocation. */
interface Fold extends WindowFold {
  readonly id: string;
  readonly functions?: readonly string[];
  readonly value: string;
  readonly ints?: Readonly<Record<string, number>>;
}

export const averagePool: Emit = (context) => {
  const attrs = attrsOf(averageOp, context.node);
  return [poolStep(context, attrs, attrs.count_include_pad ? paddedMean(attrs.pads) : mean)];
};

export const maxPool: Emit = (context) => [poolStep(context, attrsOf(maxOp, context.node), maximum)];

export const argMaxPool: Emit = (context) => {
  const attrs = attrsOf(argMaxOp, context.node);
  return [poolStep(context, attrs, placeOfMaximum(attrs.column_major ? 'columns' : 'rows'))];
};

const mean: Fold = {
  id: 'average_pool',
  begin: 'var sum = 0.0;\nvar count = 0;',
  each: 'sum += v;\ncount++;',
  value: 'sum / f32(count)',
};

/** Divides by the window positions inside input plus padding; PB and PR are the trailing pads. */
const paddedMean = ([, , PB = 0, PR = 0]: readonly number[]): Fold => ({
  id: 'average_pool_padded',
  functions: [countedPositions('counted')],
  begin: 'var sum = 0.0;',
  each: 'sum += v;',
  value: 'sum / f32(counted(top, DY, KH, H + PB) * counted(left, DX, KW, W + PR))',
  ints: { PB, PR },
});

const maximum: Fold = {
  id: 'max_pool',
  functions: [fromBits],
  begin: 'var best = from_bits(0xff800000u); // -infinity',
  each: `best = select(best, v, (v > best) || ${isNan('f32', 'v')});`,
  value: 'best',
};

/** The place of the maximum, the first of equals, counted over the whole of x. */
const placeOfMaximum = (order: 'rows' | 'columns'): Fold => ({
  id: `arg_max_pool_${order}`,
  begin: 'var best = 0.0;\nvar at = -1;',
  each: `if (at < 0 || v > best || ${isNan('f32', 'v')}) {
best = v;
at = plane - X_AT + ${order === 'columns' ? 'x * H + y' : 'y * W + x'};
}`,
  value: 'f32(at)',
});

function poolStep({ node, arena }: KernelContext, attrs: PoolAttrs, fold: Fold): Step {
  const { N, M, ...geometry } = windowGeometry(node, attrs.kernel_shape, attrs);
  const { C: _, ...ints } = geometry;
  return {
    id: fold.id,
    arena: 'f32',
    weights: 'f32',
    functions: fold.functions ?? [],
    body: body(fold),
    ints: { X_AT: arena(sourceOf(node, 0)), Y_AT: arena(node.output), ...ints, ...fold.ints },
    count: N * M * geometry.OH * geometry.OW,
  };
}

const body = (fold: Fold): string =>
  `${windowWalk(fold, { output: 'item', load: (index) => `arena[${index}]` })}
arena[Y_AT + item] = ${fold.value};`;
