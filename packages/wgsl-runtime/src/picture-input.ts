import {
  COMPUTE,
  COPY_DST,
  RENDER_ATTACHMENT,
  TEXTURE_BINDING,
  TEXTURE_COPY_DST,
  UNIFORM,
} from './gpu-constants.ts';
import type { GpuInput, GpuTarget } from './io-data.ts';
import {
  channelOf,
  checkOptions,
  checkSource,
  checkTarget,
  isMoving,
  type MovingSource,
  named,
  type PictureOptions,
  type StillSource,
  samplingOf,
  sizeOf,
} from './picture-source.ts';

/** Settings of the shader: 16 floats. */
const uniformBytes = 64;

/**
 * An input [1,C,H,W] from a picture, resized and normalised on the GPU: RGB if C is 3, luma (ITU-R BT.601) if C is 1. An
 * output is the mean of the bilinear samples under its square, as many as the picture is larger.
 */
export function picture(source: StillSource | MovingSource, options: PictureOptions): GpuInput {
  checkOptions(options);
  return {
    encode(encoder, target) {
      checkTarget(target, options);
      checkSource(source, target);
      checkSize(source, target);
      const kit = kitOf(target.device);
      const kind = isMoving(source) ? 'moving' : 'still';
      const view = named(target, () =>
        isMoving(source) ? target.device.importExternalTexture({ source }) : kit.still(source),
      );
      kit.encode(encoder, { target, view, settings: settingsOf(source, target, options), kind });
    },
  };
}

function checkSize(source: StillSource | MovingSource, { name, device }: GpuTarget): void {
  const [width, height] = sizeOf(source);
  const most = device.limits.maxTextureDimension2D;
  if (Math.max(width, height) > most && !isMoving(source))
    throw new Error(`input ${name}: a picture of ${width}x${height} exceeds maxTextureDimension2D, ${most}`);
}

/** offset, channels, width, height; origin and step of the sampled part, in texture coordinates; samples; mean; std. */
function settingsOf(
  source: StillSource | MovingSource,
  target: GpuTarget,
  options: PictureOptions,
): ArrayBuffer {
  const [, channels = 1, height = 1, width = 1] = target.shape;
  const { origin, step, samples } = samplingOf(source, target, options);
  const settings = new ArrayBuffer(uniformBytes);
  new Int32Array(settings).set([target.offset / 4, channels, width, height]);
  const pick = (list: readonly number[]): number[] => [0, 1, 2].map((c) => channelOf(list, c));
  new Float32Array(settings, 16).set([...origin, ...step]);
  new Float32Array(settings, 32).set([...pick(options.mean), samples, ...pick(options.std), 0]);
  return settings;
}

const shader = (type: string, sample: string): string => `struct Settings {
  at: i32, channels: i32, width: i32, height: i32,
  origin: vec2f, step: vec2f,
  mean: vec3f, samples: f32,
  deviation: vec3f,
}
@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<uniform> s: Settings;
@group(0) @binding(2) var picture: ${type};
@group(0) @binding(3) var linear: sampler;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  let plane = s.width * s.height;
  if (i >= plane) {
    return;
  }
  let corner = vec2f(f32(i % s.width), f32(i / s.width));
  let n = i32(s.samples);
  var sum = vec3f(0.0);
  for (var k = 0; k < n * n; k++) {
    let inside = (vec2f(f32(k % n), f32(k / n)) + 0.5) / s.samples;
    let uv = s.origin + (corner + inside) * s.step;
    sum += ${sample}.rgb;
  }
  let color = sum / (s.samples * s.samples);
  if (s.channels == 1) {
    arena[s.at + i] = (dot(color, vec3f(0.299, 0.587, 0.114)) - s.mean.x) / s.deviation.x;
    return;
  }
  let y = (color - s.mean) / s.deviation;
  for (var c = 0; c < 3; c++) {
    arena[s.at + c * plane + i] = y[c];
  }
}
`;

type PictureKind = 'moving' | 'still';

/** WGSL that resizes and normalises: of a video's frame as an external texture, or of a still picture's texture. */
export function pictureShader(kind: PictureKind): string {
  return kind === 'moving'
    ? shader('texture_external', 'textureSampleBaseClampToEdge(picture, linear, uv)')
    : shader('texture_2d<f32>', 'textureSampleLevel(picture, linear, uv, 0.0)');
}

interface Job {
  readonly target: GpuTarget;
  readonly view: GPUTextureView | GPUExternalTexture;
  readonly settings: ArrayBuffer;
  readonly kind: PictureKind;
}

/** Pipelines, settings and texture of a device: made once. */
class PictureKit {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<PictureKind, GPUComputePipeline>();
  readonly #uniforms: GPUBuffer;
  readonly #sampler: GPUSampler;
  #texture: GPUTexture | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#uniforms = device.createBuffer({ size: uniformBytes, usage: UNIFORM | COPY_DST });
    this.#sampler = device.createSampler({ magFilter: 'linear', minFilter: 'linear' });
  }

  /** A still picture as a texture of its size. */
  still(source: StillSource): GPUTextureView {
    const [width, height] = sizeOf(source);
    if (this.#texture?.width !== width || this.#texture?.height !== height) {
      this.#texture?.destroy();
      const usage = TEXTURE_BINDING | TEXTURE_COPY_DST | RENDER_ATTACHMENT;
      this.#texture = this.#device.createTexture({ size: [width, height], format: 'rgba8unorm', usage });
    }
    this.#device.queue.copyExternalImageToTexture({ source }, { texture: this.#texture }, [width, height]);
    return this.#texture.createView();
  }

  encode(encoder: GPUCommandEncoder, { target, view, settings, kind }: Job): void {
    const [, , height = 1, width = 1] = target.shape;
    const pipeline = this.#pipeline(kind);
    this.#device.queue.writeBuffer(this.#uniforms, 0, settings);
    const resources = [{ buffer: target.arena }, { buffer: this.#uniforms }, view, this.#sampler];
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      this.#device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: resources.map((resource, binding) => ({ binding, resource })),
      }),
    );
    pass.dispatchWorkgroups(Math.ceil((width * height) / 64));
    pass.end();
  }

  #pipeline(kind: PictureKind): GPUComputePipeline {
    const known = this.#pipelines.get(kind);
    if (known) return known;
    const code = pictureShader(kind);
    const texture: Partial<GPUBindGroupLayoutEntry> =
      kind === 'moving' ? { externalTexture: {} } : { texture: {} };
    const layout = this.#device.createBindGroupLayout({
      entries: [{ buffer: { type: 'storage' } }, { buffer: {} }, texture, { sampler: {} }].map(
        (entry, binding) => ({ binding, visibility: COMPUTE, ...entry }) as GPUBindGroupLayoutEntry,
      ),
    });
    const pipeline = this.#device.createComputePipeline({
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.#device.createShaderModule({ code }) },
    });
    this.#pipelines.set(kind, pipeline);
    return pipeline;
  }
}

const kits = new WeakMap<GPUDevice, PictureKit>();

function kitOf(device: GPUDevice): PictureKit {
  const known = kits.get(device) ?? new PictureKit(device);
  kits.set(device, known);
  return known;
}
