import { join } from 'node:path';
import { compileTflite } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { litertTools, skipWithout } from '@ghostc/runtimes';
import { decodeTflite } from '@ghostc/tflite';
import { expect, test } from 'vitest';
import { checkWritten } from './check-written.ts';
import { type WrittenModel, writtenModels } from './written-models.ts';

/** A sample of `npm run verify:tflite`: gates of hard-sigmoid, pads of stride 2, a residual. */
const models = writtenModels(
  join(process.cwd(), 'test-fixtures/models/modules/ghost_bottleneck_s2_se/model.onnx'),
);

/** TFLite's own divides, with one scale: this is a convolution. */
const pool: WrittenModel = {
  name: 'average_pool',
  kind: 'int8',
  graph: () =>
    parseGraph(
      `graph @pool(%x: i8[1,6,8,8] quant(0.05:-3))
  %y = qlinear_average_pool %x {kernel_shape=[2,2], strides=[2,2], y_scale=0.03, y_zero_point=4}
  return %y`,
      { registry },
    ),
};

/** Several outputs a channel, of all channels or of some: a 1x1 convolution of ones repeats them. */
const repeated: readonly WrittenModel[] = (
  [
    ['i8', 3, 12],
    ['i8', 2, 5],
    ['u8', 2, 6],
    ['i16', 2, 8],
  ] as const
).map(([dtype, multiplier, outputs]) => ({
  name: `${outputs}_outputs_by_${multiplier}_${dtype}`,
  kind: 'int8',
  graph: () => {
    const zero = { i8: -3, u8: 5, i16: 0 }[dtype];
    return parseGraph(
      `graph @repeated(%x: ${dtype}[1,4,8,8] quant(0.05:${zero}))
  const %w: i8[${outputs},1,3,3] quant(0.01:0) = random(1)
  %y = qlinear_depthwise_conv2d %x, %w {multiplier=${multiplier}, pads=[1,1,1,1], y_scale=0.06, y_zero_point=${zero}, y_dtype="${dtype}"}
  %z = requantize %x {y_scale=0.06, y_zero_point=${zero}, y_dtype="${dtype}", rounding="double"}
  %both = concat %y, %z {axis=1}
  return %both`,
      { registry },
    );
  },
}));

/** Channels that are shuffled, as in ShuffleNet, between a layer and a maximum of padded windows after a ReLU. */
const shuffled: WrittenModel = {
  name: 'shuffled_channels',
  kind: 'int8',
  graph: () =>
    parseGraph(
      `graph @shuffled(%x: i8[1,6,8,8] quant(0.05:-3))
  const %w: i8[6,6,1,1] quant(0.01:0) = random(1)
  const %v: i8[6,1,3,3] quant(0.01:0) = random(2)
  %a = qlinear_conv2d %x, %w {y_scale=0.03, y_zero_point=-128, clamp=[-128, 127], rounding="double"}
  %b = reshape %a {shape=[1,2,3,8,8]}
  %c = transpose %b {perm=[0,2,1,3,4]}
  %d = reshape %c {shape=[1,6,8,8]}
  %e = qlinear_depthwise_conv2d %d, %v {pads=[1,1,1,1], y_scale=0.04, y_zero_point=-128, rounding="double"}
  %y = max_pool %e {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}
  return %y`,
      { registry },
    ),
};

test.for([...models, pool, shuffled, ...repeated].map((model) => [model.name, model.kind, model] as const))(
  '%s in %s: LiteRT agrees, and what is read back is the same',
  async ([, kind, model], context) => {
    skipWithout(litertTools, 'tflite', context);
    const { holds, changed, litert } = await checkWritten(model);
    expect({ holds, changed }).toEqual({ holds: true, changed: 0 });
    if (kind === 'int8') expect(litert).toBe('the same bits');
  },
);

test('a shuffle of channels reads the image as it lies', () => {
  const codes = decodeTflite(compileTflite(shuffled.graph(), {})).operators.map(({ code }) => code);
  const shuffle = codes.slice(codes.indexOf('CONV_2D') + 1, codes.indexOf('DEPTHWISE_CONV_2D'));
  expect(shuffle.filter((code) => code === 'TRANSPOSE')).toHaveLength(1);
  expect(codes).toContain('PAD');
  expect(codes).not.toContain('PADV2');
});
