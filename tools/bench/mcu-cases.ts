import type { TinyModel } from './mlperf-tiny.ts';
/** Devices whose kernels are measured. */
export type McuDevice = 'cortex-m4' | 'cortex-m55';

/** At most `target`; `peer` is what the peer takes, measured apart. */
export interface Expectation {
  readonly target: number;
  readonly peer: number;
}

function atMost(target: number, peer: number): Expectation {
  return { target, peer };
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

/** Layers of GhostNet, instructions per multiply-accumulate. The peer is CMSIS-NN, built with gcc 12 -O3, counted the same way. */
export const kernelCases: readonly KernelCase[] = [
  pointwise(28, 24, 36, {
    'cortex-m4': atMost(2.1, 3.28),
    'cortex-m55': atMost(0.6, 0.825),
  }),
  pointwise(14, 80, 100, {
    'cortex-m4': atMost(1.45, 1.95),
    'cortex-m55': atMost(0.26, 0.348),
  }),
  pointwise(7, 160, 480, {
    'cortex-m4': atMost(1.45, 1.75),
    'cortex-m55': atMost(0.26, 0.264),
  }),
  pointwise(112, 16, 8, { 'cortex-m4': atMost(2.6, 3.95) }),
  depthwise(3, 28, 36, {
    'cortex-m4': atMost(3.9, 8.86),
    'cortex-m55': atMost(1.6, 2.67),
  }),
  depthwise(3, 112, 8, {
    'cortex-m4': atMost(3.9, 10),
    'cortex-m55': atMost(1.6, 5.21),
  }),
  depthwise(5, 7, 336, {
    'cortex-m4': atMost(3.9, 8.59),
    'cortex-m55': atMost(1.2, 1.61),
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
    expected: { 'cortex-m4': atMost(3, 4.82) },
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
    expected: { 'cortex-m4': atMost(1.6, 1.91) },
  },
];

export interface ModelCase {
  readonly name: string;
  /** In the folder of MLPerf Tiny models. */
  readonly file: TinyModel;
  readonly instructions: { readonly [D in McuDevice]: Expectation };
  /** Bytes of arena, input and output. */
  readonly arena: Expectation;
}

/** MLPerf Tiny. The peer is TensorFlow Lite Micro with CMSIS-NN; its arena holds inputs and outputs, and no code. */
export const modelCases: readonly ModelCase[] = [
  {
    name: 'ic (image classification)',
    file: 'ic_int8',
    instructions: {
      'cortex-m4': atMost(14.6e6, 29.88e6),
      'cortex-m55': atMost(3.17e6, 4.81e6),
    },
    arena: atMost(45_000, 54_996),
  },
  {
    name: 'kws (keyword spotting)',
    file: 'kws_int8',
    instructions: {
      'cortex-m4': atMost(3.83e6, 7.85e6),
      'cortex-m55': atMost(1.23e6, 1.79e6),
    },
    arena: atMost(18_000, 22_820),
  },
  {
    name: 'vww (visual wake words)',
    file: 'vww_int8',
    instructions: {
      'cortex-m4': atMost(10.86e6, 24.72e6),
      'cortex-m55': atMost(2.99e6, 6.43e6),
    },
    arena: atMost(60_000, 100_708),
  },
];
