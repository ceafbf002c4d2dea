import {
  bitWidth,
  CompileError,
  type DType,
  fromBytes,
  fromNumbers,
  isCodedFloat,
  numElements,
  type Tensor,
  tensor,
  toBytes,
} from '@ghostc/ir';
import { checkExternalLocation } from './check-external-location.ts';
import { decodeTensor, encodeTensor } from './codec.ts';
import type { Int64, TensorProto } from './onnx-types.ts';

/** TensorProto.DataType of each element type. */
const dataTypes: Readonly<Record<DType, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  u16: 4,
  i16: 5,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
  u64: 13,
  bf16: 16,
  f8e4m3fn: 17,
  f8e4m3fnuz: 18,
  f8e5m2: 19,
  f8e5m2fnuz: 20,
  u4: 21,
  i4: 22,
  f4e2m1: 23,
  f8e8m0: 24,
  u2: 25,
  i2: 26,
};

const otherTypes: Readonly<Record<number, string>> = {
  0: 'undefined',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
};

/** Reads the bytes of an external data file; `location` was checked to be a relative path without `..`. */
export type ReadExternal = (location: string) => Uint8Array;

export function dataTypeOf(dtype: DType): number {
  return dataTypes[dtype];
}

/** Whether a TensorProto.DataType is one of numbers. */
export function isDataType(dataType: number | undefined): boolean {
  return Object.values(dataTypes).includes(dataType ?? 0);
}

/** The element type of a TensorProto.DataType; throws `onnx/element-type` by name. */
export function dtypeOf(dataType: number | undefined): DType {
  const dtype = (Object.keys(dataTypes) as DType[]).find((key) => dataTypes[key] === dataType);
  if (dtype) return dtype;
  throw new CompileError(
    'onnx/element-type',
    `element type ${otherTypes[dataType ?? 0] ?? dataType} is not supported`,
  );
}

/** Reads a serialized TensorProto, as in `test_data_set_0/input_0.pb`. */
export function readTensorProto(bytes: Uint8Array): Tensor {
  return toTensor(decodeTensor(bytes));
}

/** Serializes a tensor as a TensorProto with raw data. */
export function writeTensorProto(value: Tensor, name = ''): Uint8Array {
  return encodeTensor(fromTensor(value, name));
}

/** The fields of a TensorProto with raw little-endian data. */
export function fromTensor({ dtype, shape, data }: Tensor, name: string): object {
  return { dims: [...shape], data_type: dataTypes[dtype], name, raw_data: packed(dtype, toBytes(data)) };
}

/** The tensor that a decoded TensorProto holds. The size of its data is checked before anything is allocated. */
export function toTensor(proto: TensorProto, readExternal?: ReadExternal): Tensor {
  const dtype = dtypeOf(proto.data_type);
  const shape = (proto.dims ?? []).map(dimension);
  if (proto.segment)
    throw new CompileError(
      'onnx/tensor',
      `tensor ${proto.name} is stored in segments, which are not supported`,
    );
  if (proto.data_location === 1)
    return fromRaw(dtype, shape, externalBytes(proto, dtype, shape, readExternal));
  if (proto.raw_data?.length) return fromRaw(dtype, shape, proto.raw_data);
  return fromFields(proto, dtype, shape);
}

function dimension(dim: Int64 | number): number {
  const size = Number(dim.toString());
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new CompileError('onnx/tensor', `expected a dimension of 0 or more, found ${dim.toString()}`);
}

function fromRaw(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const expected = packedBytes(dtype, shape);
  if (bytes.length !== expected)
    throw new CompileError(
      'onnx/tensor',
      `${dtype}[${shape.join(',')}] has ${expected} bytes, found ${bytes.length}`,
    );
  return tensor(dtype, shape, fromBytes(dtype, unpacked(dtype, bytes, numElements(shape))));
}

function packedBytes(dtype: DType, shape: readonly number[]): number {
  return Math.ceil((numElements(shape) * bitWidth(dtype)) / 8);
}

/** Elements of less than a byte, the first in the low bits; sign-extended if the type is signed. */
function unpacked(dtype: DType, bytes: Uint8Array, count: number): Uint8Array {
  const bits = bitWidth(dtype);
  if (bits >= 8) return bytes;
  const [perByte, mask] = [8 / bits, 2 ** bits - 1];
  const signed = dtype.startsWith('i');
  return Uint8Array.from({ length: count }, (_, i) => {
    const code = ((bytes[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * bits)) & mask;
    return signed && code > mask >> 1 ? code - mask - 1 : code;
  });
}

function packed(dtype: DType, elements: Uint8Array): Uint8Array {
  const bits = bitWidth(dtype);
  if (bits >= 8) return elements;
  const perByte = 8 / bits;
  const bytes = new Uint8Array(Math.ceil(elements.length / perByte));
  elements.forEach((element, i) => {
    const at = Math.floor(i / perByte);
    bytes[at] = (bytes[at] ?? 0) | ((element & (2 ** bits - 1)) << ((i % perByte) * bits));
  });
  return bytes;
}

function fromFields(proto: TensorProto, dtype: DType, shape: readonly number[]): Tensor {
  const values = fieldValues(proto, dtype);
  if (bitWidth(dtype) < 8) return fromRaw(dtype, shape, Uint8Array.from(values.map(Number)));
  const expected = numElements(shape);
  if (values.length !== expected)
    throw new CompileError(
      'onnx/tensor',
      `${dtype}[${shape.join(',')}] has ${expected} elements, found ${values.length}`,
    );
  if (dtype === 'i64' || dtype === 'u64') {
    const bits = values.map((value) => BigInt(value.toString()));
    return tensor(dtype, shape, dtype === 'i64' ? BigInt64Array.from(bits) : BigUint64Array.from(bits));
  }
  if (dtype === 'f16' || dtype === 'bf16') return tensor(dtype, shape, Uint16Array.from(values.map(Number)));
  if (isCodedFloat(dtype)) return tensor(dtype, shape, Uint8Array.from(values.map(Number)));
  return fromNumbers(dtype, shape, values.map(Number));
}

function fieldValues(proto: TensorProto, dtype: DType): readonly (number | Int64)[] {
  if (dtype === 'f32') return proto.float_data ?? [];
  if (dtype === 'f64') return proto.double_data ?? [];
  if (dtype === 'i64') return proto.int64_data ?? [];
  return (dtype === 'u64' || dtype === 'u32' ? proto.uint64_data : proto.int32_data) ?? [];
}

function externalBytes(
  proto: TensorProto,
  dtype: DType,
  shape: readonly number[],
  read: ReadExternal | undefined,
): Uint8Array {
  const entries = new Map((proto.external_data ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  checkExternalLocation(location);
  if (!read)
    throw new CompileError(
      'onnx/external-data',
      `tensor ${proto.name} lies in ${location}, and there is no folder to read it from`,
    );
  const file = read(location);
  const offset = count(entries.get('offset') ?? '0', 'offset');
  const length = entries.has('length')
    ? count(entries.get('length') ?? '', 'length')
    : packedBytes(dtype, shape);
  if (offset + length > file.length)
    throw new CompileError(
      'onnx/external-data',
      `${location} has ${file.length} bytes, expected ${length} at ${offset}`,
    );
  return file.subarray(offset, offset + length);
}

function count(text: string, what: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CompileError(
    'onnx/external-data',
    `expected ${what} to be a number of bytes, found ${JSON.stringify(text)}`,
  );
}
