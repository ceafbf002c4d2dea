// Flags of WebGPU as numbers: Node has no such globals.

/** GPUShaderStage.COMPUTE */
export const COMPUTE = 4;
/** GPUMapMode.READ */
export const MAP_MODE_READ = 1;

/** GPUBufferUsage */
export const MAP_READ = 1;
export const COPY_SRC = 4;
export const COPY_DST = 8;
export const UNIFORM = 64;
export const STORAGE = 128;
export const QUERY_RESOLVE = 512;

/** GPUTextureUsage */
export const TEXTURE_COPY_DST = 2;
export const TEXTURE_BINDING = 4;
export const RENDER_ATTACHMENT = 16;
