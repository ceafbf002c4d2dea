import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runEach } from '@ghostc/conformance';
import { allocate, type DType, fromNumbers } from '@ghostc/ir';
import { dataTypeOf, encodeModel, fromTensor } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { originalRuntime } from '../runtime-table.ts';
import { runOrt } from './ort-session.ts';

const dtypes = ['f32', 'u8', 'i8', 'u16', 'i16', 'i32', 'i64', 'bool', 'f16', 'f64', 'u32', 'u64'] as const;

/** y = Identity(x) and z = Identity(x), as `op` says. */
function identityModel(dtype: DType, op = 'Identity'): Uint8Array {
  const shape = { dim: [{ dim_value: 2 }, { dim_value: 3 }] };
  const info = (name: string) => ({ name, type: { tensor_type: { elem_type: dataTypeOf(dtype), shape } } });
  const node = (output: string) => ({ input: ['x'], output: [output], op_type: op });
  return encodeModel({
    ir_version: 8,
    opset_import: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      node: [node('y'), node('z')],
      input: [info('x')],
      output: [info('y'), info('z')],
    },
  });
}

function sample(dtype: DType) {
  const data = allocate(dtype, 6);
  new Uint8Array(data.buffer).set(
    Uint8Array.from(data.buffer.byteLength === 6 ? [1, 0, 1, 1, 0, 0] : [0, 60, 0, 0, 1]),
  );
  return { dtype, shape: [2, 3], data };
}

test.each(dtypes)('%s goes in and out unchanged, to every output', async (dtype) => {
  const x = sample(dtype);
  const [outputs] = await runOrt(identityModel(dtype), [new Map([['x', x]])]);
  expect([...(outputs ?? [])]).toEqual([
    ['y', x],
    ['z', x],
  ]);
});

test('errors carry what ONNX Runtime says', async () => {
  const inputs = [new Map([['x', sample('f32')]])];
  await expect(runOrt(identityModel('f32', 'Nonsense'), inputs)).rejects.toThrow(
    /error\[run\/onnx\].*Nonsense/s,
  );
  await expect(runOrt(identityModel('f32'), [new Map()])).rejects.toThrow(/error\[run\/onnx\].*'?x'?/s);
});

test('errors of a model on disk, as it loads and as it runs, name its file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-ort-'));
  try {
    const [broken, sound] = [join(folder, 'broken.onnx'), join(folder, 'sound.onnx')];
    writeFileSync(broken, identityModel('f32', 'Nonsense'));
    writeFileSync(sound, identityModel('f32'));
    await expect(runOrt(broken, [])).rejects.toThrow(`at ${broken}`);
    await expect(runOrt(sound, [new Map()])).rejects.toThrow(`at ${sound}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('sums of u8 x i8 in an original model do not saturate', async () => {
  const info = (name: string, type: DType, dims: number[]) => ({
    name,
    type: {
      tensor_type: { elem_type: dataTypeOf(type), shape: { dim: dims.map((dim_value) => ({ dim_value })) } },
    },
  });
  const weight = fromNumbers('i8', [64, 16], Array<number>(64 * 16).fill(127));
  const model = encodeModel({
    ir_version: 8,
    opset_import: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      node: [{ input: ['x', 'w'], output: ['y'], op_type: 'MatMulInteger' }],
      initializer: [fromTensor(weight, 'w')],
      input: [info('x', 'u8', [4, 64])],
      output: [info('y', 'i32', [4, 16])],
    },
  });
  const x = fromNumbers('u8', [4, 64], Array<number>(4 * 64).fill(255));
  const [outputs] = await runEach(originalRuntime(model).prepare(undefined as never), [new Map([['x', x]])]);
  expect(new Set(outputs?.get('y')?.data as Int32Array)).toEqual(new Set([64 * 255 * 127]));
});
