import { byteSize, CompileError, type DType, fromBytes, type Tensor, withLocation } from '@ghostc/ir';
import { duplicateKey } from './duplicate-key.ts';

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
 * Reads the safetensors format: 8 bytes header length (little-endian), a JSON header, then the data without holes. Tensors
 * come in the order of the header. Throws CompileError `safetensors/format` for anything else.
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
  if (length > BigInt(MAX_HEADER_BYTES))
    throw bad(`expected a header of at most ${MAX_HEADER_BYTES} bytes, the header has ${length}`);
  if (length > BigInt(bytes.length - 8))
    throw bad(`the header has ${length} bytes, the file ${bytes.length}`);
  return Number(length);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw bad('the header is no JSON object: expected it to begin with {');
  const text = decodeHeader(bytes);
  const header = parseJson(text);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw bad(`the header has ${quoted(twice)} twice`);
  return header;
}

function decodeHeader(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('the header is no UTF-8');
  }
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw bad('the header is no JSON');
  }
}

function readEntries(header: Record<string, unknown>): Entry[] {
  if (Object.hasOwn(header, '__metadata__')) checkMetadata(header.__metadata__);
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => readEntry(name, value));
}

function checkMetadata(metadata: unknown): void {
  const texts = isRecord(metadata) && Object.values(metadata).every((value) => typeof value === 'string');
  if (!texts) throw bad('__metadata__ expects an object of strings');
}

function readEntry(name: string, value: unknown): Entry {
  if (!isRecord(value)) throw bad(`${quoted(name)} expects an object with dtype, shape and data_offsets`);
  const dtype = readDType(name, ownField(value, 'dtype'));
  const shape = ownField(value, 'shape');
  const offsets = ownField(value, 'data_offsets');
  if (!isSizes(shape)) throw bad(`${quoted(name)} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw bad(`${quoted(name)} has no valid data_offsets`);
  const [begin = 0, end = 0] = offsets;
  const expected = sizeInBytes(name, dtype, shape);
  if (end - begin !== expected)
    throw bad(
      `${quoted(name)} ${dtype}[${shape.join(',')}] has ${expected} bytes, found ${end - begin} from ${begin} to ${end}`,
    );
  return { name, dtype, shape, begin, end };
}

function readDType(name: string, dtype: unknown): DType {
  if (typeof dtype !== 'string')
    throw bad(`${quoted(name)} expects its dtype as a string, found ${typeof dtype}`);
  const known = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (known) return known;
  throw bad(
    `${quoted(name)} has the element type ${quoted(dtype)}, expected one of ${Object.keys(dtypes).join(', ')}`,
  );
}

function sizeInBytes(name: string, dtype: DType, shape: readonly number[]): number {
  let size = byteSize(dtype);
  for (const dim of shape) {
    size *= dim;
    if (!Number.isSafeInteger(size))
      throw bad(`${quoted(name)} has more elements than can be counted: [${shape.slice(0, 16).join(',')}]`);
  }
  return size;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of the file's object, never one that every object inherits. */
function ownField(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((item) => Number.isSafeInteger(item) && item >= 0 && !Object.is(item, -0))
  );
}

/** Tensors must cover the data one after the other. */
function checkLayout(entries: readonly Entry[], size: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw bad(`${quoted(name)} begins at ${begin}, expected ${at}: the data has holes or overlaps`);
    at = end;
  }
  if (at !== size) throw bad(`the tensors take ${at} bytes, the file has ${size}`);
}

const MAX_QUOTED = 80;

/** Text from the file, of bounded length. */
function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text);
}

function bad(detail: string): CompileError {
  return new CompileError('safetensors/format', detail);
}
