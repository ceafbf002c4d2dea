import { type Entry, entriesOf, modelText, suiteOf } from './model-text.ts';

const image = { x: 'f32[2,5,7,4]' };
const weights = { w: 'f32[5,5,1,1] = random(1)', b: 'f32[5] = random(2)', d: 'f32[5,1,3,3] = random(3)' };
const chain = (nodes: readonly string[], outputs = '%y'): string =>
  modelText({ inputs: image, constants: weights, nodes, outputs });

/**
 * Chains that compilers fuse, compute in place, or lay out together: each value is read when it could already
 * be overwritten.
 */
const chains = {
  fork: chain(['%a = relu %x', '%p = neg %a', '%q = exp %a', '%y = add %p, %q']),
  'fork-of-conv': chain(['%a = conv2d %x, %w, %b', '%p = relu %a', '%q = sigmoid %a', '%y = mul %p, %q']),
  'fork-to-outputs': chain(['%a = relu %x', '%y = neg %a', '%z = abs %y'], '%a, %y, %z'),
  'output-read-inside': chain(['%a = conv2d %x, %w, %b', '%y = relu %a', '%z = add %y, %a'], '%a, %y, %z'),
  'output-twice': chain(['%y = relu %x'], '%y as "first", %y as "second"'),
  'input-as-output': chain(['%y = neg %x'], '%x as "same", %y'),
  'in-place-chain': chain(['%a = abs %x', '%b1 = sqrt %a', '%c = neg %b1', '%d1 = exp %c', '%y = floor %d1']),
  'input-read-later': chain(['%a = neg %x', '%b1 = exp %a', '%y = sub %x, %b1']),
  'in-place-read-later': chain([
    '%a = exp %x',
    '%p = neg %a',
    '%q = abs %p',
    '%r = sub %a, %q',
    '%y = mul %r, %p',
  ]),
  residual: chain(['%a = conv2d %x, %w, %b', '%r = relu %a', '%c = conv2d %r, %w', '%y = add %c, %x']),
  'residual-then-relu': chain(['%a = conv2d %x, %w, %b', '%s = add %a, %x', '%y = relu %s']),
  'residual-read-later': chain([
    '%a = conv2d %x, %w, %b',
    '%s = add %a, %x',
    '%r = relu %s',
    '%y = sub %r, %s',
  ]),
  'residual-broadcast': chain(['%a = conv2d %x, %w', '%g = global_average_pool %a', '%y = add %a, %g']),
  'conv-clip': chain(['%a = conv2d %x, %w, %b', '%y = clip %a {min=0, max=0.5}']),
  'conv-hard-swish': chain(['%a = conv2d %x, %w, %b', '%y = hard_swish %a']),
  'conv-silu': chain(['%a = conv2d %x, %w, %b', '%s = sigmoid %a', '%y = mul %a, %s']),
  'conv-scale-shift': chain([
    '%a = conv2d %x, %w',
    '%g = global_average_pool %x',
    '%s = mul %a, %g',
    '%y = add %s, %g',
  ]),
  'conv-depthwise': chain([
    '%a = conv2d %x, %w, %b {activation="relu"}',
    '%y = depthwise_conv2d %a, %d {pads=[1, 1, 1, 1]}',
  ]),
  'depthwise-in-place': chain([
    '%a = conv2d %x, %w',
    '%c = depthwise_conv2d %a, %d {pads=[1, 1, 1, 1]}',
    '%e = depthwise_conv2d %c, %d {pads=[1, 1, 1, 1], activation="relu"}',
    '%y = add %e, %c',
  ]),
  'ghost-shape': chain([
    '%a = conv2d %x, %w, %b {activation="relu"}',
    '%c = depthwise_conv2d %a, %d {pads=[1, 1, 1, 1]}',
    '%y = concat %a, %c',
  ]),
  'concat-of-read-parts': chain(
    ['%a = relu %x', '%c = neg %a', '%j = concat %a, %c', '%s = add %a, %c', '%y = sigmoid %j'],
    '%y, %s',
  ),
  'concat-nested': chain([
    '%a = relu %x',
    '%c = neg %x',
    '%j = concat %a, %c',
    '%e = abs %x',
    '%y = concat %j, %e',
  ]),
  'concat-same': chain(['%a = exp %x', '%y = concat %a, %a {axis=0}']),
  'slice-of-concat': chain([
    '%a = relu %x',
    '%c = neg %x',
    '%j = concat %a, %c',
    '%s = slice %j {starts=[3], ends=[8], axes=[1]}',
    '%y = exp %s',
  ]),
  shuffle: chain([
    '%j = concat %x, %x {axis=1}',
    '%r = reshape %j {shape=[2, 2, 5, 28]}',
    '%t = transpose %r {perm=[0, 2, 1, 3]}',
    '%y = reshape %t {shape=[2, 10, 7, 4]}',
  ]),
  'view-read-later': chain([
    '%a = exp %x',
    '%v = reshape %a {shape=[2, 140]}',
    '%n = neg %v',
    '%m = reshape %n {shape=[2, 5, 7, 4]}',
    '%y = sub %a, %m',
  ]),
  'transposes-that-cancel': chain(
    ['%t = transpose %x {perm=[0, 2, 3, 1]}', '%r = relu %t', '%y = transpose %r {perm=[0, 3, 1, 2]}'],
    '%y, %t',
  ),
  'squeeze-excite': chain([
    '%g = global_average_pool %x',
    '%a = conv2d %g, %w, %b {activation="relu"}',
    '%s = hard_sigmoid %a {alpha=0.25, beta=0.5}',
    '%y = mul %x, %s',
  ]),
  'pool-then-dense': modelText({
    inputs: image,
    constants: { w: 'f32[7,5] = random(1)', b: 'f32[7] = random(2)' },
    nodes: [
      '%g = global_average_pool %x',
      '%r = reshape %g {shape=[2, 5]}',
      '%f = fully_connected %r, %w, %b',
      '%y = softmax %f',
    ],
    outputs: '%y, %g',
  }),
  'padded-pool': chain([
    '%p = pad %x {pads=[0, 0, 1, 2, 0, 0, 0, 1]}',
    '%y = average_pool %p {kernel_shape=[3, 2], strides=[2, 1]}',
  ]),
  'padded-max': chain([
    '%p = pad %x {pads=[0, 0, 1, 2, 0, 0, 0, 1]}',
    '%y = max_pool %p {kernel_shape=[3, 2], strides=[2, 1]}',
  ]),
  'padded-conv': chain([
    '%p = pad %x {pads=[0, 0, 1, 2, 0, 0, 3, 1]}',
    '%y = depthwise_conv2d %p, %d, %b {strides=[2, 1]}',
  ]),
  attention: modelText({
    inputs: { q: 'f32[3,5,7]', k: 'f32[3,9,7]', v: 'f32[3,9,4]' },
    nodes: [
      '%t = transpose %k {perm=[0, 2, 1]}',
      '%s = matmul %q, %t',
      '%p = softmax %s',
      '%y = matmul %p, %v',
    ],
    outputs: '%y, %p',
  }),
  'two-heads': chain(
    [
      '%a = conv2d %x, %w, %b {activation="relu"}',
      '%y = depthwise_conv2d %a, %d {strides=[2, 1]}',
      '%m = max_pool %a {kernel_shape=[2, 3]}',
    ],
    '%y, %m',
  ),
  'long-lives': chain([
    '%a = relu %x',
    '%c = neg %x',
    '%e = abs %x',
    '%f = exp %x',
    '%s1 = add %a, %f',
    '%s2 = mul %c, %e',
    '%y = sub %s1, %s2',
  ]),
};

/** Formulas of exponentials that overflow at the extremes. */
const steepChains = {
  mish: chain(['%s = softplus %x', '%t = tanh %s', '%y = mul %x, %t']),
  swish: chain(['%s = sigmoid %x', '%y = mul %x, %s']),
  gelu: modelText({
    inputs: image,
    constants: { r: 'f32[1] = [0.70710677]', h: 'f32[1] = [0.5]', o: 'f32[1] = [1]' },
    nodes: ['%m = mul %x, %r', '%e = erf %m', '%s = add %e, %o', '%p = mul %x, %s', '%y = mul %p, %h'],
  }),
};

const batchNorm = modelText({
  inputs: image,
  constants: {
    s: 'f32[5] = random(1)',
    b: 'f32[5] = random(2)',
    m: 'f32[5] = random(3)',
    v: 'f32[5] = [0.5, 1.5, 2, 0.25, 3]',
  },
  nodes: '%y = batch_norm %x, %s, %b, %m, %v',
});

const qdq: Entry[] = entriesOf(
  {
    'quantize-ties': modelText({
      inputs: { x: 'f32[7,9]' },
      nodes: '%y = quantize_linear %x {rounding="single", y_scale=0.5, y_zero_point=-3}',
    }),
    'quantize-unsigned': modelText({
      inputs: { x: 'f32[7,9]' },
      nodes: '%y = quantize_linear %x {rounding="single", y_scale=0.0625, y_zero_point=100, y_dtype="u8"}',
    }),
    'quantize-saturates': modelText({
      inputs: { x: 'f32[7,9]' },
      nodes: '%y = quantize_linear %x {rounding="single", y_scale=0.03125, y_zero_point=5}',
    }),
    dequantize: modelText({ inputs: { x: 'i8[5,9] quant(0.0625:-17)' }, nodes: '%y = dequantize_linear %x' }),
    'dequantize-axis-0': modelText({
      inputs: { x: 'i8[3,7] quant(axis=0, 0.5:3, 0.125:-7, 0.03125:0)' },
      nodes: '%y = dequantize_linear %x',
    }),
    'dequantize-axis-1': modelText({
      inputs: { x: 'i8[2,3,5] quant(axis=1, 0.5:3, 0.125:-7, 0.03125:0)' },
      nodes: '%y = dequantize_linear %x',
    }),
  },
  { values: 'ties', exact: true },
);

export const neighbourCases = suiteOf('neighbours', [
  ...entriesOf(chains),
  ...entriesOf(steepChains, { values: 'steep' }),
  ...entriesOf({ 'batch-norm': batchNorm }),
]);
export const quantizeCases = suiteOf('quantize', qdq);
