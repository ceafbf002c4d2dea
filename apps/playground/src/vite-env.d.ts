/// <reference types="vite/client" />
declare module 'virtual:wgsl-runtime' {
  /** The WGSL runtime as one ES module, for packages of WGSL. */
  const source: string;
  export default source;
}
