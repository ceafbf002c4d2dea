import { CompileError, messageOf, type Tensor, tensor } from '@ghostc/ir';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';

/** Larger pictures are refused before they are decoded. */
export const MAX_PIXELS = 2 ** 24;
/** What the JPEG decoder may allocate. */
const MAX_MEMORY_MB = 512;
/** Deflate makes at most this many bytes of one. */
const DEFLATE_RATIO = 1032;
/** A JPEG has at least one bit for a block of 8x8 pixels; four times as many are let pass. */
const JPEG_PIXELS_PER_BYTE = 4 * 8 * 64;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** R, G, B, A. */
  readonly data: Uint8Array;
}

/**
 * Decodes PNG or JPEG bytes to [3,H,W] or, for a network with one channel, to luma [1,H,W]; elements 0 to
 * 255.
 */
export function decodeImage(bytes: Uint8Array, channels: number): Tensor {
  if (channels !== 1 && channels !== 3)
    throw new CompileError(
      'data/image',
      `pictures make inputs of 1 or 3 channels, the model expects ${channels}`,
    );
  const { width, height, data } = pixelsOf(bytes);
  const plane = width * height;
  const out = new Float32Array(channels * plane);
  const at = (i: number, channel: number): number => data[4 * i + channel] ?? 0;
  for (let i = 0; i < plane; i++) {
    if (channels === 1) out[i] = Math.round(0.299 * at(i, 0) + 0.587 * at(i, 1) + 0.114 * at(i, 2));
    else for (let c = 0; c < 3; c++) out[c * plane + i] = at(i, c);
  }
  return tensor('f32', [channels, height, width], out);
}

function pixelsOf(bytes: Uint8Array): Pixels {
  const png = bytes[0] === 0x89 && bytes[1] === 0x50;
  const jpg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!png && !jpg) throw new CompileError('data/image', 'expected a PNG or JPEG picture, found other bytes');
  try {
    return png ? decodePng(bytes) : decodeJpeg(bytes);
  } catch (error) {
    if (error instanceof CompileError) throw error;
    throw new CompileError('data/image', `the picture is cut off or damaged: ${messageOf(error)}`);
  }
}

/** Samples of a pixel by colour type. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function decodePng(bytes: Uint8Array): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 26) throw new CompileError('data/image', 'the PNG is cut off');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bits = (bytes[24] ?? 0) * (samples[bytes[25] ?? 0] ?? 0);
  checkPixels({ width, height }, (DEFLATE_RATIO * bytes.length * 8) / Math.max(1, bits));
  return PNG.sync.read(Buffer.from(bytes));
}

/** Throws for more pixels than are allowed, or than a file of this size can hold: nothing is allocated for them. */
function checkPixels({ width, height }: Pick<Pixels, 'width' | 'height'>, most: number): void {
  const limit = Math.min(MAX_PIXELS, Math.floor(most));
  if (width * height > limit)
    throw new CompileError(
      'data/image',
      `expected at most ${limit} pixels in a file of this size, found ${width} x ${height}`,
    );
}

function decodeJpeg(bytes: Uint8Array): Pixels {
  const pixels = Math.min(MAX_PIXELS, JPEG_PIXELS_PER_BYTE * bytes.length);
  return jpeg.decode(bytes, {
    useTArray: true,
    maxResolutionInMP: pixels / 1e6,
    maxMemoryUsageInMB: MAX_MEMORY_MB,
  });
}
