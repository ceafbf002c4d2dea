import { expect, test } from 'vitest';
import { attempt, CompileError, withLocation } from './compile-error.ts';

test('a message has the code, the place and the notes', () => {
  const error = new CompileError('conv2d/infer', 'weight expects 16 channels, x has 24', { op: 'conv2d' })
    .at({ node: 'Conv_12' }, ['%x: f32[1,24,8,8]'])
    .at({ pass: 'fold' })
    .at({ file: 'net.onnx' }, ['%w: f32[32,16,1,1]']);
  expect(error.message).toBe(`error[conv2d/infer]: weight expects 16 channels, x has 24
  at net.onnx > pass fold > Conv_12 (conv2d)
  note: %x: f32[1,24,8,8]
  note: %w: f32[32,16,1,1]`);
});

test('the inner place wins; a part that is undefined does not hide the outer one', () => {
  const error = new CompileError('a/b', 'c', { node: undefined, op: 'relu' });
  expect(error.at({ node: 'n', op: 'conv2d' }).location).toEqual({ node: 'n', op: 'relu' });
});

test.each([
  [{ file: 'a.gir', line: 3, column: 5 }, 'at a.gir:3:5'],
  [{ file: 'a.gir', line: 3 }, 'at a.gir:3'],
  [{ line: 3, column: 5 }, 'at line 3:5'],
  [{ file: 'a.gir' }, 'at a.gir'],
  [{ op: 'relu' }, 'at relu'],
])('%j is %s', (location, text) => {
  expect(new CompileError('a/b', 'c', location).message).toBe(`error[a/b]: c\n  ${text}`);
});

test('without a place there is one line', () => {
  expect(new CompileError('a/b', 'c').message).toBe('error[a/b]: c');
});

test('withLocation completes only CompileErrors', () => {
  const inner = () => {
    throw new CompileError('a/b', 'c');
  };
  expect(() => withLocation({ file: 'f' }, inner)).toThrow('at f');
  const other = new TypeError('x');
  expect(() =>
    withLocation({ file: 'f' }, () => {
      throw other;
    }),
  ).toThrow(other);
  expect(withLocation({}, () => 4)).toBe(4);
});

test('attempt takes a CompileError for null, and lets other errors pass', () => {
  const refused = (): number => {
    throw new CompileError('a/b', 'c');
  };
  expect(attempt(refused)).toBeNull();
  expect(attempt(() => 4)).toBe(4);
  const other = (): number => {
    throw new TypeError('x');
  };
  expect(() => attempt(other)).toThrow(TypeError);
});
