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

test.for([...models, pool].map((model) => [model.name, model.kind, model] as const))(
  '%s in %s: LiteRT agrees, and what is read back is the same',
  async ([, kind, model], context) => {
    skipWithout(litertTools, 'tflite', context);
    const { holds, changed, litert } = await checkWritten(model);
    expect({ holds, changed }).toEqual({ holds: true, changed: 0 });
    if (kind === 'int8') expect(litert).toBe('the same bits');
  },
);
