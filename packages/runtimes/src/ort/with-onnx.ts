import { emitOnnx } from '@ghostc/backend-onnx';
import type { Runtime } from '@ghostc/conformance';

/** The runtime, which is given every model as ONNX too, so that an engine of another kind needs no package of ours. */
export function withOnnx(runtime: Runtime): Runtime {
  return {
    ...runtime,
    prepare: (model, source = { onnx: () => emitOnnx(model) }) => runtime.prepare(model, source),
  };
}
