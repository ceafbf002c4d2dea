/** For `/// <reference types="ghostc/client" />`: what the Vite plugin makes of a model. */
declare module '*?ghostc' {
  interface Model {
    /** One inference; inputs and outputs by name. */
    run(inputs: Readonly<Record<string, ArrayBufferView | object>>): Promise<Record<string, Float32Array>>;
    dispose(): void;
    /** Of the target `web`: where it runs, and why. */
    readonly backend?: { readonly name: 'webgpu' | 'wasm'; readonly reason: string };
  }
  /** Compiles the program and loads the weights. */
  export function load(options?: {
    readonly device?: unknown;
    /** Of the target `web`. Default: WebGPU where there is a GPU. */
    readonly backend?: 'webgpu' | 'wasm';
    readonly onProgress?: (done: number, total: number) => void;
  }): Promise<Model>;
  export const manifest: { readonly name: string };
  const model: { readonly load: typeof load; readonly manifest: typeof manifest };
  export default model;
}

/** With sizes: `./net.onnx?batch=1&ghostc`. */
declare module '*&ghostc' {
  export * from '?ghostc';
  export { default } from '?ghostc';
}
