import {
  COMPUTE,
  COPY_DST,
  RENDER_ATTACHMENT,
  TEXTURE_BINDING,
  TEXTURE_COPY_DST,
  UNIFORM,
} from './gpu-constants.ts';
import { isTexture } from './gpu-places.ts';
import { type GpuInput, type GpuTarget, type PixelInput, wordsOf } from './io-data.ts';
import { picture as pixelPicture } from './picture-pixels.ts';
import {
  channelOf,
  checkSource,
  type Frame,
  frameOf,
  isMoving,
  named,
  type PictureOptions,
  type Source,
  type StillSource,
  samplingOf,
  sizeOf,
} from './picture-source.ts';

/** Settings of the shader: 20 words. */
const uniformBytes = 80;

/**
 * An input [1,C,H,W] or [1,H,W,C] from a picture, resized and normalised on the GPU: RGB if C is 3, luma (ITU-R BT.601) if C
 * is 1. Sizes change as in Pillow: a triangle over all pixels that an output covers, rounded to 8 bits. A picture that is larger
 * than a texture, and a frame that the browser does not import, are computed here.
 */
export function picture(source: Source, options: PictureOptions): GpuInput & PixelInput {
  const pixels = pixelPicture(source, options);
  return {
    ...pixels,
    encode(encoder, target) {
      const frame = frameOf(target, options);
      if (!isTexture(source)) checkSource(source, target);
      const { device, arena, offset } = target;
      const kit = kitOf(device);
      const view = named(target, () => viewOf(source, kit));
      if (!view) return device.queue.writeBuffer(arena, offset, wordsOf(pixels.values(target)));
      const kind = isMoving(source) ? 'moving' : 'still';
      kit.encode(encoder, {
        target,
        frame,
        view,
        settings: settingsOf(source, { target, frame, options }),
        kind,
      });
    },
  };
}

/** The picture for a shader, undefined if it is too large, or a frame that the browser cannot import. */
function viewOf(source: Source, kit: PictureKit): GPUTextureView | GPUExternalTexture | undefined {
  if (isTexture(source)) return source.createView();
  if (!isMoving(source)) return kit.still(source);
  try {
    return kit.device.importExternalTexture({ source });
  } catch {
    return undefined;
  }
}

interface Shown {
  readonly target: GpuTarget;
  readonly frame: Frame;
  readonly options: PictureOptions;
}

/** The members of the shader's `Settings`, in order. */
function settingsOf(source: Source, { target, frame, options }: Shown): ArrayBuffer {
  const { channels, width, height, last, scale, zeroPoint, low, high } = frame;
  const sampling = samplingOf(source, frame, options);
  const settings = new ArrayBuffer(uniformBytes);
  const pick = (list: readonly number[]): number[] => [0, 1, 2].map((c) => channelOf(list, c));
  const words = new Int32Array(settings);
  const floats = new Float32Array(settings);
  words.set([target.offset / 4, channels, width, height]);
  floats.set([...sampling.start, ...sampling.scale], 4);
  floats.set([...pick(options.mean), scale, ...pick(options.std), zeroPoint], 8);
  words.set([Number(last), Number(target.dtype !== 'f32'), low, high], 16);
  return settings;
}

const shader = (type: string, load: string): string => `struct Settings {
  at: i32, channels: i32, width: i32, height: i32,
  start: vec2f, scale: vec2f,
  mean: vec3f, step: f32,
  deviation: vec3f, zero: f32,
  last: i32, bytes: i32, low: i32, high: i32,
}
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<uniform> s: Settings;
@group(0) @binding(2) var picture: ${type};

/* Of the pixel p of the input, with values from 0 to 1. */
fn color(p: i32) -> vec3f {
  let center = s.start + (vec2f(f32(p % s.width), f32(p / s.width)) + 0.5) * s.scale;
  let reach = max(s.scale, vec2f(1.0));
  let first = max(vec2i(center - reach + 0.5), vec2i(0));
  let end = min(vec2i(center + reach + 0.5), vec2i(textureDimensions(picture)));
  var sum = vec4f(0.0);
  for (var y = first.y; y < end.y; y++) {
    var line = vec4f(0.0);
    for (var x = first.x; x < end.x; x++) {
      let weight = max(0.0, 1.0 - abs(f32(x) + 0.5 - center.x) / reach.x);
      line += weight * vec4f(round(${load}.rgb * 255.0), 1.0);
    }
    let weight = max(0.0, 1.0 - abs(f32(y) + 0.5 - center.y) / reach.y);
    sum += weight * vec4f(floor(line.rgb / line.a + 0.5), 1.0);
  }
  return floor(sum.rgb / sum.a + 0.5) / 255.0;
}

/* Of the pixel p of the input, as the model has them. */
fn values(p: i32) -> vec3f {
  let rgb = color(p);
  let seen = select(rgb, vec3f(dot(rgb, vec3f(0.299, 0.587, 0.114))), s.channels == 1);
  return (seen - s.mean) / s.deviation;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  let plane = s.width * s.height;
  if (s.bytes == 0) {
    if (i < plane) {
      let v = values(i);
      for (var c = 0; c < s.channels; c++) {
        arena[s.at + select(c * plane + i, i * s.channels + c, s.last == 1)] = bitcast<u32>(v[c]);
      }
    }
    return;
  }
  let count = plane * s.channels;
  var word = 0u;
  for (var k = 4 * i; k < min(4 * i + 4, count); k++) {
    let p = select(k % plane, k / s.channels, s.last == 1);
    let c = select(k / plane, k % s.channels, s.last == 1);
    let v = i32(clamp(floor(values(p)[c] / s.step + s.zero + 0.5), f32(s.low), f32(s.high)));
    word |= (u32(v) & 255u) << u32(k % 4 * 8);
  }
  if (4 * i < count) {
    arena[s.at + i] = word;
  }
}
`;

type PictureKind = 'moving' | 'still';

/** WGSL that resizes and normalises: of a video's frame as an external texture, or of a still picture's texture. */
export function pictureShader(kind: PictureKind): string {
  return kind === 'moving'
    ? shader('texture_external', 'textureLoad(picture, vec2i(x, y))')
    : shader('texture_2d<f32>', 'textureLoad(picture, vec2i(x, y), 0)');
}

interface Job {
  readonly target: GpuTarget;
  readonly frame: Frame;
  readonly view: GPUTextureView | GPUExternalTexture;
  readonly settings: ArrayBuffer;
  readonly kind: PictureKind;
}

/** Pipelines, settings and texture of a device: made once. */
class PictureKit {
  readonly device: GPUDevice;
  readonly #pipelines = new Map<PictureKind, GPUComputePipeline>();
  readonly #uniforms: GPUBuffer;
  #texture: GPUTexture | undefined;

  constructor(device: GPUDevice) {
    this.device = device;
    this.#uniforms = device.createBuffer({ size: uniformBytes, usage: UNIFORM | COPY_DST });
  }

  /** A still picture as a texture of its size; undefined if it is too large for one. */
  still(source: StillSource): GPUTextureView | undefined {
    const [width, height] = sizeOf(source);
    const { device } = this;
    if (Math.max(width, height) > device.limits.maxTextureDimension2D) return undefined;
    if (this.#texture?.width !== width || this.#texture?.height !== height) {
      this.#texture?.destroy();
      const usage = TEXTURE_BINDING | TEXTURE_COPY_DST | RENDER_ATTACHMENT;
      this.#texture = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage });
    }
    device.queue.copyExternalImageToTexture({ source }, { texture: this.#texture }, [width, height]);
    return this.#texture.createView();
  }

  encode(
    encoder: GPUCommandEncoder,
    { target, frame: { channels, width, height }, view, settings, kind }: Job,
  ): void {
    const pipeline = this.#pipeline(kind);
    this.device.queue.writeBuffer(this.#uniforms, 0, settings);
    const resources = [{ buffer: target.arena }, { buffer: this.#uniforms }, view];
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      this.device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: resources.map((resource, binding) => ({ binding, resource })),
      }),
    );
    const threads = target.dtype === 'f32' ? width * height : (channels * width * height) / 4;
    pass.dispatchWorkgroups(Math.ceil(threads / 64));
    pass.end();
  }

  #pipeline(kind: PictureKind): GPUComputePipeline {
    const known = this.#pipelines.get(kind);
    if (known) return known;
    const code = pictureShader(kind);
    const texture: Partial<GPUBindGroupLayoutEntry> =
      kind === 'moving' ? { externalTexture: {} } : { texture: { sampleType: 'unfilterable-float' } };
    const layout = this.device.createBindGroupLayout({
      entries: [{ buffer: { type: 'storage' } }, { buffer: {} }, texture].map(
        (entry, binding) => ({ binding, visibility: COMPUTE, ...entry }) as GPUBindGroupLayoutEntry,
      ),
    });
    const pipeline = this.device.createComputePipeline({
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.device.createShaderModule({ code }) },
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
