import { inflateRawSync } from 'node:zlib';
import { CompileError } from '@ghostc/ir';

/** Signatures and sizes of the format's records (PKWARE APPNOTE 4.3). */
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** What one member may hold once it is unpacked. */
const MAX_MEMBER = 2 ** 31 - 1;
const STORED = 0;
const DEFLATED = 8;
/** Stands for a size that is in a record of ZIP64. */
const ELSEWHERE = 0xffffffff;

/** The members of a ZIP archive, unpacked, by name. Throws `zip/...`. */
export function readZip(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endRecord(view);
  const members = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL)
      throw broken('its directory is cut short');
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes));
    members.set(name, unpack(bytes, view, at));
    at += CENTRAL_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

/** It is the last record, before a comment of at most 65,535 bytes. */
function endRecord(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_BYTES - 0xffff);
  for (let at = view.byteLength - END_BYTES; at >= first; at--)
    if (view.getUint32(at, true) === END) return at;
  throw broken('it has no directory');
}

function unpack(bytes: Uint8Array, view: DataView, at: number): Uint8Array {
  const method = view.getUint16(at + 10, true);
  const [packed, size, local] = [20, 24, 42].map((field) => view.getUint32(at + field, true)) as [
    number,
    number,
    number,
  ];
  if ([packed, size, local].includes(ELSEWHERE) || size > MAX_MEMBER)
    throw broken('a member has 2 GiB or more');
  if (local + LOCAL_BYTES > bytes.length || view.getUint32(local, true) !== LOCAL)
    throw broken('a member is missing');
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const content = bytes.subarray(start, start + packed);
  if (content.length !== packed) throw broken('a member is cut short');
  if (method === STORED) return content;
  if (method !== DEFLATED) throw broken(`a member is packed by method ${method}, expected 0 or 8`);
  return inflated(content, size);
}

function inflated(content: Uint8Array, size: number): Uint8Array {
  try {
    const data = inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
    if (data.length === size) return data;
  } catch {
    // told below
  }
  throw broken(`a member does not unpack to its ${size} bytes`);
}

function broken(problem: string): CompileError {
  return new CompileError('zip/format', `expected a ZIP archive, as numpy.savez writes it: ${problem}`);
}
