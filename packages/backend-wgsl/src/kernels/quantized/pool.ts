import { staticShape } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  dividesByCount,
  integerRange,
  maxPool as maxOp,
  meanMultiplier,
  poolMultiplier,
  qlinearAveragePool,
  qlinearGlobalAveragePool,
} from '@ghostc/ops';
import type { Emit, KernelContext, Step } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { type WindowAttrs, windowGeometry } from '../window-geometry.ts';
import { countedPositions, type WindowFold, windowWalk } from '../window-walk.ts';
import { byteStep, limits } from './byte-step.ts';
import { byteText, limitedText, scaledText } from './integer-text.ts';

/** A pool of the bytes of a word. */
interface Fold extends WindowFold {
  readonly id: string;
  readonly functions: readonly string[];
  readonly value: string;
  readonly ints: Readonly<Record<string, number>>;
}

interface PoolAttrs extends WindowAttrs {
  readonly kernel_shape: readonly number[];
}

function poolStep({ node, arena }: KernelContext, attrs: PoolAttrs, fold: Fold): Step {
  const x = sourceOf(node, 0);
  const { N: _n, M: _m, C: _c, ...ints } = windowGeometry(node, attrs.kernel_shape, attrs);
  return byteStep({
    id: `${fold.id}_${x.type.dtype}`,
    functions: [byteText(x.type.dtype), ...fold.functions, valueText(fold)],
    ints: { X_AT: arena(x) * 4, ...ints, ...fold.ints },
    output: node.output,
    at: arena(node.output),
  });
}

const valueText = (fold: Fold): string => `fn value(e: i32) -> i32 {
${windowWalk(fold, { output: 'e', load: (index) => `byte(${index})` })}
${fold.value}
}`;

export const maxPool: Emit = (context) => {
  const [lowest] = integerRange(sourceOf(context.node, 0).type.dtype);
  return [
    poolStep(context, attrsOf(maxOp, context.node), {
      id: 'max_pool',
      functions: [],
      begin: 'var best = LOWEST;',
      each: 'best = max(best, v);',
      value: 'return best;',
      ints: { LOWEST: lowest },
    }),
  ];
};

export const averagePool: Emit = (context) => {
  const { node, weights } = context;
  const x = sourceOf(node, 0).type;
  const attrs = attrsOf(qlinearAveragePool, node);
  const ZX = affineOf(x, 'x').zeroPoint;
  const begin = 'var sum = 0;\nvar count = 0;';
  if (dividesByCount(x, attrs))
    return [
      poolStep(context, attrs, {
        id: 'qlinear_average_pool',
        functions: [limitedText],
        begin,
        each: 'sum += v;\ncount++;',
        value: `count = max(count, 1);
return limited((sum + select(-(count / 2), count / 2, sum > 0)) / count - ZX);`,
        ints: { ZX, ...limits(attrs) },
      }),
    ];
  const [KH = 1, KW = 1] = attrs.kernel_shape;
  const [, , PB = 0, PR = 0] = attrs.pads;
  const padded = attrs.count_include_pad;
  const table = Array.from({ length: KH * KW }, (_, i) => poolMultiplier(x, i + 1, attrs));
  return [
    poolStep(context, attrs, {
      id: `qlinear_average_pool_scaled_${attrs.rounding}${padded ? '_padded' : ''}`,
      functions: [scaledText(attrs.rounding), limitedText, ...(padded ? [countedPositions('within')] : [])],
      begin,
      each: 'sum += v - ZX;\ncount++;',
      value: `let counted = ${padded ? 'within(top, DY, KH, H + PB) * within(left, DX, KW, W + PR)' : 'count'};
let q = Q_AT + max(counted - 1, 0) * 2;
return limited(scaled(sum, weights[q], weights[q + 1]));`,
      ints: {
        ZX,
        Q_AT: weights(Int32Array.from(table.flatMap(({ multiplier, shift }) => [multiplier, shift]))),
        ...(padded && { PB, PR }),
        ...limits(attrs),
      },
    }),
  ];
};

export const globalAveragePool: Emit = ({ node, arena }) => {
  const x = sourceOf(node, 0);
  const attrs = attrsOf(qlinearGlobalAveragePool, node);
  const [, , height = 1, width = 1] = staticShape(x.type.shape);
  const { multiplier, shift } = meanMultiplier(x.type, height * width, attrs);
  return [
    byteStep({
      id: `qlinear_global_average_pool_${attrs.rounding}_${x.type.dtype}`,
      functions: [
        byteText(x.type.dtype),
        scaledText(attrs.rounding),
        limitedText,
        `fn value(e: i32) -> i32 {
var sum = 0;
for (var t = 0; t < P; t++) {
sum += byte(X_AT + e * P + t) - ZX;
}
return limited(scaled(sum, M_Y, S_Y));
}`,
      ],
      ints: {
        X_AT: arena(x) * 4,
        P: height * width,
        ZX: affineOf(x.type, 'x').zeroPoint,
        M_Y: multiplier,
        S_Y: shift,
        ...limits(attrs),
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};
