import { CompileError, dtypes, numElements, randomTensor, type Tensor } from '@ghostc/ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSafetensors } from './read-safetensors.ts';
import { writeSafetensors } from './write-safetensors.ts';

const tensor = fc
  .record({
    dtype: fc.constantFrom(...dtypes.filter((dtype) => !/^(bf16|f8.*|f4.*|[iu][24])$/.test(dtype))),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.integer(),
  })
  .map(({ dtype, shape, seed }): Tensor => randomTensor({ dtype, shape }, seed));
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '12', '', '"', '\\', '\ud800'),
  fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__'),
);
const file = fc
  .uniqueArray(fc.tuple(name, tensor), { maxLength: 5, selector: ([key]) => key })
  .map((entries) => new Map(entries));

test('what was written is read', () => {
  fc.assert(
    fc.property(file, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
      const read = readSafetensors(writeSafetensors(tensors, metadata));
      expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort());
      for (const [key, value] of tensors) expect(read.get(key)).toEqual(value);
    }),
  );
});

test('the writer refuses what could not be read back', () => {
  const one = randomTensor({ dtype: 'f32', shape: [1] }, 1);
  expect(() => writeSafetensors(new Map([['__metadata__', one]]))).toThrow('reserves the name');
  expect(() => writeSafetensors(new Map([['a', { ...one, shape: [2] }]]))).toThrow('has 2 elements');
});

test('a tensor called __proto__ changes no prototype', () => {
  const read = readSafetensors(
    withHeader('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
  );
  expect([...read.keys()]).toEqual(['__proto__']);
  expect(Object.hasOwn(Object.prototype, 'dtype')).toBe(false);
});

test('changed bytes give a tensor map or a CompileError, never anything else', () => {
  fc.assert(
    fc.property(
      file,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.nat(),
      (tensors, changes, cut) => {
        const bytes = writeSafetensors(tensors);
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

/** Text close to a header: the parts of real ones, some of them hostile. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(0, -0, 1, 4, -1, 0.5, 2 ** 53, 1e308, null, true, 'F32', 'U8', 'BF16', '__proto__'),
    fc.constantFrom([0, 4], [4, 8], [4, 0], [0, 0], [2, 2], []),
    fc.dictionary(
      fc.constantFrom('a', 'b', 'dtype', 'shape', 'data_offsets', '__metadata__', '__proto__'),
      tie('value'),
    ),
    fc.record({
      dtype: fc.constantFrom('F32', 'U8', 'I64'),
      shape: fc.constantFrom([1], [4], [0], [1, 1], [2 ** 32, 2 ** 32]),
      data_offsets: fc.constantFrom([0, 4], [4, 8], [0, 8], [0, 0]),
    }),
  ),
})).value;

test('headers of any content give a tensor map or a CompileError', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', '__metadata__', '__proto__'), json), (header) => {
      try {
        for (const { shape, data } of readSafetensors(withHeader(JSON.stringify(header), 8)).values())
          expect(data.length).toBe(numElements(shape));
      } catch (error) {
        expect(error).toBeInstanceOf(CompileError);
      }
    }),
    { numRuns: 1000 },
  );
});

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const withHeader = (header: string, data = 0): Uint8Array => {
  const bytes = new Uint8Array(8 + header.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
};

test.each([
  ['a short file', new Uint8Array(3), 'at least 8 bytes'],
  ['a huge header', new Uint8Array(16).fill(255), 'at most 100000000 bytes'],
  ['a header past the end', withHeader('{}').subarray(0, 9), 'the header has 2 bytes, the file 9'],
  ['no JSON', withHeader('{'), 'the header is no JSON'],
  ['no object', withHeader('[]'), 'expected it to begin with {'],
  ['no UTF-8', withHeader('{"x":1}').fill(0xff, 10, 11), 'the header is no UTF-8'],
  [
    'the same name twice',
    withHeader(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
    'the header has "a" twice',
  ],
  [
    'the same field twice',
    withHeader('{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    'the header has "dtype" twice',
  ],
  ['metadata that is no text', withHeader('{"__metadata__":{"a":1}}'), 'an object of strings'],
  ['a tensor that is no object', withHeader('{"a":null}'), 'expects an object with dtype'],
  [
    'fields from the prototype',
    withHeader('{"a":{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}}'),
    'expects its dtype as a string',
  ],
  ['a deep value', withHeader(`{"a":{"dtype":${deep(50_000)}}}`), 'expects its dtype as a string'],
  [
    'a type of great length',
    withHeader(`{"a":{"dtype":"${'x'.repeat(1e5)}"}}`),
    /element type "x{80}\.\.\."/,
  ],
  [
    'a negative zero',
    withHeader('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'),
    'has no valid shape',
  ],
  [
    'a hole',
    withHeader('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2),
    'begins at 1, expected 0: the data has holes or overlaps',
  ],
  [
    'offsets backwards',
    withHeader('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1),
    'has 1 bytes, found -1',
  ],
  [
    'an unknown type',
    withHeader('{"a":{"dtype":"F8","shape":[],"data_offsets":[0,1]}}', 1),
    'element type "F8"',
  ],
  [
    'a shape that overflows',
    withHeader('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}', 4),
    'more elements than can be counted',
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
    'data past the end',
    withHeader('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 1),
    'the tensors take 2 bytes',
  ],
])('%s is refused', (_, bytes, message) => {
  expect(() => readSafetensors(bytes)).toThrow(message);
});
