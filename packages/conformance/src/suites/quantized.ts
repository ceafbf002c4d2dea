import { type Suite, suite } from '../suite.ts';
import {
  exact,
  qlinearConv2dSuite,
  qlinearDepthwiseSuite,
  qlinearLinearSuite,
  qlinearTransposeSuite,
} from './quantized-layers.ts';
import { quantizedModuleSuite } from './quantized-modules.ts';

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
  { ...sums('qlinear_add'), ...sums('qlinear_sub'), ...sums('qlinear_mul'), ...sums('qlinear_prelu') },
  exact,
);

const Y = 'y_scale=0.21, y_zero_point=-9';

export const qlinearMatmulSuite = suite(
  'qlinear_matmul',
  {
    matrices: pair(`qlinear_matmul %a, %b {${Y}}`, '5,7', '7,3'),
    'four-columns': pair(`qlinear_matmul %a, %b {${Y}}`, '3,16', '16,8'),
    'single-rounding': pair(`qlinear_matmul %a, %b {${Y}, rounding="single"}`, '9,24', '24,6'),
    clamp: pair(`qlinear_matmul %a, %b {${Y}, clamp=[-9, 20]}`, '4,6', '6,5'),
    batch: pair(`qlinear_matmul %a, %b {${Y}}`, '2,3,4,5', '2,3,5,6'),
    broadcast: pair(`qlinear_matmul %a, %b {${Y}}`, '2,1,4,5', '3,5,6'),
    'scale-above-one': pair('qlinear_matmul %a, %b {y_scale=0.0009}', '2,3', '3,2'),
    unsigned: pair('qlinear_matmul %a, %b {y_scale=0.1, y_zero_point=77, y_dtype="u8"}', '3,7', '7,9', {
      a: 'u8',
      aq: '0.05:100',
      b: 'u8',
      bq: '0.02:0',
    }),
    int16: pair('qlinear_matmul %a, %b {y_scale=0.0007, y_dtype="i16"}', '2,3,7', '2,7,5', wide),
  },
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
    'average-dilated': pooled('kernel_shape=[2,3], dilations=[3,2], pads=[1,0,2,1]'),
    'average-single-rounding': pooled('kernel_shape=[3,2], rounding="single"').replace(
      'y_scale=0.05',
      'y_scale=0.03',
    ),
    'average-int16': unary(
      '1,2,6,6',
      'qlinear_average_pool %x {y_scale=0.001, kernel_shape=[3,3], y_dtype="i16"}',
      'i16',
      '0.001:0',
    ),
    'global-7x7': unary('1,9,7,7', 'qlinear_global_average_pool %x {y_scale=0.01, y_zero_point=4}'),
    'global-same-scale': unary('2,3,5,4', 'qlinear_global_average_pool %x {y_scale=0.05, y_zero_point=-3}'),
    'global-one': unary('1,3,1,1', 'qlinear_global_average_pool %x {y_scale=0.05, rounding="single"}'),
    'global-clamp': unary(
      '2,5,3,4',
      'qlinear_global_average_pool %x {y_scale=0.01, y_zero_point=4, clamp=[-20, 31]}',
    ),
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
    'max-over-vectors': unary('1,3,9,37', 'max_pool %x {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}'),
    'max-side-by-side': unary('2,2,5,35', 'max_pool %x {kernel_shape=[2,3], pads=[1,1,0,1]}'),
    'max-far-apart': unary(
      '1,2,10,64',
      'max_pool %x {kernel_shape=[4,5], strides=[3,3], pads=[2,2,2,2], ceil_mode=true}',
      'u8',
      '0.05:3',
    ),
    'max-dilated-across': unary(
      '1,2,4,50',
      'max_pool %x {kernel_shape=[1,3], strides=[1,2], dilations=[1,3], pads=[0,3,0,0]}',
    ),
    // lower than what memory is filled with before a run: an edge that is not the lowest shows
    'max-of-low':
      'graph @max(%x: i8[1,3,9,37] quant(0.05:0))\n  %a = requantize %x {y_scale=0.05, clamp=[-128, -120]}\n  %y = max_pool %a {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}\n  return %y',
    'max-of-a-line': unary('1,8,1,45', 'max_pool %x {kernel_shape=[1,2], strides=[1,2]}'),
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
    'lookup-unsigned-bytes':
      'graph @lookup(%x: u8[500] quant(0.05:7))\n  const %t: u8[256] = random(4)\n  %y = qlinear_lookup %x, %t {y_scale=0.1, y_zero_point=9, y_dtype="u8"}\n  return %y',
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
    'cast-to-float': unary('3,50', 'cast %x {to="f32"}'),
    'cast-unsigned-to-int': unary('2,33', 'cast %x {to="i32"}', 'u8', '0.05:99'),
    'dequantize-int16': unary('50', 'dequantize_linear %x', 'i16', '0.0001:0'),
    'dequantize-per-axis':
      'graph @axis(%x: i8[2,3,4] quant(axis=1, 0.5:3, 0.1:-7, 0.03:0))\n  %y = dequantize_linear %x\n  return %y',
    'quantize-dequantize':
      'graph @float(%x: f32[3,50])\n  %q = quantize_linear %x {y_scale=0.011, y_zero_point=-20}\n  %y = dequantize_linear %q\n  return %q, %y',
    'quantize-saturates':
      'graph @float(%x: f32[3,50])\n  %q = quantize_linear %x {y_scale=0.001, y_dtype="u8", y_zero_point=99}\n  %r = quantize_linear %x {y_scale=0.00002, y_dtype="i16"}\n  return %q, %r',
    'quantize-ties':
      'graph @float(%x: f32[64])\n  const %step: f32[1] = [64]\n  %i = mul %x, %step\n  %r = round %i\n  %q = quantize_linear %r {y_scale=2, y_zero_point=1}\n  %e = quantize_linear %r {y_scale=2, y_zero_point=1, rounding="single"}\n  %s = quantize_linear %r {y_scale=0.25, y_zero_point=-9}\n  return %q, %e, %s',
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
    expand: unary('2,1,5', 'expand %x {shape=[3,2,3,5]}'),
    gather: `graph @gather(%x: i8[2,6,5] quant(0.05:-3))
  const %i: i64[2,2] = [5, 0, -1, 3]
  const %j: i64[3] = [-5, 2, 2]
  %y = gather %x, %i {axis=1}
  %z = gather %x, %j {axis=2}
  return %y, %z`,
    transpose: unary('1,3,4,5', 'transpose %x {perm=[0,2,3,1]}'),
    'transpose-int16': unary('1,3,4,5', 'transpose %x {perm=[0,2,3,1]}', 'i16', '0.001:0'),
    reshape: unary('1,8,3,2', 'reshape %x {shape=[2,-1]}'),
    constant:
      'graph @constant(%x: i8[1,4] quant(0.05:-3))\n  const %c: i8[1,4] quant(0.05:-3) = [1, 2, 3, -4]\n  %y = concat %x, %c\n  return %y',
  },
  exact,
);

/** Every suite of integers: outputs must be equal, bit for bit. */
export const quantizedSuites: readonly Suite[] = [
  qlinearConv2dSuite,
  qlinearDepthwiseSuite,
  qlinearTransposeSuite,
  qlinearLinearSuite,
  qlinearBinarySuite,
  qlinearMatmulSuite,
  qlinearPoolSuite,
  qlinearUnarySuite,
  quantizedMovementSuite,
  quantizedModuleSuite,
];
