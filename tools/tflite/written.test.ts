import { join } from 'node:path';
import { litertTools, skipWithout } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { checkWritten } from './check-written.ts';
import { writtenModels } from './written-models.ts';

/** A sample of `npm run verify:tflite`: gates of hard-sigmoid, pads of stride 2, a residual. */
const models = writtenModels(
  join(process.cwd(), 'test-fixtures/models/modules/ghost_bottleneck_s2_se/model.onnx'),
);

test.for(models.map((model) => [model.kind, model] as const))(
  'a Ghost bottleneck in %s: LiteRT agrees, and what is read back is the same',
  async ([kind, model], context) => {
    skipWithout(litertTools, 'tflite', context);
    const { holds, changed, litert } = await checkWritten(model);
    expect({ holds, changed }).toEqual({ holds: true, changed: 0 });
    if (kind === 'int8') expect(litert).toBe('the same bits');
  },
);
