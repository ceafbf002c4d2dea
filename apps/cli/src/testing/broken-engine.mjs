import { existsSync, writeFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';

/** ONNX Runtime, which misbehaves in one way for each of some ops. `FLAKY_MARK` names a file that is absent on the first try. */
const misbehaviour = {
  sqrt: () => process.kill(process.pid, 'SIGSEGV'),
  exp: () => {
    for (;;);
  },
  neg: () => setImmediate(() => missing()),
  ceil: () => {
    const { FLAKY_MARK } = process.env;
    if (existsSync(FLAKY_MARK)) return;
    writeFileSync(FLAKY_MARK, '');
    throw new Error('the device is busy');
  },
  reciprocal: () => {
    throw Object.assign(new Error('no kernel for Reciprocal'), { refused: true });
  },
};

export default {
  name: 'broken',
  prepare: async (graph, source) => {
    const session = await ort.InferenceSession.create(source.onnx(), { intraOpNumThreads: 1 });
    return {
      run: async (inputs) => {
        for (const { op } of graph.nodes()) misbehaviour[op]?.();
        const feeds = [...inputs].map(([name, { data, shape }]) => [
          name,
          new ort.Tensor('float32', Float32Array.from(data), shape),
        ]);
        const results = await session.run(Object.fromEntries(feeds));
        const outputs = graph.outputs.map(({ name, value }) => {
          const { data, dims } = results[name];
          const wrong = [...graph.nodes()].some(({ op }) => op === 'tanh');
          return [name, { dtype: value.type.dtype, shape: dims, data: wrong ? data.map(() => 0) : data }];
        });
        return new Map(outputs);
      },
    };
  },
};
