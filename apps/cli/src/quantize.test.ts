import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { f32, toBytes } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { litertTools, skipWithout } from '@ghostc/runtimes';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const fmnist = join(models, 'ghost_fmnist');
const seed = join(models, 'modules/ghost_module_seed_dyn/model.onnx');
const folder = testFolder();

const ghostc = ghostcIn(folder);

const bind = ['--bind', 'batch=1', '--bind', 'height=8', '--bind', 'width=8'];

/** Files of noise as pictures of 12 x 10. */
function pictures(): string {
  const path = join(folder, 'pictures');
  mkdirSync(path, { recursive: true });
  const data = Buffer.from(Array.from({ length: 12 * 10 * 4 }, (_, i) => (i * 7919) % 256));
  const png = new PNG({ width: 12, height: 10 });
  data.copy(png.data);
  writeFileSync(join(path, 'a.png'), PNG.sync.write(png));
  writeFileSync(join(path, 'b.jpg'), jpeg.encode({ width: 12, height: 10, data }, 90).data);
  return path;
}

/** Pictures, one of them cut off. */
function damagedFolder(): string {
  const path = join(folder, 'damaged');
  mkdirSync(path, { recursive: true });
  for (const name of ['a.png', 'b.jpg']) copyFileSync(join(pictures(), name), join(path, name));
  const whole = readFileSync(join(path, 'a.png'));
  writeFileSync(join(path, 'c.png'), whole.subarray(0, whole.length / 2));
  return path;
}

function mixedFolder(): string {
  const path = join(folder, 'mixed');
  mkdirSync(path, { recursive: true });
  copyFileSync(join(pictures(), 'a.png'), join(path, 'a.png'));
  writeFileSync(join(path, 'b.npy'), new Uint8Array(4));
  return path;
}

/** A .npy file of version 1, as numpy.save writes it. */
function npy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }\n`;
  const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0);
  return Buffer.concat([start, Buffer.from(header), toBytes(data)]);
}

describe('quantize', () => {
  test('the trained network from its raw calibration file: JSON, a small model, no warnings', () => {
    const { status, stdout, stderr } = ghostc(
      'quantize',
      join(fmnist, 'ghost_fmnist.onnx'),
      '--calibration',
      join(fmnist, 'calib_images_u8_200x28x28.bin'),
      '--shape',
      '200x28x28',
      '--mean',
      '0.2860',
      '--std',
      '0.3530',
      '--limit',
      '8',
      '--out',
      'int8.onnx',
      '--json',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { files, weightBytes, warnings } = JSON.parse(stdout);
    expect([files, warnings]).toEqual([['int8.onnx'], []]);
    expect(weightBytes).toBeLessThan(120_000);
    expect(readFileSync(join(folder, 'int8.onnx')).includes('QuantizeLinear')).toBe(true);
  });

  test('a report of layers, and layers kept in float', () => {
    const { status, stdout } = ghostc(
      'quantize',
      join(models, 'modules/ghost_bottleneck_s1/model.onnx'),
      '--seeded',
      '2',
      '--per-layer-report',
      '--report-samples',
      '1',
      '--keep-float',
      '2',
      '--out',
      'kept.gir',
    );
    expect(status).toBe(0);
    expect(stdout).toContain('layer in int8 by itself');
    expect(stdout.match(/kept out of int8/g)).toHaveLength(2);
    expect(stdout).toMatch(/SQNR of the outputs: \d+\.\d dB/);
    expect(readFileSync(join(folder, 'kept.gir'), 'utf8')).toMatch(/ = (depthwise_)?conv2d /);
  });

  test('--auto tells what each step brought; --effort leaves steps out', () => {
    const auto = (out: string, ...flags: string[]) =>
      ghostc('quantize', seed, ...bind, '--seeded', '6', '--auto', ...flags, '--out', out);
    const { status, stdout } = auto('auto.onnx');
    expect(status).toBe(0);
    expect(stdout).toContain('SQNR on unseen samples');
    expect(stdout).toMatch(/ranges of all values +│ \d+\.\d dB +│ kept/);
    expect(stdout).toMatch(/fitted weights +│ \d+\.\d dB/);
    const { steps, leftOut } = JSON.parse(auto('least.onnx', '--effort', '0s', '--json').stdout);
    expect([steps.length, leftOut.at(-1)]).toEqual([1, 'fitted weights']);
  });

  test.each([
    [['--auto', '--effort', 'long'], '--effort expects seconds, as 90, 90s or 5m, found "long"'],
    [['--effort', '9'], '--effort expects --auto'],
    [['--int16-macs', '101'], '--int16-macs expects 0 to 100, found "101"'],
    [['--for', 'litert'], '--for litert expects --out FILE.tflite, found bad.onnx'],
  ])('%s: %s', (flags, message) => {
    const { status, stderr } = ghostc(
      'quantize',
      seed,
      ...bind,
      '--seeded',
      '1',
      ...flags,
      '--out',
      'bad.onnx',
    );
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(() => readFileSync(join(folder, 'bad.onnx'))).toThrow();
  });

  test('--for litert writes a TFLite model, --for tensorrt ONNX without zero points', () => {
    const made = (engine: string, out: string) =>
      ghostc('quantize', 'ghostnet:0.1@32/10', '--seeded', '1', '--for', engine, '--out', out).status;
    expect([made('litert', 'lite.tflite'), made('tensorrt', 'rt.onnx')]).toEqual([0, 0]);
    for (const model of ['lite.tflite', 'rt.onnx']) {
      const { stdout } = ghostc('inspect', model, '--json');
      expect(stdout).toContain('qlinear_depthwise_conv2d');
    }
  });

  test('a model of --for litert has the same bits in LiteRT and in the interpreter', (context) => {
    skipWithout(litertTools, 'tflite', context);
    const flags = ['--seeded', '2', '--for', 'litert', '--out', 'bits.tflite'];
    expect(ghostc('quantize', 'ghostnet:0.1@32/10', ...flags).status).toBe(0);
    const { stdout, stderr } = ghostc('verify', 'bits.tflite', '--targets', 'tflite', '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ targets: [{ target: 'tflite', status: 'pass', maxAbs: 0 }] });
  });

  test('a quantised model compiles to C', () => {
    expect(ghostc('quantize', 'ghostnet:0.1@32/10', '--seeded', '1', '--out', 'small.onnx').status).toBe(0);
    const { status, stderr } = ghostc('compile', 'small.onnx', '--target', 'c', '--out', 'c');
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'c/small.c'), 'utf8')).toContain('int8_t');
  });

  test('pictures are resized and cut', () => {
    const { status, stderr } = ghostc(
      'quantize',
      seed,
      ...bind,
      '--calibration',
      pictures(),
      '--resize',
      '9',
      '--mean',
      '0.485,0.456,0.406',
      '--std',
      '0.229,0.224,0.225',
      '--out',
      'pictures.onnx',
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  const raw = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return name;
  };

  test('the same samples as .npy, raw, TensorProto, channels last, one by one: the same model', () => {
    const shape = [2, 3, 8, 8];
    const data = Float32Array.from({ length: 384 }, (_, i) => ((i * 7919) % 1000) / 500 - 1);
    const last = Float32Array.from({ length: 384 }, (_, i) => {
      const [item, at, c] = [Math.floor(i / 192), Math.floor(i / 3) % 64, i % 3];
      return data[item * 192 + c * 64 + at] as number;
    });
    mkdirSync(join(folder, 'parts'), { recursive: true });
    const half = (i: number): Float32Array => data.subarray(i * 192, i * 192 + 192);
    const forms = [
      ['--calibration', raw('all.npy', npy(data, shape))],
      ['--calibration', raw('all.raw', toBytes(data)), '--dtype', 'f32', '--shape', '2x3x8x8'],
      ['--calibration', raw('all.pb', writeTensorProto(f32(shape, data)))],
      ['--calibration', raw('last.npy', npy(last, [2, 8, 8, 3])), '--layout', 'nhwc'],
      ['--calibration', 'parts'],
    ];
    raw('parts/0.npy', npy(half(0), [1, 3, 8, 8]));
    raw('parts/1.pb', writeTensorProto(f32([1, 3, 8, 8], half(1))));
    const models = forms.map((flags) => {
      expect(ghostc('quantize', seed, ...bind, ...flags, '--out', 'form.onnx').stderr).toBe('');
      return readFileSync(join(folder, 'form.onnx'), 'latin1');
    });
    expect(new Set(models).size).toBe(1);
  });

  test('a layer that calibration leaves constant is warned about by name', () => {
    const gir = `graph @g(%x: f32[1,2])
      const %dead: f32[1,2] = [-9, -9]
      %a = add %x, %dead from "shift"
      %r = relu %a from "dead relu"
      %y = add %x, %r from "sum"
      return %y`;
    const flags = ['--dtype', 'f32', '--shape', '4x2', '--out', 'dead.gir'];
    const data = toBytes(Float32Array.of(0, 1, -1, 0.5, 0.25, 0.75, 1, -1));
    raw('dead-source.gir', new TextEncoder().encode(gir));
    const { status, stderr } = ghostc(
      'quantize',
      'dead-source.gir',
      '--calibration',
      raw('x.raw', data),
      ...flags,
    );
    expect(stderr).toMatch(
      /warning: (dead relu|shift|sum) \(\w+\) is 0 on all calibration data: its scale says nothing/,
    );
    expect(status).toBe(0);
  });

  test.each([
    ['no data', [], 'expected --calibration PATH, or --seeded N'],
    ['a missing path', ['--calibration', 'nowhere'], 'there is no such file or folder'],
    [
      'a raw file without a shape',
      ['--calibration', raw('a.bin', new Uint8Array(4))],
      'a raw file expects --shape',
    ],
    [
      'a raw file of another size',
      ['--calibration', 'a.bin', '--shape', '1x3x8x8'],
      'u8[1,3,8,8] has 192 bytes, the file has 4',
    ],
    [
      'another shape',
      ['--calibration', raw('b.bin', new Uint8Array(8)), '--shape', '2x4'],
      'expects items of [3,8,8], found data of [2,4]',
    ],
    [
      'constant data',
      ['--calibration', raw('c.bin', new Uint8Array(192)), '--shape', '1x3x8x8'],
      'is 0 throughout the calibration data',
    ],
    [
      'NaN',
      ['--calibration', raw('d.bin', new Uint8Array(768).fill(255)), '--shape', '1x3x8x8', '--dtype', 'f32'],
      'expects finite numbers',
    ],
    ['no picture', ['--calibration', raw('e.png', new Uint8Array(50))], 'expected a PNG or JPEG picture'],
    [
      'a cut-off picture',
      ['--calibration', raw('f.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47))],
      'the PNG is cut off',
    ],
    [
      'one damaged picture in a folder',
      ['--calibration', damagedFolder(), '--resize', '9'],
      'error[data/image]: the picture is cut off or damaged',
    ],
    ['pictures beside tensors', ['--calibration', mixedFolder()], 'expected pictures or tensors, found both'],
    [
      'no items',
      ['--calibration', raw('none.npy', npy(new Float32Array(0), [0, 3, 8, 8]))],
      'no items for input',
    ],
    ['a wrong .npy', ['--calibration', raw('g.npy', new Uint8Array(50))], 'expected a NumPy .npy file'],
    ['a folder of nothing', ['--calibration', '.', '--limit', '0'], '--limit expects sizes'],
  ])('%s: exit code 2, the reason, and no output', (_what, flags, message) => {
    const { status, stderr } = ghostc('quantize', seed, ...bind, ...flags, '--out', 'bad.onnx');
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(() => readFileSync(join(folder, 'bad.onnx'))).toThrow();
  });
});
