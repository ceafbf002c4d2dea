import { type Backend, type BackendName, chooseBackend } from './choose-backend.ts';
import { kindOf } from './kind-of.ts';

/** A module that loads a program on one backend. */
interface BackendModule<Model> {
  load(options: object): Promise<Model>;
}

/** What a page may specify for loading. */
export interface WebOptions {
  /** Default: WebGPU if the adapter is not software, otherwise WebAssembly. */
  readonly backend?: BackendName | undefined;
  /** Per backend, in the form its own package accepts. */
  readonly weights?: { readonly [name in BackendName]?: unknown } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads the program on the best backend. If WebGPU was not requested explicitly and fails to load the
 * program, WebAssembly is used.
 * `backend` of the model says which it is, and why.
 */
export async function loadWeb<Model extends object>(
  modules: { readonly [name in BackendName]: () => Promise<BackendModule<Model>> },
  { backend, weights, ...options }: WebOptions = {},
): Promise<Model & { readonly backend: Backend }> {
  checkByBackend(weights);
  const on = async (chosen: Backend) => {
    const source = weights?.[chosen.name];
    const { load } = await modules[chosen.name]();
    const model = await load({ ...options, ...(source !== undefined && { weights: source }) });
    return Object.assign(model, { backend: chosen });
  };
  const chosen = await chooseBackend(backend);
  if (backend || chosen.name === 'wasm') return on(chosen);
  return on(chosen).catch((error: Error) => {
    options.signal?.throwIfAborted();
    return on({ name: 'wasm', reason: `WebGPU: ${error.message}` });
  });
}

/** Throws for weights of one backend, which would be left out in silence. */
function checkByBackend(weights: WebOptions['weights']): void {
  const kind = kindOf(weights);
  const names = kind === 'Object' ? Object.keys(weights ?? {}) : [kind];
  const wrong = names.find((name) => name !== 'webgpu' && name !== 'wasm' && name !== 'undefined');
  if (wrong) throw new Error(`expected weights as { webgpu, wasm }, found ${wrong}`);
}
