import { CompileError, type Tensor, tensor } from '@ghostc/ir';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';

/** Larger pictures are refused before they are decoded. */
const MAX_PIXELS = 2 ** 26;
const MAX_MEMORY_MB = 1024;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** R, G, B, A. */
  readonly data: Uint8Array;
}

/** Decodes PNG or JPEG bytes to [3,H,W] or, for a network that wants one channel, to luma [1,H,W]; elements 0 to 255. */
export function decodeImage(bytes: Uint8Array, channels: number): Tensor {
  if (channels !== 1 && channels !== 3)
    throw new CompileError(
      'data/image',
      `pictures make inputs of 1 or 3 channels, the model expects ${channels}`,
    );
  const { width, height, data } = pixelsOf(bytes);
  const plane = width * height;
  const out = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const [r = 0, g = 0, b = 0] = data.subarray(4 * i, 4 * i + 3);
    if (channels === 1) out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else [out[i], out[plane + i], out[2 * plane + i]] = [r, g, b];
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
    throw new CompileError('data/image', `the picture is cut off or damaged: ${(error as Error).message}`);
  }
}

function decodePng(bytes: Uint8Array): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) throw new CompileError('data/image', 'the PNG is cut off');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > MAX_PIXELS)
    throw new CompileError('data/image', `expected at most ${MAX_PIXELS} pixels, found ${width} x ${height}`);
  return PNG.sync.read(Buffer.from(bytes));
}

function decodeJpeg(bytes: Uint8Array): Pixels {
  return jpeg.decode(bytes, {
    useTArray: true,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: MAX_MEMORY_MB,
  });
}
