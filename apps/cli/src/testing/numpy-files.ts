import { crc32, deflateRawSync } from 'node:zlib';
import { type Tensor, toBytes } from '@ghostc/ir';

const descriptors: Readonly<Record<string, string>> = {
  f32: '<f4',
  i8: '|i1',
  u8: '|u1',
  i64: '<i8',
  f64: '<f8',
};

/** What numpy.save writes. */
export function npy({ dtype, shape, data }: Tensor): Uint8Array {
  const sizes = shape.map((size) => `${size},`).join(' ');
  const text = `{'descr': '${descriptors[dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = `${text.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), toBytes(data)]);
}

/** What numpy.savez and savez_compressed write. */
export function npz(arrays: Readonly<Record<string, Tensor>>, method: 0 | 8): Buffer {
  const [members, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [key, array] of Object.entries(arrays)) {
    const [name, raw] = [Buffer.from(`${key}.npy`), npy(array)];
    const data = method ? deflateRawSync(raw) : Buffer.from(raw);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(crc32(raw), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(raw.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    members.push(Buffer.from('PK\x03\x04'), fields, name, data);
    directory.push(Buffer.from('PK\x01\x02\x14\0'), fields, place, name);
    at += 30 + name.length + data.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(arrays).length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...members, list, Buffer.from('PK\x05\x06'), end]);
}
