import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, loadCalibration, parseCalibrationSpec } from '@ghostc/cli/calibration';
import { parseGraph } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { readNpy } from '@ghostc/quant';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { expected, type FuzzTarget } from './fuzz-target.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutatePng } from './mutate-png.ts';
import { mutateText } from './mutate-text.ts';
import type { Random } from './random.ts';

const SIDE = 8;

/** Pixels of every colour and transparency. */
const pixels = Buffer.from(Uint8Array.from({ length: 4 * SIDE * SIDE }, (_, i) => (i * 37) % 256));

function pngs(): Uint8Array[] {
  return ([0, 2, 4, 6] as const).map((colorType) => {
    const png = new PNG({ width: SIDE, height: SIDE, colorType, inputHasAlpha: true });
    png.data = pixels;
    return Uint8Array.from(PNG.sync.write(png, { colorType, inputColorType: 6 }));
  });
}

function jpegs(): Uint8Array[] {
  return [1, 50, 100].map((quality) =>
    Uint8Array.from(jpeg.encode({ width: SIDE, height: SIDE, data: pixels }, quality).data),
  );
}

/** Arrays of several element types and shapes, with headers as NumPy writes them. */
function npys(): Uint8Array[] {
  const cases = [
    ['|u1', '(1, 3, 8, 8)', 192],
    ['<f4', '(2, 3, 8, 8)', 1536],
    ['<f2', '(3, 8, 8,)', 384],
    ['<i8', '()', 8],
  ] as const;
  return cases.map(([descr, shape, bytes]) => {
    const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
    const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text}\n`, 'latin1');
    return Uint8Array.from(Buffer.concat([head, Buffer.alloc(bytes, 7)]));
  });
}

/** The text of the header changes, the length before it stays right. */
function mutateNpy(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < 12 || bytes[6] !== 1) return mutateBytes(bytes, random, bytes);
  const end = Math.min(bytes.length, 10 + (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0));
  const header = mutateText(bytes.subarray(10, end), random).slice(0, 65_535);
  const length = [header.length & 255, header.length >> 8];
  return Uint8Array.from([...bytes.subarray(0, 8), ...length, ...header, ...bytes.subarray(end)]);
}

const extensions = ['npy', 'pb', 'raw', 'png', 'jpg'] as const;

const model = parseGraph('graph @net(%x: f32[1,3,8,8])\n%y = relu %x\nreturn %y', { registry });
const specs = [
  {},
  { shape: '1x3x8x8' },
  { shape: '1x8x8x3', layout: 'nhwc', dtype: 'u8' },
  { resize: '8', crop: '8', order: 'bgr' },
] as const;

/** The first byte chooses the file's name, the second its flags; the rest is the file. */
function runCalibration(bytes: Uint8Array, folder: string): void {
  const extension = extensions[(bytes[0] ?? 0) % extensions.length] ?? 'npy';
  const file = join(folder, `x.${extension}`);
  writeFileSync(file, bytes.subarray(2));
  try {
    const spec = parseCalibrationSpec(specs[(bytes[1] ?? 0) % specs.length] ?? {});
    for (const { inputs } of loadCalibration(file, model, spec).samples) inputs.size;
  } finally {
    rmSync(file);
  }
}

function calibrationSeeds(): Uint8Array[] {
  const tensor = { dtype: 'f32', shape: [1, 3, 8, 8], data: new Float32Array(192) } as const;
  const files = [npys(), [writeTensorProto(tensor)], [new Uint8Array(192)], pngs(), jpegs()];
  return files.flatMap((list, kind) =>
    list.flatMap((bytes) => specs.map((_, flags) => Uint8Array.from([kind, flags, ...bytes]))),
  );
}

function mutateCalibration(bytes: Uint8Array, random: Random): Uint8Array {
  const kind = (bytes[0] ?? 0) % extensions.length;
  const mutate = kind === 0 ? mutateNpy : kind === 3 ? mutatePng : undefined;
  const file = bytes.subarray(2);
  const changed = mutate?.(file, random) ?? mutateBytes(file, random, file);
  return Uint8Array.from([...bytes.subarray(0, 2), ...changed]);
}

/** Made when the first file is written: the worker's own folder. */
let folder: string | undefined;
function workFolder(): string {
  if (folder) return folder;
  const made = mkdtempSync(join(tmpdir(), 'ghostc-fuzz-files-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}

/** Readers of what calibration is fed with. */
export const calibrationTargets: Readonly<Record<string, FuzzTarget>> = {
  npy: { seeds: npys, run: (bytes) => expected(() => readNpy(bytes)), mutate: mutateNpy },
  png: { seeds: pngs, run: (bytes) => expected(() => decodeImage(bytes, 3)), mutate: mutatePng },
  jpeg: { seeds: jpegs, run: (bytes) => expected(() => decodeImage(bytes, 1)) },
  calibration: {
    seeds: calibrationSeeds,
    run: (bytes) => expected(() => runCalibration(bytes, workFolder())),
    mutate: mutateCalibration,
  },
};
