/** Graphs in text form that reach every variant of the WGSL kernels: odd sizes, batches, alignments, epilogues. */
export type KernelCases = Readonly<Record<string, string>>;

interface Layer {
  readonly op?: string;
  readonly x: string;
  readonly w: string;
  readonly y?: string;
  readonly bias?: string;
  readonly attrs?: string;
}

/** A layer with constant weights; `y` adds a residual of that shape. */
const layer = ({
  op = 'conv2d',
  x,
  w,
  y,
  bias,
  attrs = '',
}: Layer): string => `graph @g(%x: f32[${x}]${y ? `, %r: f32[${y}]` : ''})
const %w: f32[${w}] = random(1)
${bias ? `const %b: f32[${bias}] = random(2)` : ''}
%y = ${op} %x, %w, ${bias ? '%b' : '_'}${y ? ', %r' : ''} {${attrs}}
return %y`;

const activations: Readonly<Record<string, string>> = {
  relu: 'activation="relu"',
  clip: 'activation="clip", activation_params=[-0.25,0.5]',
  'clip-below': 'activation="clip", activation_params=[-0.25,inf]',
  'clip-above': 'activation="clip", activation_params=[-inf,0.5]',
  'clip-never': 'activation="clip", activation_params=[-inf,inf]',
  'hard-sigmoid': 'activation="hard_sigmoid", activation_params=[0.2,0.4]',
  'hard-swish': 'activation="hard_swish"',
  sigmoid: 'activation="sigmoid"',
  tanh: 'activation="tanh"',
  'leaky-relu': 'activation="leaky_relu", activation_params=[0.1]',
  silu: 'activation="silu"',
};

/** The layer once for each activation. */
const activated = (name: string, one: Layer): KernelCases =>
  Object.fromEntries(
    Object.entries(activations).map(([activation, text]) => [
      `${name} ${activation}`,
      layer({ ...one, attrs: [one.attrs, text].filter(Boolean).join(', ') }),
    ]),
  );

export const convolutionCases: KernelCases = {
  'pointwise vec4': layer({ x: '1,16,8,8', w: '24,16,1,1', bias: '24' }),
  'pointwise vec4, channels not of four': layer({ x: '2,5,6,6', w: '7,5,1,1', bias: '7', y: '2,7,6,6' }),
  'pointwise scalar': layer({ x: '3,5,7,7', w: '6,5,1,1' }),
  'pointwise scalar with residual': layer({ x: '2,9,3,5', w: '5,9,1,1', bias: '5', y: '2,5,3,5' }),
  'pointwise of two pixels': layer({ x: '1,4,1,2', w: '3,4,1,1' }),
  'pointwise, long sums': layer({ x: '1,64,8,8', w: '24,64,1,1', bias: '24' }),
  'pointwise, long sums, batch, nothing even': layer({
    x: '2,131,7,5',
    w: '7,131,1,1',
    bias: '7',
    y: '2,7,7,5',
    attrs: 'activation="hard_swish"',
  }),
  'pointwise, long sums, residual': layer({ x: '3,200,6,6', w: '9,200,1,1', y: '3,9,6,6' }),
  'one pixel, long sums, batch': layer({ x: '3,331,1,1', w: '10,331,1,1', bias: '10' }),
  'one pixel, longer sums': layer({ x: '1,960,1,1', w: '70,960,1,1', attrs: 'activation="relu"' }),
  'one pixel, batch': layer({ x: '3,37,1,1', w: '10,37,1,1', bias: '10' }),
  'one pixel with residual': layer({ x: '2,8,1,1', w: '6,8,1,1', bias: '6', y: '2,6,1,1' }),
  'padded 1x1': layer({ x: '1,3,4,4', w: '5,3,1,1', bias: '5', attrs: 'pads=[1,0,0,2]' }),
  'strided 1x1': layer({ x: '2,3,7,9', w: '5,3,1,1', attrs: 'strides=[3,2]' }),
  'general, batch and residual': layer({
    x: '2,3,9,11',
    w: '5,3,3,3',
    bias: '5',
    y: '2,5,5,4',
    attrs: 'strides=[2,3], pads=[1,1,1,1]',
  }),
  'general, dilated and lopsided': layer({
    x: '1,2,12,13',
    w: '4,2,3,2',
    attrs: 'dilations=[3,4], pads=[3,0,1,4]',
  }),
  'grouped, five channels each': layer({
    x: '2,6,5,6',
    w: '15,2,3,3',
    bias: '15',
    attrs: 'group=3, pads=[1,1,1,1]',
  }),
  'grouped 1x1': layer({ x: '1,8,4,4', w: '12,2,1,1', bias: '12', attrs: 'group=4' }),
  'kernel beyond the image': layer({ x: '1,2,2,3', w: '3,2,7,7', attrs: 'pads=[3,3,3,3]' }),
  ...activated('pointwise vec4', { x: '1,6,4,4', w: '6,6,1,1', bias: '6', y: '1,6,4,4' }),
  ...activated('pointwise scalar', { x: '1,6,3,3', w: '6,6,1,1', bias: '6' }),
  ...activated('general', { x: '1,3,6,7', w: '5,3,3,3', bias: '5', attrs: 'pads=[1,1,1,1]' }),
};

const depthwise = (rest: Omit<Layer, 'op'>): string => layer({ op: 'depthwise_conv2d', ...rest });

export const depthwiseCases: KernelCases = {
  '3x3': depthwise({ x: '2,7,8,8', w: '7,1,3,3', bias: '7', attrs: 'pads=[1,1,1,1]' }),
  '5x5, stride 2': depthwise({
    x: '1,3,11,13',
    w: '3,1,5,5',
    bias: '3',
    attrs: 'pads=[2,2,2,2], strides=[2,2]',
  }),
  '3x3, stride 2x1': depthwise({ x: '2,3,9,9', w: '3,1,3,3', attrs: 'pads=[0,1,1,0], strides=[2,1]' }),
  'dilation 2x3': depthwise({ x: '1,3,13,17', w: '3,1,3,3', attrs: 'pads=[2,3,2,3], dilations=[2,3]' }),
  'dilation and stride': depthwise({ x: '1,3,13,17', w: '3,1,3,3', attrs: 'strides=[3,2], dilations=[2,2]' }),
  '1x5 kernel': depthwise({ x: '1,4,3,10', w: '4,1,1,5', bias: '4', attrs: 'pads=[0,2,0,2]' }),
  '5x1 kernel': depthwise({ x: '1,4,10,3', w: '4,1,5,1', bias: '4', attrs: 'pads=[2,0,2,0]' }),
  '1x1 kernel': depthwise({ x: '2,4,3,3', w: '4,1,1,1', bias: '4' }),
  '9x9 kernel': depthwise({ x: '1,2,12,12', w: '2,1,9,9', attrs: 'pads=[4,4,4,4]' }),
  'multiplier 3, trimmed': depthwise({
    x: '2,5,6,6',
    w: '13,1,3,3',
    bias: '13',
    attrs: 'pads=[1,1,1,1], multiplier=3',
  }),
  'smaller than its kernel': depthwise({ x: '1,3,1,2', w: '3,1,5,5', attrs: 'pads=[2,2,2,2]' }),
  'batch of trimmed channels': depthwise({ x: '3,5,4,4', w: '4,1,3,3', attrs: 'pads=[1,1,1,1]' }),
  ...activated('3x3', {
    op: 'depthwise_conv2d',
    x: '1,4,5,6',
    w: '4,1,3,3',
    bias: '4',
    y: '1,4,5,6',
    attrs: 'pads=[1,1,1,1]',
  }),
};

const dense = (rest: Omit<Layer, 'op'>): string => layer({ op: 'fully_connected', ...rest });

export const linearCases: KernelCases = {
  transposed: layer({
    op: 'conv_transpose2d',
    x: '2,6,5,7',
    w: '4,3,3,2',
    bias: '4',
    attrs: 'group=2, strides=[2,3], pads=[1,0,0,1], output_padding=[1,0], activation="relu"',
  }),
  lstm: `graph @g(%x: f32[5,2,3], %h: f32[2,2,4], %c: f32[2,2,4])
const %w: f32[2,16,3] = random(1)
const %r: f32[2,16,4] = random(2)
const %b: f32[2,32] = random(3)
%y, %hn, %cn = recurrent %x, %w, %r, %b, %h, %c {cell="lstm", direction="bidirectional", functions=["sigmoid","tanh","tanh"]}
return %y, %hn, %cn`,
  lstmClipped: `graph @g(%x: f32[5,2,3], %h: f32[2,2,4], %c: f32[2,2,4])
const %w: f32[2,16,3] = random(1)
const %r: f32[2,16,4] = random(2)
const %b: f32[2,32] = random(3)
%y, %hn, %cn = recurrent %x, %w, %r, %b, %h, %c {cell="lstm", direction="bidirectional", functions=["sigmoid","tanh","tanh"], cell_clip=0.4}
return %y, %hn, %cn`,
  gru: `graph @g(%x: f32[4,1,5], %h: f32[1,1,3])
const %w: f32[1,9,5] = random(1)
const %r: f32[1,9,3] = random(2)
const %b: f32[1,18] = random(3)
%y, %hn = recurrent %x, %w, %r, %b, %h {cell="gru", direction="reverse", functions=["sigmoid","tanh"]}
return %y, %hn`,
  'inner size of four': dense({ x: '3,64', w: '10,64', bias: '10' }),
  'odd inner size': dense({ x: '3,37', w: '7,37', bias: '7' }),
  'inner size of one': dense({ x: '2,1', w: '5,1' }),
  ...activated('fully connected', { op: 'fully_connected', x: '2,12', w: '9,12', bias: '9' }),
  'matmul, broadcast batch': 'graph @g(%a: f32[2,1,3,4], %b: f32[5,4,2])\n%y = matmul %a, %b\nreturn %y',
  'matmul by constants':
    'graph @g(%a: f32[3,4,5])\nconst %b: f32[5,6] = random(3)\n%y = matmul %a, %b\nreturn %y',
  'matmul of constants':
    'graph @g(%b: f32[4,3])\nconst %a: f32[2,4] = random(3)\n%y = matmul %a, %b\nreturn %y',
};

const unary = (shape: string, node: string): string => `graph @g(%x: f32[${shape}])\n%y = ${node}\nreturn %y`;

const sampled = (attrs: string): string =>
  `graph @g(%x: f32[2,3,5,4], %p: f32[2,3,6,2])\n%y = grid_sample %x, %p {${attrs}}\nreturn %y`;

export const poolCases: KernelCases = {
  'average with ceil': unary(
    '2,3,8,7',
    'average_pool %x {kernel_shape=[3,2], strides=[2,2], ceil_mode=true}',
  ),
  'average, pads counted, ceil': unary(
    '1,2,8,9',
    'average_pool %x {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], count_include_pad=true, ceil_mode=true}',
  ),
  'average, dilated, pads counted': unary(
    '1,2,9,9',
    'average_pool %x {kernel_shape=[2,3], dilations=[3,2], pads=[1,2,0,2], count_include_pad=true}',
  ),
  'average, pads not counted': unary('2,2,5,5', 'average_pool %x {kernel_shape=[3,3], pads=[1,1,1,1]}'),
  'max with pads and ceil': unary(
    '1,3,7,8',
    'max_pool %x {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], ceil_mode=true}',
  ),
  'max, dilated': unary('2,2,9,9', 'max_pool %x {kernel_shape=[3,2], dilations=[2,3]}'),
  'max of negative numbers':
    'graph @g(%x: f32[1,2,4,4])\nconst %k: f32[1] = [-5]\n%n = add %x, %k\n%y = max_pool %n {kernel_shape=[2,2], pads=[1,1,0,0]}\nreturn %y',
  'grid, linear between zeros': sampled('mode="linear"'),
  'grid, cubic and mirrored': sampled('mode="cubic", padding_mode="reflection", align_corners=true'),
  'grid, nearest up to the border': sampled('mode="nearest", padding_mode="border"'),
  'global, plane of four': unary('2,5,6,6', 'global_average_pool %x'),
  'global, odd plane': unary('3,5,7,7', 'global_average_pool %x'),
  'global, large plane': unary('1,3,61,67', 'global_average_pool %x'),
  'global, one pixel': unary('1,5,1,1', 'global_average_pool %x'),
};

export const reduceCases: KernelCases = {
  'mean, kept between': unary('3,4,5,6', 'reduce_mean %x {axes=[1,3], keepdims=false}'),
  'mean, first axis': unary('3,4,8', 'reduce_mean %x {axes=[0]}'),
  'mean, last axis of four': unary('3,5,8', 'reduce_mean %x {axes=[-1]}'),
  'sum of everything': unary('3,5,7', 'reduce_sum %x {keepdims=false}'),
  'sum of many': unary('1,300,300', 'reduce_sum %x'),
  'sum over three axes': unary('2,3,4,5,8', 'reduce_sum %x {axes=[0,2,4]}'),
  'max, vec4': unary('4,3,16', 'reduce_max %x {axes=[2]}'),
  'min, vec4': unary('4,3,16', 'reduce_min %x {axes=[2]}'),
  'max, scalar': unary('4,3,7', 'reduce_max %x {axes=[0,2]}'),
  'min of nothing reduced': unary('4,1,7', 'reduce_min %x {axes=[1]}'),
  'layer norm over two axes': `graph @g(%x: f32[2,3,5])
const %s: f32[3,5] = random(1)
const %b: f32[3,5] = random(2)
%y = layer_norm %x, %s, %b {axis=-2}
return %y`,
  'softmax, long row': unary('2,1000', 'softmax %x'),
  'softmax, first axis': unary('7,3,5', 'softmax %x {axis=0}'),
  'softmax, large numbers':
    'graph @g(%x: f32[3,9])\nconst %k: f32[1] = [200]\n%n = mul %x, %k\n%y = softmax %n\nreturn %y',
};

export const movementCases: KernelCases = {
  'concat in place, then odd offsets': `graph @g(%x: f32[1,4,3,3])
const %w: f32[5,9,1,1] = random(1)
const %d: f32[9,1,3,3] = random(2)
%a = relu %x
%b = slice %x {starts=[0], ends=[3], axes=[1]}
%p = neg %b
%q = abs %x
%m = slice %q {starts=[1], ends=[3], axes=[1]}
%n = neg %m
%c = concat %a, %p, %n
%f = depthwise_conv2d %c, %d, _, %c {pads=[1,1,1,1], activation="relu"}
%y = conv2d %f, %w
return %y, %c`,
  'concat on the batch':
    'graph @g(%a: f32[2,3], %b: f32[1,3])\n%p = relu %a\n%q = neg %b\n%y = concat %p, %q {axis=0}\nreturn %y',
  'concat of a constant':
    'graph @g(%a: f32[2,3,4])\nconst %b: f32[2,1,4] = random(4)\n%y = concat %a, %b {axis=1}\nreturn %y',
  'concat, middle axis of a batch':
    'graph @g(%a: f32[3,2,8], %b: f32[3,3,8])\n%y = concat %a, %b {axis=1}\nreturn %y',
  'slice backwards': unary('2,3,7', 'slice %x {starts=[-1,6], ends=[-100,0], axes=[1,2], steps=[-1,-2]}'),
  'slice of aligned channels': unary('1,8,4,4', 'slice %x {starts=[3], ends=[7], axes=[1]}'),
  'slice, vec4 inner axis': unary('2,6,8', 'slice %x {starts=[1,4], ends=[5,8], axes=[1,2]}'),
  'pad every side': unary('2,3,4,5', 'pad %x {pads=[1,0,2,1,0,1,1,3], value=-1.5}'),
  'pad, wrap': unary('1,3,4,5', 'pad %x {pads=[0,1,2,1,0,1,1,3], mode="wrap"}'),
  'pad, reflect': unary('2,3,4,5', 'pad %x {pads=[0,1,2,1,0,2,3,4], mode="reflect"}'),
  'pad, edge': unary('2,3,4,5', 'pad %x {pads=[0,1,2,1,0,2,3,4], mode="edge"}'),
  'pad by nothing': unary('2,3', 'pad %x {pads=[0,0,0,0]}'),
  'transpose, five axes': unary('2,3,4,5,2', 'transpose %x {perm=[4,2,0,3,1]}'),
  'transpose, last axis stays': unary('3,5,8', 'transpose %x {perm=[1,0,2]}'),
  'reshape of an input': unary('4,6', 'reshape %x {shape=[3,8]}'),
  'resize, nearest, ceil': unary('2,3,5,4', 'resize %x {sizes=[2,3,3,9], nearest_mode="ceil"}'),
  'resize, nearest, three axes': unary(
    '2,3,5',
    'resize %x {sizes=[3,5,7], nearest_mode="round_prefer_ceil"}',
  ),
  'resize by scales': unary('1,2,4,6', 'resize %x {scales=[1,1,1.5,0.7]}'),
};

export const linearResizeCases: KernelCases = {
  'two axes': unary('2,3,4,5', 'resize %x {sizes=[2,3,7,9], mode="linear"}'),
  'one axis': unary('1,2,4,5', 'resize %x {sizes=[1,2,4,9], mode="linear"}'),
  'three axes': unary('1,3,4,5', 'resize %x {sizes=[1,5,6,3], mode="linear"}'),
  asymmetric: unary(
    '1,2,4,5',
    'resize %x {scales=[1,1,2,2], mode="linear", coordinate_transformation_mode="asymmetric"}',
  ),
  'to one pixel': unary(
    '1,2,4,5',
    'resize %x {sizes=[1,2,1,1], mode="linear", coordinate_transformation_mode="pytorch_half_pixel"}',
  ),
};

const binary = (op: string, a: string, b: string): string =>
  `graph @g(%a: f32[${a}], %b: f32[${b}])\n%y = ${op} %a, %b\nreturn %y`;

export const binaryCases: KernelCases = {
  ...Object.fromEntries(
    ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'prelu'].flatMap((op) => [
      [`${op}, vec4`, binary(op, '2,4,6', '2,4,6')],
      [`${op}, scalar`, binary(op, '3,5', '3,5')],
    ]),
  ),
  'channel gate, vec4': binary('mul', '2,6,4,4', '2,6,1,1'),
  'channel gate, odd plane': binary('mul', '2,6,5,5', '2,6,1,1'),
  'broadcast row': binary('sub', '3,8', '8'),
  'broadcast column': binary('sub', '3,8', '3,1'),
  'broadcast both ways': binary('add', '3,1,8', '1,5,1'),
  'broadcast scalar left': binary('sub', '1', '5,4'),
  'five axes': binary('add', '2,1,3,1,2', '1,3,1,4,2'),
  'constant on the right':
    'graph @g(%a: f32[1,6,4,4])\nconst %b: f32[1,6,1,1] = random(3)\n%y = mul %a, %b\nreturn %y',
  'constant on the left':
    'graph @g(%b: f32[3,5])\nconst %a: f32[3,5] = random(3)\n%y = div %a, %b\nreturn %y',
  'constants on both sides':
    'graph @g(%x: f32[1])\nconst %a: f32[2,8] = random(3)\nconst %b: f32[8] = random(4)\n%y = add %a, %b\n%z = neg %x\nreturn %y, %z',
  ...Object.fromEntries(
    Object.entries(activations).flatMap(([name, text]) =>
      ['2,8', '3,5'].map((shape) => [
        `add ${name} [${shape}]`,
        `graph @g(%a: f32[${shape}], %b: f32[${shape}])\n%y = add %a, %b {${text}}\nreturn %y`,
      ]),
    ),
  ),
};

export const placementCases: KernelCases = {
  'an input returned': 'graph @g(%x: f32[5])\n%y = neg %x\nreturn %x, %y',
  'a constant returned': 'graph @g(%x: f32[5])\nconst %c: f32[7] = random(5)\n%y = neg %x\nreturn %c, %y',
  'a constant returned under another shape':
    'graph @g(%x: f32[5])\nconst %c: f32[8] = random(5)\n%v = reshape %c {shape=[2,4]}\n%y = neg %x\nreturn %v, %y',
  'one value returned twice': 'graph @g(%x: f32[5])\n%y = neg %x\nreturn %y, %y as "z"',
  'a constant residual': `graph @g(%x: f32[1,4,4,4])
const %w: f32[4,4,1,1] = random(1)
const %r: f32[1,4,4,4] = random(2)
%y = conv2d %x, %w, _, %r
return %y`,
  'a constant image': `graph @g(%x: f32[1,3,4,4])
const %w: f32[3,2,3,3] = random(1)
const %c: f32[1,2,4,4] = random(2)
%k = conv2d %c, %w {pads=[1,1,1,1]}
%y = add %x, %k
return %y`,
  'residual in place': `graph @g(%x: f32[1,4,5,5])
const %w: f32[4,4,1,1] = random(1)
const %d: f32[4,1,3,3] = random(2)
%a = relu %x
%b = conv2d %a, %w, _, %a {activation="relu"}
%c = neg %b
%y = depthwise_conv2d %b, %d, _, %c {pads=[1,1,1,1]}
return %y`,
  'more workgroups than fit one axis': unary('2051,2051', 'neg %x'),
};
