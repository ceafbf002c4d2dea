import { allocate, type DType } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { runOrt } from './ort-session.ts';

/** TensorProto.DataType */
const onnxTypes: Partial<Record<DType, number>> = {
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
};

/** A protobuf field: numbers as varints below 128, text and messages with their length below 128. */
function field(id: number, content: number | string | number[]): number[] {
  if (typeof content === 'number') return [id << 3, content];
  const bytes = typeof content === 'string' ? [...new TextEncoder().encode(content)] : content;
  return [(id << 3) | 2, bytes.length, ...bytes];
}

function valueInfo(name: string, dtype: DType): number[] {
  const shape = [2, 3].flatMap((size) => field(1, field(1, size)));
  const type = field(1, [...field(1, onnxTypes[dtype] ?? 0), ...field(2, shape)]);
  return [...field(1, name), ...field(2, type)];
}

/** ModelProto: y = Identity(x) and z = Identity(x), as `op` says. */
function identityModel(dtype: DType, op = 'Identity'): Uint8Array {
  const node = (output: string) => field(1, [...field(1, 'x'), ...field(2, output), ...field(4, op)]);
  const graph = [
    ...[...node('y'), ...node('z'), ...field(2, 'g')],
    ...field(11, valueInfo('x', dtype)),
    ...field(12, valueInfo('y', dtype)),
    ...field(12, valueInfo('z', dtype)),
  ];
  const length = [(graph.length & 127) | 128, graph.length >> 7];
  return Uint8Array.from([...field(1, 8), (7 << 3) | 2, ...length, ...graph, ...field(8, field(2, 17))]);
}

function sample(dtype: DType) {
  const data = allocate(dtype, 6);
  new Uint8Array(data.buffer).set(
    Uint8Array.from(data.buffer.byteLength === 6 ? [1, 0, 1, 1, 0, 0] : [0, 60, 0, 0, 1]),
  );
  return { dtype, shape: [2, 3], data };
}

test.each(Object.keys(onnxTypes) as DType[])(
  '%s goes in and out unchanged, to every output',
  async (dtype) => {
    const x = sample(dtype);
    const [outputs] = await runOrt(identityModel(dtype), [new Map([['x', x]])]);
    expect([...(outputs ?? [])]).toEqual([
      ['y', x],
      ['z', x],
    ]);
  },
);

test('errors carry what ONNX Runtime says', async () => {
  const inputs = [new Map([['x', sample('f32')]])];
  await expect(runOrt(identityModel('f32', 'Nonsense'), inputs)).rejects.toThrow(
    /error\[run\/onnx\].*Nonsense/s,
  );
  await expect(runOrt(identityModel('f32'), [new Map()])).rejects.toThrow(/error\[run\/onnx\].*'?x'?/s);
});
