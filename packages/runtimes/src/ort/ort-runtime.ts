import { emitOnnx } from '@ghostc/backend-onnx';
import type { Runtime } from '@ghostc/conformance';
import { ortSession } from './ort-session.ts';

/**
 * Any graph without our optimisation, written as ONNX and run in ONNX Runtime: the reference for parts of a
 * model.
 */
export const ortRuntime: Runtime = {
  name: 'ort',
  dynamicShapes: true,
  prepare: (model) => ortSession(emitOnnx(model)),
};
