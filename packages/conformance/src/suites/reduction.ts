import { suite } from '../suite.ts';

const unary = (shape: string, node: string): string =>
  `graph @reduce(%x: f32[${shape}])\n  %y = ${node}\n  return %y`;

const sampled = (attrs: string): string =>
  `graph @pool(%x: f32[2,3,5,4], %g: f32[2,3,6,2])\n  %y = grid_sample %x, %g {${attrs}}\n  return %y`;

export const poolSuite = suite('pool', {
  'global-average': unary('1,13,7,7', 'global_average_pool %x'),
  'global-average-batch': unary('2,3,5,4', 'global_average_pool %x'),
  average: unary('1,3,8,8', 'average_pool %x {kernel_shape=[2,2], strides=[2,2]}'),
  'average-pads': unary('1,3,7,7', 'average_pool %x {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}'),
  'average-include-pad': unary(
    '1,3,7,7',
    'average_pool %x {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], count_include_pad=true}',
  ),
  'average-ceil': unary('1,2,8,8', 'average_pool %x {kernel_shape=[3,3], strides=[2,2], ceil_mode=true}'),
  'grid-sample': sampled('mode="linear"'),
  'grid-sample-corners': sampled('align_corners=true, padding_mode="border"'),
  'grid-sample-cubic': sampled('mode="cubic", padding_mode="reflection"'),
  'grid-sample-nearest': sampled('mode="nearest", align_corners=true'),
  max: unary('2,3,8,9', 'max_pool %x {kernel_shape=[3,2], strides=[2,1], pads=[1,0,1,1]}'),
  'max-dilated': unary('1,2,9,9', 'max_pool %x {kernel_shape=[3,3], dilations=[2,2]}'),
});

export const reductionSuite = suite('reduction', {
  'mean-spatial': unary('1,5,4,3', 'reduce_mean %x {axes=[2,3]}'),
  'mean-channel': unary('2,5,4,3', 'reduce_mean %x {axes=[1], keepdims=false}'),
  'sum-all': unary('2,3,4', 'reduce_sum %x'),
  max: unary('2,3,4,5', 'reduce_max %x {axes=[1,3]}'),
  min: unary('2,3,4,5', 'reduce_min %x {axes=[-1]}'),
  softmax: unary('3,10', 'softmax %x'),
  'softmax-channel': unary('2,5,3,2', 'softmax %x {axis=1}'),
  'resize-linear': unary('1,2,4,5', 'resize %x {sizes=[1,2,7,9], mode="linear"}'),
  'resize-align-corners': unary(
    '1,2,4,5',
    'resize %x {sizes=[1,2,6,3], mode="linear", coordinate_transformation_mode="align_corners"}',
  ),
});

const linear = (x: string, w: string, rest: string): string =>
  `graph @linear(%x: f32[${x}])\n  const %w: f32[${w}] = random(1)\n  const %b: f32[${w.split(',')[0]}] = random(2)\n  %y = fully_connected %x, %w${rest}\n  return %y`;

export const linearSuite = suite('linear', {
  'fully-connected': linear('1,64', '10,64', ', %b'),
  'fully-connected-odd': linear('3,37', '7,37', ''),
  'fully-connected-relu': linear('2,16', '5,16', ', %b {activation="relu"}'),
  matmul: 'graph @linear(%a: f32[5,7], %b: f32[7,3])\n  %y = matmul %a, %b\n  return %y',
  'matmul-batch': 'graph @linear(%a: f32[2,3,4,5], %b: f32[3,5,6])\n  %y = matmul %a, %b\n  return %y',
});
