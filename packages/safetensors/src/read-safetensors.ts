import { byteSize, CompileError, type DType, fromBytes, type Tensor, withLocation } from '@ghostc/ir';

export interface ReadSafetensorsOptions {
  /** For error messages. */
  readonly file?: string;
}

/** The format's own bound. */
const MAX_HEADER_BYTES = 100_000_000;

const dtypes: Readonly<Record<string, DType>> = {
  F16: 'f16',
  F32: 'f32',
  F64: 'f64',
  I8: 'i8',
  U8: 'u8',
  I16: 'i16',
  U16: 'u16',
  I32: 'i32',
  U32: 'u32',
  I64: 'i64',
  U64: 'u64',
  BOOL: 'bool',
};

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the safetensors format: 8 bytes header length (little-endian), a JSON header, then the data without holes. Throws
 * CompileError `safetensors/...` for anything else.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { file }: ReadSafetensorsOptions = {},
): Map<string, Tensor> {
  return withLocation(file === undefined ? {} : { file }, () => {
    const headerBytes = headerLength(bytes);
    const data = bytes.subarray(8 + headerBytes);
    const entries = readEntries(parseHeader(bytes.subarray(8, 8 + headerBytes)));
    checkLayout(entries, data.length);
    return new Map(
      entries.map(({ name, dtype, shape, begin, end }) => [
        name,
        { dtype, shape, data: fromBytes(dtype, data.subarray(begin, end)) },
      ]),
    );
  });
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 8) throw bad(`expected at least 8 bytes, found ${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES) || length > BigInt(bytes.length - 8))
    throw bad(`the header has ${length} bytes, the file ${bytes.length}`);
  return Number(length);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch {
    throw bad('the header is no JSON');
  }
  throw bad('the header is no JSON object');
}

function readEntries(header: Record<string, unknown>): Entry[] {
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => readEntry(name, value));
}

function readEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const known = typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (!known)
    throw bad(
      `${JSON.stringify(name)} has the element type ${JSON.stringify(dtype)}, which is not supported`,
    );
  if (!isSizes(shape)) throw bad(`${JSON.stringify(name)} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw bad(`${JSON.stringify(name)} has no valid data_offsets`);
  const [begin = 0, end = 0] = offsets;
  const expected = shape.reduce((product, dim) => product * dim, byteSize(known));
  if (end - begin !== expected)
    throw bad(
      `${JSON.stringify(name)} ${known}[${shape.join(',')}] has ${expected} bytes, found ${end - begin}`,
    );
  return { name, dtype: known, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Tensors must cover the data one behind the other. */
function checkLayout(entries: readonly Entry[], size: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw bad(`${JSON.stringify(name)} begins at ${begin}, expected ${at}: the data has holes or overlaps`);
    at = end;
  }
  if (at !== size) throw bad(`the tensors take ${at} bytes, the file has ${size}`);
}

function bad(detail: string): CompileError {
  return new CompileError('safetensors/format', detail);
}
