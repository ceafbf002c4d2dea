import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;

const typeNames = {
  f16: 'float16',
  f32: 'float32',
  f64: 'float64',
  i8: 'int8',
  i16: 'int16',
  i32: 'int32',
  i64: 'int64',
  u8: 'uint8',
  u16: 'uint16',
  u32: 'uint32',
  u64: 'uint64',
};

/** onnxruntime-web on WebAssembly: ghostc conform --runtime ./onnxruntime-web.mjs */
export default {
  name: 'onnxruntime-web',
  prepare: async (_, source) => {
    const session = await ort.InferenceSession.create(source.onnx(), { executionProviders: ['wasm'] }).catch(refuse);
    const run = async (inputs) => {
      const feeds = [...inputs].map(([name, { dtype, data, shape }]) => [
        name,
        new ort.Tensor(typeNames[dtype] ?? dtype, data, shape),
      ]);
      const results = await session.run(Object.fromEntries(feeds)).catch(refuse);
      return new Map(Object.entries(results).map(([name, y]) => [name, tensorOf(y)]));
    };
    return { run, dispose: () => session.release() };
  },
};

const tensorOf = ({ type, dims, data }) => {
  const dtype = Object.keys(typeNames).find((name) => typeNames[name] === type) ?? type;
  return { dtype, shape: dims, data };
};

/** What has no kernel, or no type in JavaScript, is refused. */
function refuse(error) {
  const refused = /NOT_IMPLEMENTED|not implemented|find an implementation|unsupported data type/i.test(error.message);
  throw Object.assign(new Error(error.message), { refused });
}
