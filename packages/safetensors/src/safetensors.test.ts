import { CompileError, dtypes, numElements, randomTensor, type Tensor } from '@ghostc/ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSafetensors } from './read-safetensors.ts';
import { writeSafetensors } from './write-safetensors.ts';

const tensor = fc
  .record({
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.integer(),
  })
  .map(({ dtype, shape, seed }): Tensor => randomTensor({ dtype, shape }, seed));
const file = fc.dictionary(
  fc.string().filter((name) => name !== '__metadata__' && name !== '__proto__'),
  tensor,
  { maxKeys: 5 },
);

test('what was written is read', () => {
  fc.assert(
    fc.property(file, (tensors) => {
      const read = readSafetensors(writeSafetensors(new Map(Object.entries(tensors)), { made: 'here' }));
      expect(Object.fromEntries(read)).toEqual(Object.fromEntries(Object.entries(tensors)));
    }),
  );
});

test('changed bytes give a tensor map or a CompileError, never anything else', () => {
  fc.assert(
    fc.property(
      file,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.nat(),
      (tensors, changes, cut) => {
        const bytes = writeSafetensors(new Map(Object.entries(tensors)));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          for (const { shape, data } of readSafetensors(
            bytes.subarray(0, cut % 3 ? bytes.length : cut % bytes.length),
          ).values())
            expect(data.length).toBe(numElements(shape));
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      },
    ),
    { numRuns: 500 },
  );
});

const withHeader = (header: string, data = 0): Uint8Array => {
  const bytes = new Uint8Array(8 + header.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
};

test.each([
  ['a short file', new Uint8Array(3), 'at least 8 bytes'],
  ['a huge header', new Uint8Array(16).fill(255), 'the header has'],
  ['no JSON', withHeader('{'), 'the header is no JSON'],
  [
    'an unknown type',
    withHeader('{"a":{"dtype":"F8","shape":[],"data_offsets":[0,1]}}', 1),
    'element type "F8"',
  ],
  [
    'a shape that overflows',
    withHeader('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}', 4),
    'has 73786976294838210000 bytes, found 4',
  ],
  [
    'an overlap',
    withHeader(
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
      3,
    ),
    'holes or overlaps',
  ],
  [
    'data behind the end',
    withHeader('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 1),
    'the tensors take 2 bytes',
  ],
])('%s is refused', (_, bytes, message) => {
  expect(() => readSafetensors(bytes)).toThrow(message);
});
