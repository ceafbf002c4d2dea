import { join } from 'node:path';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { litertTools, skipWithout } from '@ghostc/runtimes';
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

test.for([...models, pool, ...repeated].map((model) => [model.name, model.kind, model] as const))(
  '%s in %s: LiteRT agrees, and what is read back is the same',
  async ([, kind, model], context) => {
    skipWithout(litertTools, 'tflite', context);
    const { holds, changed, litert } = await checkWritten(model);
    expect({ holds, changed }).toEqual({ holds: true, changed: 0 });
    if (kind === 'int8') expect(litert).toBe('the same bits');
  },
);
