/** For `/// <reference types="ghostc/client" />`: what the Vite plugin makes of a model. */
declare module '*?ghostc' {
  interface Model {
    /** One inference; inputs and outputs by name. */
    run(inputs: Readonly<Record<string, ArrayBufferView | object>>): Promise<Record<string, Float32Array>>;
    dispose(): void;
  }
  /** Compiles the shaders and uploads the weights. */
  export function load(options?: {
    readonly device?: unknown;
    readonly onProgress?: (done: number, total: number) => void;
  }): Promise<Model>;
  export const manifest: { readonly name: string };
  const model: { readonly load: typeof load; readonly manifest: typeof manifest };
  export default model;
}
