import { attrsOf, averagePool as averageOp, maxPool as maxOp } from '@ghostc/ops';
import type { Kernel, KernelContext, Step } from '../kernel.ts';
import { fromBits } from '../text/from-bits.ts';
import { sourceOf } from './operands.ts';
import { type WindowAttrs, windowGeometry } from './window-geometry.ts';

interface PoolAttrs extends WindowAttrs {
  readonly kernel_shape: readonly number[];
}

/** A pool that folds the elements under the window, `v`, into variables; one output an invocation. */
interface Fold {
  readonly id: string;
  readonly functions?: readonly string[];
  readonly begin: string;
  readonly each: string;
  readonly value: string;
  readonly ints?: Readonly<Record<string, number>>;
}

export const averagePool: Kernel = (context) => {
  const attrs = attrsOf(averageOp, context.node);
  return [poolStep(context, attrs, attrs.count_include_pad ? paddedMean(attrs.pads) : mean)];
};

export const maxPool: Kernel = (context) => [poolStep(context, attrsOf(maxOp, context.node), maximum)];

const mean: Fold = {
  id: 'average_pool',
  begin: 'var sum = 0.0;\nvar count = 0;',
  each: 'sum += v;\ncount++;',
  value: 'sum / f32(count)',
};

/** Divides by the window positions inside input plus padding; PB and PR are the trailing pads. */
const paddedMean = ([, , PB = 0, PR = 0]: readonly number[]): Fold => ({
  id: 'average_pool_padded',
  functions: [
    `fn counted(first: i32, step: i32, taps: i32, end: i32) -> i32 {
return clamp((end - first + step - 1) / step, 0, taps);
}`,
  ],
  begin: 'var sum = 0.0;',
  each: 'sum += v;',
  value: 'sum / f32(counted(top, DY, KH, H + PB) * counted(left, DX, KW, W + PR))',
  ints: { PB, PR },
});

const maximum: Fold = {
  id: 'max_pool',
  functions: [fromBits],
  begin: 'var best = from_bits(0xff800000u); // -infinity',
  each: 'best = select(best, v, (v > best) || (v != v));',
  value: 'best',
};

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

const body = ({ begin, each, value }: Fold): string => `let left = (item % OW) * SX - PL;
let top = ((item / OW) % OH) * SY - PT;
let plane = X_AT + item / (OH * OW) * H * W;
${begin}
for (var u = 0; u < KH; u++) {
let y = top + u * DY;
if (y < 0 || y >= H) {
continue;
}
for (var t = 0; t < KW; t++) {
let x = left + t * DX;
if (x < 0 || x >= W) {
continue;
}
let v = arena[plane + y * W + x];
${each}
}
}
arena[Y_AT + item] = ${value};`;
