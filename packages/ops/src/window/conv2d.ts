import { CompileError, type TensorType } from '@ghostc/ir';
import { int, ints } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { activationAttrs } from '../elementwise/activation.ts';
import { layerTerms, weightsPerOutput } from '../operand-sizes.ts';
import { convolve, groupChannels } from './convolve.ts';
import { filteredTerms, mayFilter, mixedWindows } from './minimal-filters.ts';
import {
  checkWindow,
  image,
  imageShape,
  planeShape,
  shapeLike,
  type Window,
  windowOutput,
} from './window.ts';

/** Attributes shared by the convolutions. Pads: [top, left, bottom, right]. */
export const windowAttrs = {
  strides: ints([1, 1]),
  pads: ints([0, 0, 0, 0]),
  dilations: ints([1, 1]),
} as const;

/**
 * 2-d convolution, ONNX Conv with a fused activation: x [N,C,H,W], weight [M,C/group,kH,kW], bias [M],
 * residual [N,M,H',W'] added before the activation. A line [N,C,L] with kH = 1 gives a line [N,M,L'].
 */
export const conv2d = defineOp({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias?', 'residual?'],
  attrs: { ...windowAttrs, group: int(1), ...activationAttrs },
  traits: ['reduction', 'window'],
  computed: 'kernel',
  integerForm: { kind: 'weighted', op: 'qlinear_conv2d' },
  onIntegers: 'wide',
  error: {
    kind: 'sum',
    terms: layerTerms,
    mixed: (node) => (mayFilter(node) ? { terms: filteredTerms(node), weights: mixedWindows } : null),
  },
  ulp: (node) => 2 * weightsPerOutput(node),
  storage: 'residual',
  rows: 'window',
  channels: 'weights',
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x, weight, bias, residual }, attrs) {
    const [, channels] = planeShape(x, 'x');
    const [m, perGroup] = imageShape(weight, 'weight');
    if (channels !== Number(perGroup) * attrs.group) {
      throw new CompileError(
        'conv2d/infer',
        `weight expects ${Number(perGroup) * attrs.group} input channels (${perGroup} x ${attrs.group} groups), x has ${channels}`,
      );
    }
    if (Number(m) % attrs.group !== 0)
      throw new CompileError('conv2d/infer', `${m} output channels do not divide into ${attrs.group} groups`);
    return windowType({ x, weight, bias, residual }, attrs);
  },
  evaluate(inputs, attrs, [type]) {
    const channels = groupChannels(inputs.weight, attrs.group);
    return convolve(inputs, { ...attrs, ...channels }, type);
  },
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});

interface WindowTypes {
  readonly x: TensorType;
  readonly weight: TensorType;
  readonly bias?: TensorType | undefined;
  readonly residual?: TensorType | undefined;
}

/** The output of a convolution; throws `op/bias`, `op/residual`. */
export function windowType({ x, weight, bias, residual }: WindowTypes, window: Window): TensorType {
  const [n, , height, width] = planeShape(x, 'x');
  const [m, , kernelHeight, kernelWidth] = imageShape(weight, 'weight');
  checkBias(bias, m);
  checkWindow(x, kernelHeight, window);
  const shape = shapeLike(x, [
    n,
    m,
    windowOutput(height, Number(kernelHeight), 0, window),
    windowOutput(width, Number(kernelWidth), 1, window),
  ]);
  checkResidual(residual, shape);
  return { dtype: x.dtype, shape };
}

/** One MAC per output element and weight of its channel. */
export function windowMacs(weight: TensorType, output: TensorType | undefined): number {
  const [, c, kernelHeight, kernelWidth] = image(weight.shape);
  return (output?.shape ?? []).reduce<number>(
    (product, dim) => product * Number(dim),
    c * kernelHeight * kernelWidth,
  );
}

export function checkBias(bias: TensorType | undefined, channels: unknown): void {
  if (!bias || (bias.shape.length === 1 && bias.shape[0] === channels)) return;
  throw new CompileError('op/bias', `bias expects [${String(channels)}], found [${bias.shape.join(',')}]`);
}

function checkResidual(residual: TensorType | undefined, shape: readonly unknown[]): void {
  if (
    !residual ||
    (residual.shape.length === shape.length && residual.shape.every((dim, i) => dim === shape[i]))
  )
    return;
  throw new CompileError(
    'op/residual',
    `residual expects [${shape.join(',')}], found [${residual.shape.join(',')}]`,
  );
}
