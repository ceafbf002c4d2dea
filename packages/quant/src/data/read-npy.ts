import { byteSize, CompileError, type DType, fromBytes, numElements, type Tensor, tensor } from '@ghostc/ir';

const MAGIC = '\x93NUMPY';
/** A header is a short Python dictionary. */
const MAX_HEADER = 2 ** 16;

const descriptors: Readonly<Record<string, DType>> = {
  '|u1': 'u8',
  '|i1': 'i8',
  '<u2': 'u16',
  '<i2': 'i16',
  '<i4': 'i32',
  '<u4': 'u32',
  '<i8': 'i64',
  '<u8': 'u64',
  '<f2': 'f16',
  '<f4': 'f32',
  '<f8': 'f64',
  '|b1': 'bool',
};

/**
 * Reads a NumPy `.npy` file (format versions 1 to 3, C order, little endian). Throws `npy/...` for anything else; sizes are
 * checked before anything is allocated.
 */
export function readNpy(bytes: Uint8Array): Tensor {
  const { header, start } = headerOf(bytes);
  const dtype = dtypeOf(field(header, /'descr'\s*:\s*'([^']*)'/, 'descr'));
  if (field(header, /'fortran_order'\s*:\s*(True|False)/, 'fortran_order') === 'True')
    throw new CompileError(
      'npy/order',
      'expected C order, found Fortran order; save with numpy.ascontiguousarray',
    );
  const shape = shapeOf(field(header, /'shape'\s*:\s*\(([^)]*)\)/, 'shape'));
  const expected = numElements(shape) * byteSize(dtype);
  const found = bytes.length - start;
  if (found !== expected)
    throw new CompileError('npy/size', `${dtype}[${shape.join(',')}] has ${expected} bytes, found ${found}`);
  return tensor(dtype, shape, fromBytes(dtype, bytes.subarray(start)));
}

function headerOf(bytes: Uint8Array): { header: string; start: number } {
  const ascii = new TextDecoder('latin1');
  if (ascii.decode(bytes.subarray(0, 6)) !== MAGIC)
    throw new CompileError('npy/magic', 'expected a NumPy .npy file, found other bytes');
  const major = bytes[6] ?? 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const prefix = major === 1 ? 10 : 12;
  if (major < 1 || major > 3 || bytes.length < prefix)
    throw new CompileError('npy/version', `expected .npy version 1 to 3, found ${major}`);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER || prefix + length > bytes.length)
    throw new CompileError('npy/header', `the header claims ${length} bytes, the file has ${bytes.length}`);
  return { header: ascii.decode(bytes.subarray(prefix, prefix + length)), start: prefix + length };
}

function field(header: string, pattern: RegExp, name: string): string {
  const found = pattern.exec(header)?.[1];
  if (found !== undefined) return found;
  throw new CompileError('npy/header', `the header has no ${name}`);
}

function dtypeOf(descriptor: string): DType {
  const dtype = Object.hasOwn(descriptors, descriptor) ? descriptors[descriptor] : undefined;
  if (dtype) return dtype;
  throw new CompileError(
    'npy/type',
    `element type ${JSON.stringify(descriptor)} is not supported; expected ${Object.keys(descriptors).join(', ')}`,
  );
}

function shapeOf(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const shape = parts.filter((part) => part !== '').map(Number);
  if (shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) && shape.length <= 32) return shape;
  throw new CompileError('npy/shape', `(${text.slice(0, 60)}) is no shape`);
}
