import { extname } from 'node:path';
import { CompileError, fromBytes, type Tensor, tensor } from '@ghostc/ir';
import { readTensorProto } from '@ghostc/onnx';
import { readNpy } from '@ghostc/quant';
import { toChannelsFirst } from './axis-order.ts';
import type { CalibrationSpec } from './calibration-spec.ts';
import { readBounded } from './read-bounded.ts';

/** The tensor of a .npy, .pb or raw file. Throws `data/raw` or the reader's error. */
export function readArray(file: string, spec: CalibrationSpec): Tensor {
  const extension = extname(file).toLowerCase();
  if (extension === '.npy') return readNpy(readBounded(file));
  if (extension === '.pb') return readTensorProto(readBounded(file));
  return readRaw(file, spec);
}

function readRaw(file: string, { shape, dtype }: CalibrationSpec): Tensor {
  if (!shape) throw new CompileError('data/raw', 'a raw file expects --shape, such as --shape 200x1x28x28');
  const bytes = readBounded(file);
  const expected = shape.reduce((product, dim) => product * dim, dtype === 'u8' ? 1 : 4);
  if (bytes.length !== expected)
    throw new CompileError(
      'data/raw',
      `${dtype}[${shape.join(',')}] has ${expected} bytes, the file has ${bytes.length}`,
    );
  return tensor(dtype, shape, fromBytes(dtype, bytes));
}

/** Reorders axes as the flags specify: [N,H,W,C] to [N,C,H,W]. */
export function withChannelsFirst(stored: Tensor, { layout }: CalibrationSpec): Tensor {
  if (layout === 'nchw') return stored;
  const shape = stored.shape.length === 3 ? [1, ...stored.shape] : stored.shape;
  if (shape.length === 4) return toChannelsFirst({ ...stored, shape });
  throw new CompileError('data/layout', `--layout nhwc expects rank 4, found [${stored.shape.join(',')}]`);
}
