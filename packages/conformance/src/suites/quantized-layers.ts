import { suite } from '../suite.ts';

/** How the int8 inputs of the cases are quantised. */
export const XQ = 'quant(0.047:-5)';

interface Layer {
  readonly op: string;
  readonly x: string;
  readonly w: string;
  readonly attrs?: string;
  /** Per-channel scales; one for all if absent. */
  readonly channels?: number;
  readonly bias?: string;
  readonly xType?: string;
}

/** Scales over three powers of two, so that shifts differ from channel to channel. */
export function scales(count: number): string {
  return Array.from({ length: count }, (_, i) => `${(0.002 * (1 + ((i * 7) % 12))).toFixed(4)}:0`).join(', ');
}

function layer({ op, x, w, attrs = '', channels, bias, xType = `i8[${x}] ${XQ}` }: Layer): string {
  const quant = channels ? `quant(axis=0, ${scales(channels)})` : 'quant(0.011:0)';
  return [
    `graph @layer(%x: ${xType})`,
    `  const %w: i8[${w}] ${quant} = random(1)`,
    ...(bias ? [`  const %b: ${bias}`] : []),
    `  %y = ${op} %x, %w${bias ? ', %b' : ''} {y_scale=0.083, y_zero_point=7${attrs && `, ${attrs}`}}`,
    '  return %y',
  ].join('\n');
}

const conv = (options: Omit<Layer, 'op'>): string => layer({ op: 'qlinear_conv2d', ...options });
const depthwise = (options: Omit<Layer, 'op'>): string =>
  layer({ op: 'qlinear_depthwise_conv2d', ...options });
const dense = (options: Omit<Layer, 'op'>): string => layer({ op: 'qlinear_fully_connected', ...options });

/** Weights that do not fit in 8 bits after subtracting their zero point. */
const asymmetric = (text: string): string => text.replace('quant(0.011:0)', 'quant(0.011:-37)');

export const exact = { exact: true } as const;

export const qlinearConv2dSuite = suite(
  'qlinear_conv2d',
  {
    pointwise: conv({ x: '1,16,8,8', w: '24,16,1,1', channels: 24, bias: 'i32[24] = random(2)' }),
    'pointwise-odd': conv({ x: '1,5,7,3', w: '3,5,1,1', channels: 3, bias: 'i32[3] = [100000, -4000, 0]' }),
    'pointwise-one-pixel': conv({ x: '1,37,1,1', w: '26,37,1,1', channels: 26, attrs: 'clamp=[7, 127]' }),
    'pointwise-strided': conv({ x: '1,6,9,8', w: '7,6,1,1', attrs: 'strides=[2,2]' }),
    'pointwise-batch': conv({ x: '3,4,5,1', w: '5,4,1,1', channels: 5 }),
    'pointwise-single-rounding': conv({
      x: '1,16,8,8',
      w: '9,16,1,1',
      channels: 9,
      attrs: 'rounding="single"',
    }),
    stem: conv({
      x: '1,3,16,16',
      w: '16,3,3,3',
      channels: 16,
      bias: 'i32[16] = random(2)',
      attrs: 'strides=[2,2], pads=[1,1,1,1], clamp=[7, 127]',
    }),
    'asymmetric-pads': conv({ x: '1,2,6,7', w: '4,2,3,2', channels: 4, attrs: 'pads=[0,1,2,0]' }),
    'wide-window': conv({ x: '1,4,2,40', w: '6,2,1,21', channels: 6, attrs: 'group=2, pads=[0,4,0,9]' }),
    dilated: conv({ x: '1,3,11,9', w: '4,3,3,3', channels: 4, attrs: 'dilations=[2,3], pads=[2,3,2,3]' }),
    grouped: conv({ x: '1,8,6,6', w: '12,2,3,3', channels: 12, attrs: 'group=4, pads=[1,1,1,1]' }),
    'grouped-pointwise': conv({ x: '1,8,5,5', w: '6,4,1,1', channels: 6, attrs: 'group=2' }),
    batch: conv({ x: '2,4,5,5', w: '6,4,3,3', channels: 6, attrs: 'pads=[1,1,1,1], rounding="single"' }),
    'wide-kernel': conv({ x: '1,2,5,20', w: '3,2,1,7', channels: 3, attrs: 'pads=[0,3,0,3]' }),
    'kernel-larger-than-input': conv({ x: '1,2,2,2', w: '3,2,5,5', channels: 3, attrs: 'pads=[2,2,2,2]' }),
    'large-kernel': conv({ x: '1,2,9,9', w: '3,2,7,7', channels: 3, attrs: 'pads=[3,3,3,3], strides=[2,3]' }),
    'large-kernel-inside': conv({
      x: '1,3,15,18',
      w: '5,3,7,7',
      channels: 5,
      attrs: 'pads=[3,3,3,3], strides=[2,2]',
    }),
    'large-kernel-dilated': conv({
      x: '1,2,12,14',
      w: '3,2,6,5',
      channels: 3,
      attrs: 'pads=[1,2,1,2], dilations=[2,1]',
    }),
    'tall-kernel': conv({
      x: '1,1,25,10',
      w: '8,1,10,4',
      channels: 8,
      attrs: 'pads=[4,1,5,1], strides=[2,2]',
    }),
    'clamp-both': conv({ x: '1,4,5,5', w: '4,4,1,1', channels: 4, attrs: 'clamp=[-20, 31]' }),
    'left-shift': conv({ x: '1,4,5,5', w: '4,4,1,1', attrs: 'rounding="double"' }).replace(
      'y_scale=0.083',
      'y_scale=0.0001',
    ),
    'left-shift-single': conv({ x: '1,4,5,5', w: '4,4,1,1', attrs: 'rounding="single"' }).replace(
      'y_scale=0.083',
      'y_scale=0.0001',
    ),
    'shift-beyond': conv({ x: '1,4,3,3', w: '4,4,1,1', channels: 4 }).replace(
      'y_scale=0.083',
      'y_scale=80000000',
    ),
    'zero-point-edges': conv({
      x: '1,3,5,5',
      w: '4,3,3,3',
      channels: 4,
      attrs: 'pads=[1,1,1,1]',
      xType: 'i8[1,3,5,5] quant(0.02:-128)',
    }),
    'unsigned-input': conv({
      x: '1,3,5,5',
      w: '4,3,3,3',
      channels: 4,
      attrs: 'pads=[1,1,1,1], y_dtype="u8"',
      xType: 'u8[1,3,5,5] quant(0.02:131)',
    }),
    'unsigned-pointwise': conv({
      x: '2,6,3,3',
      w: '8,6,1,1',
      channels: 8,
      bias: 'i32[8] = random(2)',
      attrs: 'y_dtype="u8"',
      xType: 'u8[2,6,3,3] quant(0.02:131)',
    }),
    // 25 and 75 times 0.82 are halves: the lowest bits of their products decide
    halves: `graph @layer(%x: i8[1,1,16,16] quant(0.82:-5))
  const %w: i8[2,1,1,1] quant(1:0) = [1, -1]
  %y = qlinear_conv2d %x, %w {y_scale=1, y_zero_point=7}
  return %y`,
    // every sum but 0 is beyond int8, on channels whose multipliers are 2 and more than 2^31
    'all-saturates': `graph @layer(%x: i8[1,4,3,16] quant(1:-5))
  const %w: i8[8,4,1,1] quant(axis=0, 2:0, 3000000000:0, 2:0, 30000:0, 4e30:0, 2:0, 1:0, 0.5:0) = random(1)
  %y = qlinear_conv2d %x, %w {y_scale=1, y_zero_point=7}
  return %y`,
    'saturating-bias': conv({
      x: '1,2,3,3',
      w: '2,2,1,1',
      channels: 2,
      bias: 'i32[2] = [2147000000, -2147000000]',
    }),
    'dead-channels': [
      `graph @layer(%x: i8[1,9,6,4] ${XQ})`,
      '  const %w: i8[4,9,1,1] quant(axis=0, 0.0000000003:0, 0.0000000003:0, 0.004:0, 0.0000003:0) = random(1)',
      '  const %b: i32[4] = [1073741824, -1073741824, 500, -10000000]',
      '  %y = qlinear_conv2d %x, %w, %b {y_scale=0.083, y_zero_point=7}',
      '  return %y',
    ].join('\n'),
    int16: conv({
      x: '1,5,6,6',
      w: '4,5,3,3',
      channels: 4,
      bias: 'i64[4] = [100000000, 0, -7, 12345678901]',
      attrs: 'pads=[1,1,1,1], y_dtype="i16", y_zero_point=0',
      xType: 'i16[1,5,6,6] quant(0.0001:0)',
    }).replace('y_zero_point=7, ', ''),
    'weights-with-zero-point': asymmetric(
      conv({ x: '1,5,7,6', w: '6,5,3,3', attrs: 'pads=[1,1,0,1], strides=[1,2]' }),
    ),
    'weights-with-zero-point-pointwise': asymmetric(
      conv({ x: '2,9,5,5', w: '7,9,1,1', bias: 'i32[7] = random(2)', attrs: 'clamp=[-60, 90]' }),
    ),
    'weights-with-zero-point-one-pixel': asymmetric(conv({ x: '1,19,1,1', w: '10,19,1,1' })),
    'weights-with-zero-point-grouped': asymmetric(
      conv({ x: '1,8,6,6', w: '12,2,3,3', attrs: 'group=4, pads=[1,1,1,1]' }),
    ),
    'weights-with-zero-points': conv({ x: '1,4,6,6', w: '3,4,3,3', channels: 3 }).replace(
      scales(3),
      '0.004:-128, 0.011:127, 0.007:3',
    ),
    'weights-with-zero-point-unsigned': asymmetric(
      conv({
        x: '1,3,5,5',
        w: '4,3,3,3',
        attrs: 'pads=[1,1,1,1], y_dtype="u8"',
        xType: 'u8[1,3,5,5] quant(0.02:131)',
      }),
    ),
    'weights-with-zero-point-in-8-bits': conv({ x: '1,2,4,4', w: '2,2,1,1' })
      .replace('quant(0.011:0)', 'quant(0.011:20)')
      .replace('random(1)', '[100, -90, 20, 3]'),
  },
  exact,
);

const transposed = (options: Omit<Layer, 'op'>): string =>
  layer({ op: 'qlinear_conv_transpose2d', ...options });

export const qlinearTransposeSuite = suite(
  'qlinear_conv_transpose2d',
  {
    '2x2-stride2': transposed({
      x: '1,5,6,5',
      w: '7,5,2,2',
      channels: 7,
      bias: 'i32[7] = random(2)',
      attrs: 'strides=[2,2], clamp=[7, 127]',
    }),
    '3x3-stride2-padded': transposed({
      x: '2,4,5,40',
      w: '3,4,3,3',
      channels: 3,
      attrs: 'strides=[2,2], pads=[1,1,0,1], output_padding=[1,0]',
    }),
    'grouped-dilated': transposed({
      x: '1,6,4,5',
      w: '4,3,2,3',
      attrs: 'group=2, strides=[3,1], dilations=[1,2], rounding="single"',
    }),
    unsigned: transposed({
      x: '1,3,4,4',
      w: '5,3,4,4',
      channels: 5,
      attrs: 'strides=[2,2], pads=[1,1,1,1], y_dtype="u8"',
      xType: 'u8[1,3,4,4] quant(0.02:131)',
    }),
    int16: transposed({
      x: '1,3,4,4',
      w: '2,3,2,2',
      channels: 2,
      bias: 'i64[2] = [100000000, -7]',
      attrs: 'strides=[2,2], y_dtype="i16"',
      xType: 'i16[1,3,4,4] quant(0.0001:0)',
    }).replace('y_zero_point=7', 'y_zero_point=0'),
  },
  exact,
);

export const qlinearDepthwiseSuite = suite(
  'qlinear_depthwise_conv2d',
  {
    '3x3': depthwise({
      x: '1,16,8,8',
      w: '16,1,3,3',
      channels: 16,
      bias: 'i32[16] = random(2)',
      attrs: 'pads=[1,1,1,1], clamp=[7, 127]',
    }),
    '5x5-stride2': depthwise({
      x: '1,7,9,11',
      w: '7,1,5,5',
      channels: 7,
      attrs: 'pads=[2,2,2,2], strides=[2,2]',
    }),
    '3x3-stride2-right-pad': depthwise({
      x: '1,4,8,8',
      w: '4,1,3,3',
      channels: 4,
      attrs: 'pads=[0,0,1,1], strides=[2,2]',
    }),
    '3x3-no-pad': depthwise({ x: '1,4,8,7', w: '4,1,3,3', channels: 4 }),
    '1x1': depthwise({ x: '1,4,5,5', w: '4,1,1,1', channels: 4, bias: 'i32[4] = random(2)' }),
    '1x5': depthwise({ x: '1,3,6,9', w: '3,1,1,5', channels: 3, attrs: 'pads=[0,2,0,2]' }),
    'multiplier-2': depthwise({
      x: '1,5,6,6',
      w: '10,1,3,3',
      channels: 10,
      attrs: 'pads=[1,1,1,1], multiplier=2',
    }),
    'trimmed-multiplier': depthwise({
      x: '1,21,6,6',
      w: '40,1,3,3',
      channels: 40,
      attrs: 'pads=[1,1,1,1], multiplier=2',
    }),
    trimmed: depthwise({ x: '1,31,5,5', w: '30,1,3,3', channels: 30, attrs: 'pads=[1,1,1,1]' }),
    'wide-window': depthwise({ x: '1,3,2,40', w: '3,1,1,21', channels: 3, attrs: 'pads=[0,4,0,9]' }),
    dilated: depthwise({ x: '1,3,9,9', w: '3,1,3,3', channels: 3, attrs: 'dilations=[2,2], pads=[2,2,2,2]' }),
    batch: depthwise({ x: '2,3,5,4', w: '3,1,3,3', attrs: 'pads=[1,1,1,1], rounding="single"' }),
    'smaller-than-kernel': depthwise({ x: '1,3,2,1', w: '3,1,5,5', channels: 3, attrs: 'pads=[2,2,2,2]' }),
    'unsigned-input': depthwise({
      x: '1,3,5,5',
      w: '3,1,3,3',
      channels: 3,
      attrs: 'pads=[1,1,1,1]',
      xType: 'u8[1,3,5,5] quant(0.02:131)',
    }),
    'unsigned-rows': depthwise({
      x: '1,4,6,8',
      w: '4,1,5,5',
      channels: 4,
      attrs: 'pads=[2,2,2,2], strides=[1,2], dilations=[1,1]',
      xType: 'u8[1,4,6,8] quant(0.02:131)',
    }),
    int16: depthwise({
      x: '1,3,6,6',
      w: '3,1,3,3',
      channels: 3,
      attrs: 'pads=[1,1,1,1], y_dtype="i16"',
      xType: 'i16[1,3,6,6] quant(0.0001:0)',
    }).replace('y_zero_point=7', 'y_zero_point=0'),
    'weights-with-zero-point': asymmetric(depthwise({ x: '1,6,8,8', w: '6,1,3,3', attrs: 'pads=[1,1,1,1]' })),
    'weights-with-zero-point-multiplier': asymmetric(
      depthwise({ x: '1,3,7,5', w: '6,1,3,3', attrs: 'multiplier=2, strides=[2,1], pads=[1,1,1,1]' }),
    ),
  },
  exact,
);

export const qlinearLinearSuite = suite(
  'qlinear_fully_connected',
  {
    'per-tensor': dense({ x: '1,20', w: '7,20', bias: 'i32[7] = random(2)' }),
    'per-channel': dense({ x: '1,33', w: '8,33', channels: 8 }),
    rows: dense({ x: '3,10', w: '5,10', channels: 5, attrs: 'rounding="single", clamp=[-100, 100]' }),
    one: dense({ x: '1,1', w: '1,1' }),
    'wide-sum': dense({ x: '1,1280', w: '10,1280', channels: 10 }),
    unsigned: dense({ x: '2,12', w: '5,12', channels: 5, xType: 'u8[2,12] quant(0.05:99)' }),
    int16: dense({
      x: '2,64',
      w: '5,64',
      channels: 5,
      bias: 'i64[5] = random(3)',
      attrs: 'y_dtype="i16"',
      xType: 'i16[2,64] quant(0.0001:0)',
    }).replace('y_zero_point=7', 'y_zero_point=0'),
    'weights-with-zero-point': asymmetric(dense({ x: '3,21', w: '9,21', bias: 'i32[9] = random(2)' })),
    'weights-with-zero-point-row': asymmetric(dense({ x: '1,32', w: '10,32', attrs: 'rounding="single"' })),
  },
  exact,
);
