import { suite } from '../suite.ts';

interface Conv {
  readonly x: string;
  readonly w: string;
  readonly attrs?: string;
  readonly bias?: number;
  readonly residual?: string;
}

function conv({ x, w, attrs = '', bias, residual }: Conv): string {
  return [
    `graph @conv(%x: f32[${x}]${residual ? `, %r: f32[${residual}]` : ''})`,
    `  const %w: f32[${w}] = random(1)`,
    ...(bias ? [`  const %b: f32[${bias}] = random(2)`] : []),
    `  %y = conv2d %x, %w, ${bias ? '%b' : '_'}, ${residual ? '%r' : '_'} {${attrs}}`,
    '  return %y',
  ].join('\n');
}

export const conv2dSuite = suite('conv2d', {
  pointwise: conv({ x: '1,16,8,8', w: '24,16,1,1' }),
  'pointwise-odd': conv({ x: '1,5,7,3', w: '3,5,1,1', bias: 3 }),
  'pointwise-one-pixel': conv({ x: '1,37,1,1', w: '10,37,1,1', bias: 10, attrs: 'activation="relu"' }),
  'pointwise-strided': conv({ x: '1,6,9,8', w: '7,6,1,1', attrs: 'strides=[2,2]' }),
  stem: conv({
    x: '1,3,16,16',
    w: '16,3,3,3',
    bias: 16,
    attrs: 'strides=[2,2], pads=[1,1,1,1], activation="relu"',
  }),
  'asymmetric-pads': conv({ x: '1,2,6,7', w: '4,2,3,2', attrs: 'pads=[0,1,2,0]' }),
  'wide-window': conv({ x: '1,2,3,40', w: '5,2,2,21', attrs: 'strides=[1,3], pads=[1,4,0,9]' }),
  dilated: conv({ x: '1,3,11,9', w: '4,3,3,3', attrs: 'dilations=[2,3], pads=[2,3,2,3]' }),
  grouped: conv({ x: '1,8,6,6', w: '12,2,3,3', bias: 12, attrs: 'group=4, pads=[1,1,1,1]' }),
  batch: conv({ x: '3,4,5,5', w: '6,4,3,3', bias: 6, attrs: 'pads=[1,1,1,1]' }),
  'wide-kernel': conv({ x: '1,2,5,20', w: '3,2,1,7', attrs: 'pads=[0,3,0,3]' }),
  'kernel-larger-than-input': conv({ x: '1,2,2,2', w: '3,2,5,5', attrs: 'pads=[2,2,2,2]' }),
  clip: conv({ x: '1,4,5,5', w: '4,4,1,1', attrs: 'activation="clip", activation_params=[-0.25,0.5]' }),
  'hard-sigmoid': conv({
    x: '1,4,1,1',
    w: '9,4,1,1',
    bias: 9,
    attrs: 'activation="hard_sigmoid", activation_params=[0.2,0.5]',
  }),
  'hard-swish': conv({ x: '1,4,5,5', w: '4,4,1,1', attrs: 'activation="hard_swish"' }),
  sigmoid: conv({ x: '1,4,5,5', w: '4,4,1,1', attrs: 'activation="sigmoid"' }),
  residual: conv({ x: '1,4,6,6', w: '8,4,1,1', bias: 8, residual: '1,8,6,6', attrs: 'activation="relu"' }),
  'filtered-squares': conv({
    x: '2,9,9,7',
    w: '11,9,3,3',
    bias: 11,
    residual: '2,11,9,7',
    attrs: 'pads=[1,1,1,1]',
  }),
  'filtered-blocks': conv({
    x: '1,8,33,35',
    w: '8,8,3,3',
    bias: 8,
    attrs: 'pads=[0,2,1,1], activation="relu"',
  }),
});

function depthwise({ x, w, attrs = '', bias, residual }: Conv): string {
  return conv({ x, w, attrs, ...(bias ? { bias } : {}), ...(residual ? { residual } : {}) }).replace(
    '= conv2d',
    '= depthwise_conv2d',
  );
}

export const depthwiseConv2dSuite = suite('depthwise_conv2d', {
  '3x3': depthwise({ x: '1,16,8,8', w: '16,1,3,3', bias: 16, attrs: 'pads=[1,1,1,1], activation="relu"' }),
  '5x5-stride2': depthwise({ x: '1,7,9,11', w: '7,1,5,5', bias: 7, attrs: 'pads=[2,2,2,2], strides=[2,2]' }),
  '3x3-stride2': depthwise({ x: '1,4,8,8', w: '4,1,3,3', attrs: 'pads=[1,1,1,1], strides=[2,2]' }),
  '1x1': depthwise({ x: '1,4,5,5', w: '4,1,1,1', bias: 4 }),
  'multiplier-2': depthwise({ x: '1,5,6,6', w: '10,1,3,3', attrs: 'pads=[1,1,1,1], multiplier=2' }),
  'trimmed-multiplier': depthwise({
    x: '1,21,6,6',
    w: '40,1,3,3',
    bias: 40,
    attrs: 'pads=[1,1,1,1], multiplier=2',
  }),
  trimmed: depthwise({ x: '1,31,5,5', w: '30,1,3,3', attrs: 'pads=[1,1,1,1]' }),
  'wide-window': depthwise({ x: '1,3,4,40', w: '3,1,2,17', attrs: 'dilations=[1,2], pads=[0,7,1,3]' }),
  dilated: depthwise({ x: '1,3,9,9', w: '3,1,3,3', attrs: 'dilations=[2,2], pads=[2,2,2,2]' }),
  batch: depthwise({ x: '2,3,5,4', w: '3,1,3,3', attrs: 'pads=[1,1,1,1]' }),
  residual: depthwise({ x: '1,3,5,5', w: '3,1,3,3', residual: '1,3,5,5', attrs: 'pads=[1,1,1,1]' }),
  'in-place': [
    'graph @conv(%x: f32[1,6,13,11])',
    '  const %p: f32[6,6,1,1] = random(1)',
    '  const %w3: f32[6,1,3,3] = random(2)',
    '  const %w5: f32[6,1,5,5] = random(3)',
    '  %0 = conv2d %x, %p',
    '  %1 = depthwise_conv2d %0, %w3 {pads=[1,1,1,1]}',
    '  %2 = depthwise_conv2d %1, %w5 {pads=[2,2,2,2], strides=[2,2], activation="relu"}',
    '  %3 = depthwise_conv2d %2, %w3 {pads=[2,2,2,2], dilations=[2,2]}',
    '  %4 = depthwise_conv2d %3, %w5, _, %2 {pads=[2,2,2,2]}',
    '  %y = conv2d %4, %p',
    '  return %y',
  ].join('\n'),
  'smaller-than-kernel': depthwise({ x: '1,3,2,1', w: '3,1,5,5', attrs: 'pads=[2,2,2,2]' }),
});
