import { expect, test } from 'vitest';
import { crc32 } from './crc32.ts';

test('the check value of the polynomial, at once and in parts', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test('eight bytes at a time are the bytes one by one, at every length and offset', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 167 + 13) & 255);
  for (let from = 0; from < 9; from++)
    for (let to = from; to <= bytes.length; to++) {
      const part = bytes.subarray(from, to);
      const each = part.reduce((crc, byte) => crc32(Uint8Array.of(byte), crc), 0);
      expect(crc32(part)).toBe(each);
    }
});
