import type { GpuProgram } from './gpu-program.ts';
import { copyBytes } from './make-buffers.ts';
import type { IoTensor, ProgramManifest } from './manifest.ts';

/** Where outputs stay on the GPU, by name: in buffers and textures of the program's device. */
export type Places = Readonly<Record<string, GPUBuffer | GPUTexture>>;

export function isGpuBuffer(value: unknown): value is GPUBuffer {
  return 'mapAsync' in Object(value);
}

export function isTexture(value: unknown): value is GPUTexture {
  return 'createView' in Object(value);
}

/** Throws unless the buffer holds the tensor. */
export function checkGpuBuffer({ name, bytes }: IoTensor, { size }: GPUBuffer): void {
  if (size < copyBytes(bytes))
    throw new Error(`${name}: expected a GPUBuffer of at least ${copyBytes(bytes)} bytes, found ${size}`);
}

/** Throws for what is no output, and what cannot hold it. */
export function checkPlaces({ outputs }: ProgramManifest, places: Places): void {
  for (const [name, place] of Object.entries(places)) {
    const output = outputs.find((one) => one.name === name);
    if (!output)
      throw new Error(`there is no output ${name}; expected ${outputs.map((one) => one.name).join(', ')}`);
    if (isGpuBuffer(place)) checkGpuBuffer(output, place);
    else if (isTexture(place)) stepsOf(output, place);
    else throw new Error(`output ${name}: expected a GPUBuffer or a GPUTexture`);
  }
}

/** Floats from one channel to the next, and from one pixel to the next. */
interface Steps {
  readonly channels: number;
  readonly channel: number;
  readonly pixel: number;
}

/** The layout of an output [...,C,H,W] or [...,H,W,C] in a texture of its size. */
function stepsOf({ name, shape, dtype, bytes }: IoTensor, { width, height }: GPUTexture): Steps {
  const pixels = width * height;
  const channels = bytes / 4 / pixels;
  const ends = (...sizes: number[]) => sizes.every((size, i) => shape.at(i - sizes.length) === size);
  const last = ends(height, width, channels);
  if (dtype !== 'f32' || ![1, 2, 3, 4].includes(channels) || !(last || ends(height, width)))
    throw new Error(
      `output ${name}: ${dtype}[${shape}] has not the size of the texture, ${width}x${height}, in 1 to 4 channels of f32`,
    );
  return last ? { channels, channel: 1, pixel: channels } : { channels, channel: pixels, pixel: 1 };
}

/** Copies outputs to their places. */
export function encodePlaces(gpu: GpuProgram, encoder: GPUCommandEncoder, places: Places): void {
  const { manifest, buffers, device } = gpu;
  for (const output of manifest.outputs) {
    const place = places[output.name];
    if (isTexture(place)) {
      const pipeline = pipelineOf(device, textureShader(output, place));
      const resources = [{ buffer: buffers.arena }, place.createView()];
      const entries = resources.map((resource, binding) => ({ binding, resource }));
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(Math.ceil(place.width / 8), Math.ceil(place.height / 8));
      pass.end();
    } else if (place)
      encoder.copyBufferToBuffer(buffers.arena, output.offset, place, 0, copyBytes(output.bytes));
  }
}

/** WGSL that writes an output into a texture: one channel as grey, alpha 1 if there is none. */
function textureShader(output: IoTensor, texture: GPUTexture): string {
  const { channels, channel, pixel } = stepsOf(output, texture);
  const value = (c: number): string => {
    if (c >= channels && c === 3) return '1.0';
    if (c >= channels && channels > 1) return '0.0';
    return `arena[at + ${channels === 1 ? 0 : c * channel}]`;
  };
  return `@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var place: texture_storage_2d<${texture.format}, write>;
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < ${texture.width} && id.y < ${texture.height}) {
    let at = ${output.offset / 4} + i32(id.y * ${texture.width} + id.x) * ${pixel};
    textureStore(place, id.xy, vec4f(${[0, 1, 2, 3].map(value).join(', ')}));
  }
}
`;
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

function pipelineOf(device: GPUDevice, code: string): GPUComputePipeline {
  const ofDevice = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, ofDevice);
  const known =
    ofDevice.get(code) ??
    device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code }) },
    });
  ofDevice.set(code, known);
  return known;
}
