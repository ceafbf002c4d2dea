import { CompileError, type Dim, type TensorType } from '@ghostc/ir';
import { flag, int } from './attr-spec.ts';
import { conv2d } from './conv2d.ts';
import { type AttrValues, defineOp, evaluateOne } from './define-op.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { concat } from './movement.ts';

export const ghostModuleAttrs = {
  oup: int(),
  kernel_size: int(1),
  ratio: int(2),
  dw_size: int(3),
  stride: int(1),
  relu: flag(true),
} as const;

export type GhostModuleAttrs = AttrValues<typeof ghostModuleAttrs>;

/**
 * GhostModule (GhostNet, CVPR 2020) with its batch norms folded:
 *   x1 = act(conv(x, primary_weight) + primary_bias)         init = ceil(oup / ratio) channels
 *   x2 = act(depthwise(x1, cheap_weight) + cheap_bias)       the first oup - init of init * (ratio - 1) channels
 *   y  = concat(x1, x2)
 * primary_weight [init,C,k,k], cheap_weight [oup-init,1,d,d]; both parts padded by half their kernel; act is ReLU or
 * nothing. The cheap inputs are absent when the slice drops every cheap channel (oup = 1).
 */
export const ghostModule = defineOp({
  name: 'ghost_module',
  inputs: ['x', 'primary_weight', 'primary_bias?', 'cheap_weight?', 'cheap_bias?'],
  attrs: ghostModuleAttrs,
  traits: ['reduction'],
  infer({ x, primary_weight: weight, cheap_weight: cheap }, attrs) {
    const { init, cheapChannels } = ghostChannels(attrs);
    if (weight.shape[0] !== init)
      throw new CompileError(
        'ghost_module/infer',
        `primary weight expects ${init} channels (oup ${attrs.oup}, ratio ${attrs.ratio}), found ${weight.shape[0]}`,
      );
    if ((cheap?.shape[0] ?? 0) !== cheapChannels)
      throw new CompileError(
        'ghost_module/infer',
        `cheap weight expects ${cheapChannels} channels, found ${cheap?.shape[0] ?? 0}`,
      );
    const [primary] = conv2d.inferTypes([x, weight, null, null], primaryAttrs(attrs));
    return {
      dtype: x.dtype,
      shape: (primary as TensorType).shape.map((dim, axis): Dim => (axis === 1 ? attrs.oup : dim)),
    };
  },
  evaluate(inputs, attrs) {
    const primary = evaluateOne(
      conv2d,
      [inputs.x, inputs.primary_weight, inputs.primary_bias ?? null],
      primaryAttrs(attrs),
    );
    if (!inputs.cheap_weight) return primary;
    const cheap = evaluateOne(
      depthwiseConv2d,
      [primary, inputs.cheap_weight, inputs.cheap_bias ?? null],
      cheapAttrs(attrs),
    );
    return evaluateOne(concat, [primary, cheap], { axis: 1 });
  },
  macs(inputs, _attrs, [type]) {
    const plane = Number(type?.shape[0]) * Number(type?.shape[2]) * Number(type?.shape[3]);
    const count = (weight: TensorType | undefined): number =>
      (weight?.shape ?? [0]).reduce<number>((product, dim) => product * Number(dim), 1);
    return plane * (count(inputs.primary_weight) + count(inputs.cheap_weight));
  },
});

/** Channels of the two parts: init = ceil(oup / ratio) primary ones, and as many cheap ones as the slice keeps. */
export function ghostChannels({ oup, ratio }: { readonly oup: number; readonly ratio: number }): {
  init: number;
  cheapChannels: number;
} {
  const init = Math.ceil(oup / ratio);
  return { init, cheapChannels: oup - init };
}

/** Attributes of the primary part as a `conv2d`. */
export function primaryAttrs({ kernel_size: kernel, stride, relu }: GhostModuleAttrs) {
  return { strides: [stride, stride], pads: halfPads(kernel), activation: relu ? 'relu' : 'none' } as const;
}

/** Attributes of the cheap part as a `depthwise_conv2d`. */
export function cheapAttrs({ dw_size: size, ratio, relu }: GhostModuleAttrs) {
  return {
    pads: halfPads(size),
    multiplier: Math.max(1, ratio - 1),
    activation: relu ? 'relu' : 'none',
  } as const;
}

function halfPads(kernel: number): number[] {
  return new Array<number>(4).fill(kernel >> 1);
}
