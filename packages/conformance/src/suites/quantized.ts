import { type Suite, suite } from '../suite.ts';

const XQ = 'quant(0.047:-5)';

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
function scales(count: number): string {
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

const exact = { exact: true } as const;

export const qlinearConv2dSuite = suite(
  'qlinear_conv2d',
  {
    pointwise: conv({ x: '1,16,8,8', w: '24,16,1,1', channels: 24, bias: 'i32[24] = random(2)' }),
    'pointwise-odd': conv({ x: '1,5,7,3', w: '3,5,1,1', channels: 3, bias: 'i32[3] = [-4000, 0, 100000]' }),
    'pointwise-one-pixel': conv({ x: '1,37,1,1', w: '10,37,1,1', channels: 10, attrs: 'clamp=[7, 127]' }),
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
    dilated: conv({ x: '1,3,11,9', w: '4,3,3,3', channels: 4, attrs: 'dilations=[2,3], pads=[2,3,2,3]' }),
    grouped: conv({ x: '1,8,6,6', w: '12,2,3,3', channels: 12, attrs: 'group=4, pads=[1,1,1,1]' }),
    'grouped-pointwise': conv({ x: '1,8,5,5', w: '6,4,1,1', channels: 6, attrs: 'group=2' }),
    batch: conv({ x: '2,4,5,5', w: '6,4,3,3', channels: 6, attrs: 'pads=[1,1,1,1], rounding="single"' }),
    'wide-kernel': conv({ x: '1,2,5,20', w: '3,2,1,7', channels: 3, attrs: 'pads=[0,3,0,3]' }),
    'kernel-larger-than-input': conv({ x: '1,2,2,2', w: '3,2,5,5', channels: 3, attrs: 'pads=[2,2,2,2]' }),
    'large-kernel': conv({ x: '1,2,9,9', w: '3,2,7,7', channels: 3, attrs: 'pads=[3,3,3,3], strides=[2,3]' }),
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
  },
  exact,
);

function pair(
  node: string,
  a = '1,3,4,5',
  b = a,
  types = { a: 'i8', aq: '0.05:-3', b: 'i8', bq: '0.031:12' },
): string {
  return [
    `graph @pair(%a: ${types.a}[${a}] quant(${types.aq}), %b: ${types.b}[${b}] quant(${types.bq}))`,
    `  %y = ${node}`,
    '  return %y',
  ].join('\n');
}

const wide = { a: 'i16', aq: '0.0005:0', b: 'i16', bq: '0.0002:0' };
const sums = (op: string): Record<string, string> => ({
  [`${op}-same-shape`]: pair(`${op} %a, %b {y_scale=0.07, y_zero_point=-9}`),
  [`${op}-single-rounding`]: pair(`${op} %a, %b {y_scale=0.07, y_zero_point=-9, rounding="single"}`),
  [`${op}-clamp`]: pair(`${op} %a, %b {y_scale=0.02, y_zero_point=1, clamp=[1, 127]}`),
  [`${op}-channels`]: pair(`${op} %a, %b {y_scale=0.07}`, '1,3,4,5', '1,3,1,1'),
  [`${op}-scalar`]: pair(`${op} %a, %b {y_scale=0.07}`, '2,3', '1'),
  [`${op}-fine-output`]: pair(`${op} %a, %b {y_scale=0.0003}`),
  [`${op}-unsigned`]: pair(`${op} %a, %b {y_scale=0.1, y_zero_point=77, y_dtype="u8"}`, '3,7', '3,7', {
    a: 'u8',
    aq: '0.05:100',
    b: 'u8',
    bq: '0.02:0',
  }),
  [`${op}-int16`]: pair(`${op} %a, %b {y_scale=0.0007, y_dtype="i16"}`, '3,7', '3,7', wide),
});

export const qlinearBinarySuite = suite(
  'qlinear_binary',
  { ...sums('qlinear_add'), ...sums('qlinear_sub'), ...sums('qlinear_mul') },
  exact,
);

const unary = (shape: string, node: string, type = 'i8', quant = '0.05:-3'): string =>
  `graph @unary(%x: ${type}[${shape}] quant(${quant}))\n  %y = ${node}\n  return %y`;

const pooled = (attrs: string, shape = '1,3,7,6'): string =>
  unary(shape, `qlinear_average_pool %x {y_scale=0.05, y_zero_point=-3, ${attrs}}`);

export const qlinearPoolSuite = suite(
  'qlinear_pool',
  {
    'average-2x2': pooled('kernel_shape=[2,2], strides=[2,2]'),
    'average-3x3-padded': pooled('kernel_shape=[3,3], pads=[1,1,1,1]'),
    'average-ceil': pooled('kernel_shape=[3,2], strides=[2,2], ceil_mode=true'),
    'average-clamp': pooled('kernel_shape=[3,3], clamp=[-3, 20]'),
    'average-other-scale': pooled('kernel_shape=[3,3], pads=[1,1,1,1]').replace(
      'y_scale=0.05',
      'y_scale=0.02',
    ),
    'average-padding-counts': pooled('kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=true'),
    'average-int16': unary(
      '1,2,6,6',
      'qlinear_average_pool %x {y_scale=0.001, kernel_shape=[3,3], y_dtype="i16"}',
      'i16',
      '0.001:0',
    ),
    'global-7x7': unary('1,9,7,7', 'qlinear_global_average_pool %x {y_scale=0.01, y_zero_point=4}'),
    'global-same-scale': unary('2,3,5,4', 'qlinear_global_average_pool %x {y_scale=0.05, y_zero_point=-3}'),
    'global-one': unary('1,3,1,1', 'qlinear_global_average_pool %x {y_scale=0.05, rounding="single"}'),
    'global-unsigned': unary(
      '1,3,4,4',
      'qlinear_global_average_pool %x {y_scale=0.02, y_dtype="u8", y_zero_point=99}',
      'u8',
      '0.05:128',
    ),
    'global-int16': unary(
      '1,3,4,4',
      'qlinear_global_average_pool %x {y_scale=0.0004, y_dtype="i16"}',
      'i16',
      '0.001:0',
    ),
    max: unary('1,3,7,6', 'max_pool %x {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}'),
    'max-unsigned': unary('1,3,7,6', 'max_pool %x {kernel_shape=[2,2]}', 'u8', '0.05:3'),
  },
  exact,
);

const byteTable = Array.from({ length: 256 }, (_, i) => Math.round(127 * Math.tanh((i - 128) / 40))).join(
  ', ',
);

export const qlinearUnarySuite = suite(
  'qlinear_unary',
  {
    requantize: unary('3,50', 'requantize %x {y_scale=0.031, y_zero_point=20}'),
    'requantize-single': unary('3,50', 'requantize %x {y_scale=0.11, rounding="single", clamp=[0, 90]}'),
    'requantize-to-unsigned': unary('300', 'requantize %x {y_scale=0.05, y_zero_point=125, y_dtype="u8"}'),
    'requantize-to-int16': unary('300', 'requantize %x {y_scale=0.0003, y_dtype="i16"}'),
    'requantize-from-int16': unary('600', 'requantize %x {y_scale=0.3}', 'i16', '0.001:0'),
    'lookup-tanh': `graph @lookup(%x: i8[2,300] quant(0.05:0))\n  const %t: i8[256] = [${byteTable}]\n  %y = qlinear_lookup %x, %t {y_scale=0.0079}\n  return %y`,
    'lookup-of-lookup':
      'graph @lookup(%x: i8[2,300] quant(0.05:0))\n  const %t: i8[256] quant(1:0) = random(4)\n  %h = qlinear_lookup %x, %t {y_scale=0.1}\n  %y = qlinear_lookup %h, %t {y_scale=0.1}\n  return %y',
    'lookup-unsigned':
      'graph @lookup(%x: u8[500] quant(0.05:7))\n  const %t: i16[256] = random(4)\n  %y = qlinear_lookup %x, %t {y_scale=0.1, y_dtype="i16"}\n  return %y',
    'lookup-int16':
      'graph @lookup(%x: i16[2000] quant(0.0002:0))\n  const %t: i16[513] quant(1:0) = random(4)\n  %y = qlinear_lookup %x, %t {y_scale=0.0001, y_dtype="i16"}\n  return %y',
    softmax: unary('2,10', 'qlinear_softmax %x'),
    'softmax-steep': unary('2,10', 'qlinear_softmax %x', 'i8', '0.9:4'),
    'softmax-flat': unary('1,1000', 'qlinear_softmax %x', 'i8', '0.0001:4'),
    'softmax-channels': unary(
      '1,5,3,2',
      'qlinear_softmax %x {axis=1, y_dtype="u8", y_zero_point=0, beta=0.5}',
      'u8',
      '0.1:4',
    ),
    'resize-bilinear': unary('1,3,4,5', 'qlinear_resize %x {sizes=[7,9]}'),
    'resize-half-pixel': unary('1,3,4,5', 'qlinear_resize %x {sizes=[9,3], half_pixel_centers=true}'),
    'resize-align-corners': unary('2,2,4,5', 'qlinear_resize %x {sizes=[8,1], align_corners=true}'),
    'resize-int16': unary(
      '1,2,3,3',
      'qlinear_resize %x {sizes=[7,7], half_pixel_centers=true}',
      'i16',
      '0.001:0',
    ),
    'resize-nearest': unary(
      '1,3,4,5',
      'resize %x {sizes=[1,3,8,10], coordinate_transformation_mode="asymmetric", nearest_mode="floor"}',
    ),
    dequantize: unary('3,50', 'dequantize_linear %x'),
    'dequantize-int16': unary('50', 'dequantize_linear %x', 'i16', '0.0001:0'),
    'dequantize-per-axis':
      'graph @axis(%x: i8[2,3,4] quant(axis=1, 0.5:3, 0.1:-7, 0.03:0))\n  %y = dequantize_linear %x\n  return %y',
    'quantize-dequantize':
      'graph @float(%x: f32[3,50])\n  %q = quantize_linear %x {y_scale=0.011, y_zero_point=-20}\n  %y = dequantize_linear %q\n  return %q, %y',
    'quantize-saturates':
      'graph @float(%x: f32[3,50])\n  %q = quantize_linear %x {y_scale=0.001, y_dtype="u8", y_zero_point=99}\n  %r = quantize_linear %x {y_scale=0.00002, y_dtype="i16"}\n  return %q, %r',
    'quantize-ties':
      'graph @float(%x: f32[64])\n  const %step: f32[1] = [64]\n  %i = mul %x, %step\n  %r = round %i\n  %q = quantize_linear %r {y_scale=2, y_zero_point=1}\n  return %q',
  },
  exact,
);

const moved = (node: string): string =>
  `graph @move(%a: i8[1,3,4,4] quant(0.05:-3), %b: i8[1,5,4,4] quant(0.05:-3))\n  %p = requantize %a {y_scale=0.1, y_zero_point=2}\n  %q = requantize %b {y_scale=0.1, y_zero_point=2}\n${node}`;

export const quantizedMovementSuite = suite(
  'quantized_movement',
  {
    'concat-in-place': moved('  %c = concat %p, %q\n  %y = requantize %c {y_scale=0.07}\n  return %y'),
    'concat-to-output': moved('  %y = concat %p, %q\n  return %y'),
    'concat-inputs': moved('  %y = concat %a, %b\n  return %y, %p'),
    pad: unary('1,2,3,4', 'pad %x {pads=[0,1,2,0,0,0,1,3]}'),
    'pad-value': unary('1,2,3,4', 'pad %x {pads=[0,0,1,1,0,0,1,1], value=0.5}', 'u8', '0.05:40'),
    'pad-reflect': unary('1,2,4,5', 'pad %x {pads=[0,0,2,1,0,0,1,3], mode="reflect"}'),
    slice: unary('1,8,5,5', 'slice %x {starts=[2], ends=[7], axes=[1]}'),
    transpose: unary('1,3,4,5', 'transpose %x {perm=[0,2,3,1]}'),
    'transpose-int16': unary('1,3,4,5', 'transpose %x {perm=[0,2,3,1]}', 'i16', '0.001:0'),
    reshape: unary('1,8,3,2', 'reshape %x {shape=[2,-1]}'),
    constant:
      'graph @constant(%x: i8[1,4] quant(0.05:-3))\n  const %c: i8[1,4] quant(0.05:-3) = [1, 2, 3, -4]\n  %y = concat %x, %c\n  return %y',
  },
  exact,
);

/** Ghost modules and squeeze-and-excite as the quantiser writes them, with float at both ends. */
/** Layers that C kernels may run over their inputs; planes of equal and of falling size. */
function chain(height: number, width: number): string {
  const pads = 'pads=[1,1,1,1]';
  return `graph @chain(%x: i8[1,8,${height},${width}] ${XQ})
  const %w1: i8[8,8,3,3] quant(axis=0, ${scales(8)}) = random(1)
  const %w2: i8[8,1,3,3] quant(axis=0, ${scales(8)}) = random(2)
  const %w3: i8[6,8,1,1] quant(axis=0, ${scales(6)}) = random(3)
  const %w4: i8[6,1,5,5] quant(axis=0, ${scales(6)}) = random(4)
  const %w5: i8[5,6,3,3] quant(axis=0, ${scales(5)}) = random(5)
  %a = qlinear_conv2d %x, %w1 {y_scale=0.3, y_zero_point=-9, ${pads}}
  %b = qlinear_conv2d %a, %w1 {y_scale=1.7, y_zero_point=11, ${pads}}
  %c = qlinear_depthwise_conv2d %b, %w2 {y_scale=5.1, y_zero_point=-2, ${pads}}
  %d = qlinear_conv2d %c, %w3 {y_scale=12.0, y_zero_point=3}
  %e = qlinear_conv2d %d, %w5 {y_scale=66.0, y_zero_point=5, pads=[2,2,2,2], dilations=[2,2]}
  %f = qlinear_depthwise_conv2d %d, %w4 {y_scale=70.0, y_zero_point=1, pads=[2,2,2,2], strides=[2,2]}
  return %e, %f`;
}

export const quantizedModuleSuite = suite(
  'quantized_module',
  {
    'depthwise-in-place': `graph @chain(%x: i8[1,6,13,11] quant(0.05:-3))
  const %pw: i8[6,6,1,1] quant(axis=0, ${scales(6)}) = random(1)
  const %d3: i8[6,1,3,3] quant(axis=0, ${scales(6)}) = random(2)
  const %d5: i8[6,1,5,5] quant(axis=0, ${scales(6)}) = random(3)
  %0 = qlinear_conv2d %x, %pw {y_scale=0.05, y_zero_point=4}
  %1 = qlinear_depthwise_conv2d %0, %d3 {y_scale=0.05, y_zero_point=-7, pads=[1,1,1,1]}
  %2 = qlinear_depthwise_conv2d %1, %d5 {y_scale=0.05, y_zero_point=9, pads=[2,2,2,2], strides=[2,2]}
  %3 = qlinear_depthwise_conv2d %2, %d3 {y_scale=0.05, y_zero_point=0, pads=[1,1,1,1]}
  %y = qlinear_conv2d %3, %pw {y_scale=0.1, y_zero_point=0}
  return %y`,
    ghost: `graph @ghost(%x: f32[1,8,9,9])
  const %pw: i8[6,8,1,1] quant(axis=0, ${scales(6)}) = random(1)
  const %pb: i32[6] = random(2)
  const %dw: i8[6,1,3,3] quant(axis=0, ${scales(6)}) = random(3)
  %q = quantize_linear %x {y_scale=0.008, y_zero_point=-1}
  %p = qlinear_conv2d %q, %pw, %pb {y_scale=0.02, y_zero_point=-128, clamp=[-128, 127]}
  %c = qlinear_depthwise_conv2d %p, %dw {y_scale=0.02, y_zero_point=-128, pads=[1,1,1,1]}
  %g = concat %p, %c
  %y = dequantize_linear %g
  return %y`,
    'squeeze-excite': `graph @se(%x: f32[1,12,5,5])
  const %w1: i8[4,12,1,1] quant(axis=0, ${scales(4)}) = random(1)
  const %w2: i8[12,4,1,1] quant(axis=0, ${scales(12)}) = random(3)
  const %hard_sigmoid: i8[256] quant(1:0) = random(4)
  %q = quantize_linear %x {y_scale=0.008}
  %m = qlinear_global_average_pool %q {y_scale=0.004, y_zero_point=3}
  %a = qlinear_conv2d %m, %w1 {y_scale=0.02, y_zero_point=-128}
  %b = qlinear_conv2d %a, %w2 {y_scale=0.05}
  %s = qlinear_lookup %b, %hard_sigmoid {y_scale=0.0039, y_zero_point=-128}
  %z = qlinear_mul %q, %s {y_scale=0.006}
  %y = dequantize_linear %z
  return %y, %z`,
    residual: `graph @residual(%x: i8[1,6,5,5] quant(0.02:3))
  const %w: i8[6,6,1,1] quant(axis=0, ${scales(6)}) = random(1)
  %p = qlinear_conv2d %x, %w {y_scale=0.04, y_zero_point=1}
  %s = qlinear_add %p, %x {y_scale=0.05, y_zero_point=-4}
  %t = qlinear_add %s, %s {y_scale=0.09}
  return %t`,
    chain: chain(8, 12),
    'chain-odd': chain(7, 5),
    'chain-wide': chain(5, 37),
    'mixed-float': `graph @mixed(%x: f32[1,4,6,6])
  const %w: i8[5,4,3,3] quant(axis=0, ${scales(5)}) = random(1)
  %q = quantize_linear %x {y_scale=0.008}
  %p = qlinear_conv2d %q, %w {y_scale=0.04, y_zero_point=1, pads=[1,1,1,1]}
  %d = dequantize_linear %p
  %e = relu %d
  %y = quantize_linear %e {y_scale=0.9, rounding="single"}
  return %y`,
    'int8-to-int16': `graph @mixed(%x: i8[1,4,6,6] quant(0.02:3))
  const %w: i8[5,4,3,3] quant(axis=0, ${scales(5)}) = random(1)
  const %b: i64[5] = [1, -2, 3, -4, 500000]
  %h = requantize %x {y_scale=0.0001, y_dtype="i16"}
  %p = qlinear_conv2d %h, %w, %b {y_scale=0.0004, y_dtype="i16", pads=[1,1,1,1], clamp=[0, 32767]}
  %y = requantize %p {y_scale=0.06, y_zero_point=-100}
  return %y`,
  },
  exact,
);

/** Every suite of integers: outputs must be equal, bit for bit. */
export const quantizedSuites: readonly Suite[] = [
  qlinearConv2dSuite,
  qlinearDepthwiseSuite,
  qlinearLinearSuite,
  qlinearBinarySuite,
  qlinearPoolSuite,
  qlinearUnarySuite,
  quantizedMovementSuite,
  quantizedModuleSuite,
];
