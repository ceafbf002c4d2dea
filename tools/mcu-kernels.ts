/** Devices whose kernels are measured. */
export type McuDevice = 'cortex-m4' | 'cortex-m55';

/** Instructions per multiply-accumulate: at most `target`; `cmsis` is what CMSIS-NN takes. */
export interface Expectation {
  readonly target: number;
  readonly cmsis: number;
}

/** A layer as a graph of one node, and what its kernel may take on each device. */
export interface KernelCase {
  readonly name: string;
  readonly graph: string;
  readonly expected: { readonly [D in McuDevice]?: Expectation };
}

interface Layer {
  readonly op: string;
  readonly x: string;
  readonly w: string;
  readonly channels: number;
  /** Products of one sum. */
  readonly inner: number;
  readonly attrs?: string;
}

/** A layer with random weights, scales that differ by channel, and an output scale that fills the range of int8. */
function layerText({ op, x, w, channels, inner, attrs = '' }: Layer): string {
  const scales = Array.from({ length: channels }, (_, i) => `${(0.004 * (1 + ((i * 7) % 12))).toFixed(4)}:0`);
  const yScale = (0.05 * 0.026 * 5476 * Math.sqrt(inner)) / 40;
  return [
    `graph @layer(%x: i8[${x}] quant(0.05:-3))`,
    `  const %w: i8[${w}] quant(axis=0, ${scales.join(', ')}) = random(1)`,
    `  const %b: i32[${channels}] = random(2)`,
    `  %y = ${op} %x, %w, %b {y_scale=${yScale.toFixed(5)}, y_zero_point=4${attrs}}`,
    '  return %y',
  ].join('\n');
}

function pointwise(
  size: number,
  inner: number,
  channels: number,
  expected: KernelCase['expected'],
): KernelCase {
  const [x, w] = [`1,${inner},${size},${size}`, `${channels},${inner},1,1`];
  return {
    name: `1x1 ${size}x${size} ${inner} to ${channels}`,
    graph: layerText({ op: 'qlinear_conv2d', x, w, channels, inner }),
    expected,
  };
}

function depthwise(
  kernel: number,
  size: number,
  channels: number,
  expected: KernelCase['expected'],
): KernelCase {
  const pad = (kernel - 1) / 2;
  return {
    name: `depthwise ${kernel}x${kernel} ${size}x${size}x${channels}`,
    graph: layerText({
      op: 'qlinear_depthwise_conv2d',
      x: `1,${channels},${size},${size}`,
      w: `${channels},1,${kernel},${kernel}`,
      channels,
      inner: kernel * kernel,
      attrs: `, pads=[${pad},${pad},${pad},${pad}]`,
    }),
    expected,
  };
}

/** The layers of lab measurements: shapes of GhostNet, CMSIS-NN built with gcc 12 -O3 and counted the same way. */
export const kernelCases: readonly KernelCase[] = [
  pointwise(28, 24, 36, {
    'cortex-m4': { target: 2.1, cmsis: 3.28 },
    'cortex-m55': { target: 0.6, cmsis: 0.825 },
  }),
  pointwise(14, 80, 100, {
    'cortex-m4': { target: 1.45, cmsis: 1.95 },
    'cortex-m55': { target: 0.26, cmsis: 0.348 },
  }),
  pointwise(7, 160, 480, {
    'cortex-m4': { target: 1.45, cmsis: 1.75 },
    'cortex-m55': { target: 0.26, cmsis: 0.264 },
  }),
  pointwise(112, 16, 8, { 'cortex-m4': { target: 2.6, cmsis: 3.95 } }),
  depthwise(3, 28, 36, {
    'cortex-m4': { target: 3.9, cmsis: 8.86 },
    'cortex-m55': { target: 1.6, cmsis: 2.67 },
  }),
  depthwise(3, 112, 8, {
    'cortex-m4': { target: 3.9, cmsis: 10 },
    'cortex-m55': { target: 1.6, cmsis: 5.21 },
  }),
  depthwise(5, 7, 336, {
    'cortex-m4': { target: 3.9, cmsis: 8.59 },
    'cortex-m55': { target: 1.2, cmsis: 1.61 },
  }),
  {
    name: '3x3 stride 2 224x224 3 to 16',
    graph: layerText({
      op: 'qlinear_conv2d',
      x: '1,3,224,224',
      w: '16,3,3,3',
      channels: 16,
      inner: 27,
      attrs: ', strides=[2,2], pads=[1,1,1,1]',
    }),
    expected: { 'cortex-m4': { target: 3, cmsis: 4.82 } },
  },
  {
    name: 'fully connected 1280 to 1000',
    graph: layerText({
      op: 'qlinear_fully_connected',
      x: '1,1280',
      w: '1000,1280',
      channels: 1000,
      inner: 1280,
    }),
    expected: { 'cortex-m4': { target: 1.6, cmsis: 1.91 } },
  },
];
