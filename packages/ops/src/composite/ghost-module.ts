import { CompileError, type Dim, numElements, type Shape, type TensorType } from '@ghostc/ir';
import { floats, int, oneOf } from '../attr-spec.ts';
import { type AttrValues, defineOp, type Named } from '../define-op.ts';
import { activations } from '../elementwise/activation.ts';
import { conv2d } from '../window/conv2d.ts';
import { depthwiseConv2d } from '../window/depthwise-conv2d.ts';
import { compositeFacts } from './composite-facts.ts';
import type { PartMaker } from './part-maker.ts';
import { tensorParts } from './tensor-parts.ts';

/** The activations of the two parts. */
export const ghostActivationAttrs = {
  activation: oneOf(activations, 'none'),
  activation_params: floats([]),
  cheap_activation: oneOf(activations, 'none'),
  cheap_activation_params: floats([]),
} as const;

export const ghostModuleAttrs = {
  oup: int(),
  kernel_size: int(1),
  ratio: int(2),
  dw_size: int(3),
  stride: int(1),
  ...ghostActivationAttrs,
} as const;

const ghostInputs = [
  'x',
  'primary_weight',
  'primary_bias?',
  'cheap_weight?',
  'cheap_bias?',
  'slope?',
  'cheap_slope?',
] as const;

/** Attributes of `ghost_module`, with their defaults. */
export type GhostModuleAttrs = AttrValues<typeof ghostModuleAttrs>;

/**
 * GhostModule (GhostNet, CVPR 2020) with its batch norms folded:
 *   x1 = act(conv(x, primary_weight) + primary_bias)         init channels: ceil(oup / ratio) in GhostNet
 *   x2 = cheap_act(depthwise(x1, cheap_weight) + cheap_bias)       the first oup - init of init * (ratio - 1) channels
 *   y  = concat(x1, x2)
 * primary_weight [init,C,k,k], cheap_weight [oup-init,1,d,d]; both parts padded by half their kernel; act and cheap_act are
 * any activations, or PReLU with the slopes [init,1,1] and [oup-init,1,1]. The cheap inputs are absent when the slice drops
 * every cheap channel (oup = init). Over a line [N,C,L] the kernels are 1xk and 1xd.
 */
export const ghostModule = defineOp({
  name: 'ghost_module',
  inputs: ghostInputs,
  attrs: ghostModuleAttrs,
  traits: ['reduction'],
  computed: 'composite',
  ...compositeFacts,
  error: { kind: 'parts' },
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, primary_weight: weight, cheap_weight: cheap, ...slopes }, attrs) {
    checkSlope(slopes.slope, weight);
    checkSlope(slopes.cheap_slope, cheap);
    checkChannels({ init: Number(weight.shape[0]), cheapChannels: Number(cheap?.shape[0] ?? 0) }, attrs);
    const [primary] = conv2d.inferTypes([x, weight, null, null], primaryAttrs(attrs, x));
    if (cheap) depthwiseConv2d.inferTypes([primary, cheap, null, null], cheapAttrs(attrs, x));
    return {
      dtype: x.dtype,
      shape: primary.shape.map((dim, axis): Dim => (axis === 1 ? attrs.oup : dim)),
    };
  },
  parts: ghostParts,
  evaluate: (inputs, attrs) => ghostParts(inputs, attrs, tensorParts),
  macs(inputs, _attrs, [type]) {
    const [n = 1, , ...spatial] = (type.shape ?? []).map(Number);
    const plane = n * numElements(spatial);
    const count = (weight: TensorType | undefined): number =>
      (weight?.shape ?? [0]).reduce<number>((product, dim) => product * Number(dim), 1);
    return plane * (count(inputs.primary_weight) + count(inputs.cheap_weight));
  },
});

/** The module built from its parts. */
export function ghostParts<V>(
  inputs: Named<(typeof ghostInputs)[number], V>,
  attrs: GhostModuleAttrs,
  { make, shapeOf }: PartMaker<V>,
): V {
  const { x, primary_weight, primary_bias, cheap_weight, cheap_bias, slope, cheap_slope } = inputs;
  const image = { shape: shapeOf(x) };
  const sloped = (y: V, slopes: V | undefined): V => (slopes ? make('prelu', [y, slopes]) : y);
  const conv = make('conv2d', [x, primary_weight, primary_bias], primaryAttrs(attrs, image));
  const primary = sloped(conv, slope);
  if (!cheap_weight) return primary;
  const cheap = make('depthwise_conv2d', [primary, cheap_weight, cheap_bias], cheapAttrs(attrs, image));
  return make('concat', [primary, sloped(cheap, cheap_slope)], { axis: 1 });
}

function checkSlope(slope: TensorType | undefined, weight: TensorType | undefined): void {
  const [first, ...ones] = slope?.shape ?? [];
  if (!slope || (first === weight?.shape[0] && ones.every((dim) => dim === 1))) return;
  throw new CompileError(
    'ghost_module/infer',
    `slopes expect [${String(weight?.shape[0])},1,1], found [${slope.shape.join(',')}]`,
  );
}

interface PartChannels {
  readonly init: number;
  readonly cheapChannels: number;
}

function checkChannels({ init, cheapChannels }: PartChannels, { oup, ratio }: GhostModuleAttrs): void {
  const most = init * multiplierOf(ratio);
  if (init + cheapChannels === oup && cheapChannels <= most) return;
  throw new CompileError(
    'ghost_module/infer',
    `${init} primary channels expect ${oup - init} cheap ones (oup ${oup}) and at most ${most} (ratio ${ratio}), found ${cheapChannels}`,
  );
}

/** Cheap channels per primary channel. */
function multiplierOf(ratio: number): number {
  return Math.max(1, ratio - 1);
}

/** Attributes of the primary part as a `conv2d` of `x`. */
export function primaryAttrs(
  { kernel_size: kernel, stride, activation, activation_params }: GhostModuleAttrs,
  { shape }: { readonly shape: Shape },
) {
  const strides = shape.length === 3 ? [1, stride] : [stride, stride];
  return { strides, pads: halfPads(kernel, shape), activation, activation_params } as const;
}

/** Attributes of the cheap part as a `depthwise_conv2d`, in a module of `x`. */
export function cheapAttrs(
  { dw_size: size, ratio, ...attrs }: GhostModuleAttrs,
  { shape }: { readonly shape: Shape },
) {
  return {
    pads: halfPads(size, shape),
    multiplier: multiplierOf(ratio),
    activation: attrs.cheap_activation,
    activation_params: attrs.cheap_activation_params,
  } as const;
}

/** Half a kernel around an image, or at both ends of a line. */
function halfPads(kernel: number, { length: rank }: Shape): number[] {
  const half = kernel >> 1;
  return rank === 3 ? [0, half, 0, half] : [half, half, half, half];
}
