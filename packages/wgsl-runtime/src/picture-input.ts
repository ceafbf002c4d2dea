import {
  COMPUTE,
  COPY_DST,
  RENDER_ATTACHMENT,
  TEXTURE_BINDING,
  TEXTURE_COPY_DST,
  UNIFORM,
} from './gpu-constants.ts';
import type { GpuInput, GpuTarget } from './io-data.ts';
import { kindOf } from './kind-of.ts';

/** What a browser can copy into a texture. */
export type StillSource = ImageBitmap | ImageData | HTMLCanvasElement | OffscreenCanvas | HTMLImageElement;
/** What it can read where it lies, without a copy. */
export type MovingSource = HTMLVideoElement | VideoFrame;

export interface PictureOptions {
  /** One for each channel, of values from 0 to 1: y = (v - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** `cover` keeps the proportions and cuts the edges; `stretch` takes all. Default: cover. */
  readonly fit?: 'cover' | 'stretch';
}

const pictures = /^(ImageBitmap|ImageData|HTML(Canvas|Image|Video)Element|OffscreenCanvas|VideoFrame)$/;

/** Settings of the shader: 16 floats. */
const uniformBytes = 64;

/** Samples of each axis that one output averages at most. */
const mostSamples = 8;

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
      const kit = kitOf(target.device);
      const kind = isMoving(source) ? 'moving' : 'still';
      const view = named(target, () =>
        isMoving(source) ? target.device.importExternalTexture({ source }) : kit.still(source),
      );
      kit.encode(encoder, { target, view, settings: settingsOf(source, target, options), kind });
    },
  };
}

function checkOptions(options: PictureOptions): void {
  const { mean, std, fit = 'cover' } = options ?? {};
  for (const [name, list] of Object.entries({ mean, std }))
    if (!Array.isArray(list) || !list.length || !list.every(Number.isFinite))
      throw new Error(`picture: expected ${name} as an array of numbers, found ${list ?? kindOf(list)}`);
  if (std?.includes(0)) throw new Error('picture: std has a zero');
  if (fit !== 'cover' && fit !== 'stretch')
    throw new Error(`picture: expected fit as cover or stretch, found ${fit}`);
}

function checkTarget({ name, shape, dtype }: GpuTarget, { mean, std }: PictureOptions): void {
  const [batch, channels = 0] = shape;
  if (shape.length !== 4 || batch !== 1 || (channels !== 1 && channels !== 3) || dtype !== 'f32')
    throw new Error(`input ${name}: a picture needs f32[1,1,H,W] or f32[1,3,H,W], found ${dtype}[${shape}]`);
  for (const { length } of [mean, std])
    if (length !== 1 && length !== channels)
      throw new Error(`input ${name}: expected mean and std of 1 or ${channels} values, found ${length}`);
}

function checkSource(source: StillSource | MovingSource, { name, device }: GpuTarget): void {
  if (!pictures.test(kindOf(source)))
    throw new Error(`input ${name}: expected a picture, found ${kindOf(source)}`);
  const [width, height] = sizeOf(source);
  if (!width || !height)
    throw new Error(`input ${name}: the ${kindOf(source)} has no pixels: not loaded yet, or closed`);
  const most = device.limits.maxTextureDimension2D;
  if (Math.max(width, height) > most && !isMoving(source))
    throw new Error(`input ${name}: a picture of ${width}x${height} exceeds maxTextureDimension2D, ${most}`);
}

/** What a browser refuses, such as a picture of another origin, with the input's name. */
function named<T>({ name }: GpuTarget, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`input ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function isMoving(source: StillSource | MovingSource): source is MovingSource {
  return 'videoWidth' in source || 'displayWidth' in source;
}

function sizeOf(source: StillSource | MovingSource): readonly [number, number] {
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight];
  if ('displayWidth' in source) return [source.displayWidth, source.displayHeight];
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight];
  return [source.width, source.height];
}

/** offset, channels, width, height; origin and step of the sampled part, in texture coordinates; samples; mean; std. */
function settingsOf(
  source: StillSource | MovingSource,
  { offset, shape }: GpuTarget,
  options: PictureOptions,
): ArrayBuffer {
  const { mean, std, fit = 'cover' } = options;
  const [, channels = 1, height = 1, width = 1] = shape;
  const [w, h] = sizeOf(source);
  const scale = Math.min(w / width, h / height);
  const part = fit === 'cover' ? [(scale * width) / w, (scale * height) / h] : [1, 1];
  const [px = 1, py = 1] = part;
  const samples = Math.min(
    mostSamples,
    Math.max(1, Math.ceil(Math.max((px * w) / width, (py * h) / height))),
  );
  const settings = new ArrayBuffer(uniformBytes);
  new Int32Array(settings).set([offset / 4, channels, width, height]);
  const pick = (list: readonly number[]): number[] =>
    [0, 1, 2].map((c) => list[Math.min(c, list.length - 1)] ?? 1);
  new Float32Array(settings, 16).set([(1 - px) / 2, (1 - py) / 2, px / width, py / height]);
  new Float32Array(settings, 32).set([...pick(mean), samples, ...pick(std), 0]);
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
