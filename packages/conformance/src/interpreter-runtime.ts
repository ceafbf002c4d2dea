import { interpret } from '@ghostc/interpreter';
import type { Runtime } from './runtime.ts';

/** The reference interpreter as a runtime. */
export const interpreterRuntime: Runtime = {
  name: 'interpreter',
  dynamicShapes: true,
  prepare: async (model) => ({ run: async (inputs) => interpret(model, inputs) }),
};
