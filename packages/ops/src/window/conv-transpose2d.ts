import { addDim, CompileError, type Dim, fromNumbers, mulDim, staticShape, toNumbers } from '@ghostc/ir';
import { int, ints } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { activationAfter, activationAttrs } from '../elementwise/activation.ts';
import { layerTerms, weightsPerOutput } from '../operand-sizes.ts';
import { checkBias, windowAttrs } from './conv2d.ts';
import { checkWindow, image, imageShape, planeShape, shapeLike, type Window } from './window.ts';

interface TransposedWindow extends Window {
  readonly output_padding: readonly number[];
}

/**
 * The transpose of a 2-d convolution, ONNX ConvTranspose with a fused activation: x [N,C,H,W], weight
 * [M,C/group,kH,kW] (not mirrored, channels as in a convolution), bias [M]. Input pixel i contributes to the
 * outputs i * stride + u * dilation - pad. A line [N,C,L] with kH = 1 gives a line.
 */
export const convTranspose2d = defineOp({
  name: 'conv_transpose2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { ...windowAttrs, output_padding: ints([0, 0]), group: int(1), ...activationAttrs },
  traits: ['reduction', 'window'],
  computed: 'kernel',
  integerForm: { kind: 'weighted', op: 'qlinear_conv_transpose2d' },
  onIntegers: 'wide',
  error: { kind: 'sum', terms: layerTerms },
  ulp: (node) => 2 * weightsPerOutput(node),
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, weight, bias }, attrs) {
    const [n, channels, height, width] = planeShape(x, 'x');
    const [m, perGroup, kernelHeight, kernelWidth] = imageShape(weight, 'weight');
    if (channels !== Number(perGroup) * attrs.group || Number(m) % attrs.group !== 0)
      throw new CompileError(
        'conv_transpose2d/infer',
        `weight [${weight.shape.join(',')}] in ${attrs.group} groups does not fit ${channels} input channels`,
      );
    checkBias(bias, m);
    checkWindow(x, kernelHeight, attrs);
    const sizes = [
      transposedOutput(height, Number(kernelHeight), 0, attrs),
      transposedOutput(width, Number(kernelWidth), 1, attrs),
    ] as const;
    return { dtype: x.dtype, shape: shapeLike(x, [n, m, ...sizes]) };
  },
  evaluate({ x, weight, bias }, attrs, [type]) {
    const sums = transposedSums(
      { data: toNumbers(x), shape: image(x.shape) },
      {
        taps: { data: toNumbers(weight), shape: image(weight.shape) },
        biases: bias && toNumbers(bias),
        window: attrs,
        shape: image(type.shape),
      },
    );
    const act = activationAfter(attrs, type.dtype);
    return fromNumbers(type.dtype, staticShape(type.shape), sums.map(act));
  },
  macs: ({ x, weight }) => {
    const [n, , height, width] = image(x.shape);
    return image(weight.shape).reduce((product, size) => product * size, n * height * width);
  },
});

interface Images {
  readonly data: ArrayLike<number | bigint>;
  readonly shape: readonly [number, number, number, number];
}

interface Transposed {
  /** [M,C/group,kH,kW] */
  readonly taps: Images;
  readonly biases: ArrayLike<number | bigint> | undefined;
  readonly window: Window & { readonly group: number };
  /** [N,M,OH,OW] */
  readonly shape: Images['shape'];
}

/** bias[m] + the sum of x w over the taps that reach an output, [N,M,OH,OW]. */
export function transposedSums(x: Images, { taps, biases, window, shape }: Transposed): Float64Array {
  const [batch, m, height, width] = shape;
  const [, channels, inHeight, inWidth] = x.shape;
  const [, perGroup, kernelHeight, kernelWidth] = taps.shape;
  const data = Float64Array.from(x.data, Number);
  const plane = height * width;
  const sums = new Float64Array(batch * m * plane);
  for (let at = 0; at < batch * m; at++) {
    const out = sums.subarray(at * plane, (at + 1) * plane).fill(Number(biases?.[at % m] ?? 0));
    const first = Math.floor(at / m) * channels + Math.floor((at % m) / (m / window.group)) * perGroup;
    for (let tap = 0; tap < perGroup * kernelHeight * kernelWidth; tap++) {
      const [c, u, v] = [
        Math.floor(tap / (kernelHeight * kernelWidth)),
        Math.floor(tap / kernelWidth) % kernelHeight,
        tap % kernelWidth,
      ];
      const source = data.subarray((first + c) * inHeight * inWidth, (first + c + 1) * inHeight * inWidth);
      const w = Number(taps.data[(at % m) * perGroup * kernelHeight * kernelWidth + tap]);
      scatter({ out, height, width, source, inHeight, inWidth }, w, offsetOf(window, u, v));
    }
  }
  return sums;
}

/** stride * (in - 1) + dilation * (kernel - 1) + 1 + output padding - pads. */
function transposedOutput(input: Dim, kernel: number, axis: 0 | 1, window: TransposedWindow): Dim {
  const stride = window.strides[axis] ?? 1;
  const reach = (window.dilations[axis] ?? 1) * (kernel - 1) + 1;
  const pads = (window.pads[axis] ?? 0) + (window.pads[axis + 2] ?? 0);
  const size = addDim(mulDim(input, stride), reach - stride + (window.output_padding[axis] ?? 0) - pads);
  if (typeof size === 'number' && size < 1)
    throw new CompileError('op/window', `pads [${window.pads.join(',')}] leave nothing of the output`);
  return size;
}

interface Offset {
  readonly strides: readonly [number, number];
  readonly top: number;
  readonly left: number;
}

function offsetOf({ strides, dilations, pads }: Window, u: number, v: number): Offset {
  return {
    strides: [strides[0] ?? 1, strides[1] ?? 1],
    top: u * (dilations[0] ?? 1) - (pads[0] ?? 0),
    left: v * (dilations[1] ?? 1) - (pads[1] ?? 0),
  };
}

interface Planes {
  readonly out: Float64Array;
  readonly height: number;
  readonly width: number;
  readonly source: ArrayLike<number>;
  readonly inHeight: number;
  readonly inWidth: number;
}

/** Adds one input plane times one weight where its pixels reach. */
function scatter(planes: Planes, w: number, { strides, top, left }: Offset): void {
  const { out, height, width, source, inHeight, inWidth } = planes;
  for (let i = 0; i < inHeight; i++) {
    const y = i * strides[0] + top;
    if (y < 0 || y >= height) continue;
    for (let j = 0; j < inWidth; j++) {
      const z = j * strides[1] + left;
      if (z >= 0 && z < width)
        out[y * width + z] = (out[y * width + z] ?? 0) + w * (source[i * inWidth + j] ?? 0);
    }
  }
}
