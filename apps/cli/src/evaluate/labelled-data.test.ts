import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CompileError, f32, i64, parseGraph, type Tensor, tensor, type Value } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { parseCalibrationSpec } from '../calibration/calibration-spec.ts';
import { npy, npz } from '../testing/numpy-files.ts';
import { testFolder } from '../testing/test-folder.ts';
import { type DataSource, openLabelled } from './labelled-data.ts';

const folder = testFolder();

function write(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A picture of one colour, 2 x 2. */
function picture(red: number, green: number, blue: number): PNG {
  const png = new PNG({ width: 2, height: 2 });
  for (let i = 0; i < 4; i++) png.data.set([red, green, blue, 255], 4 * i);
  return png;
}

const open = (path: string, more: Partial<DataSource> = {}) =>
  openLabelled({ path, spec: parseCalibrationSpec({}), offset: 0, ...more });

const inputOf = (type: string): Value =>
  parseGraph(`graph @g(%x: ${type})\n  %y = relu %x\n  return %y`, { registry }).inputs[0] as Value;

const images = inputOf('f32[1,3,2,2]');

write('set/blue/b.png', PNG.sync.write(picture(0, 0, 255)));
write('set/blue/.hidden.png', '');
write('set/10/in/side/a.PNG', PNG.sync.write(picture(51, 102, 153)));
write('set/9/c.jpg', jpeg.encode(picture(255, 255, 255), 100).data);
write('set/.git/no.png', '');
write('set/README', '');
const set = join(folder, 'set');

test('a folder of folders: classes in order of their text, files of the folders inside, nothing hidden', () => {
  const { labels, classes, itemsFor } = open(set);
  expect([labels, classes]).toEqual([
    [0, 1, 2],
    ['10', '9', 'blue'],
  ]);
  const item = itemsFor(images);
  expect([...item(0).data]).toEqual([
    ...f32(
      [12],
      [51, 51, 51, 51, 102, 102, 102, 102, 153, 153, 153, 153].map((v) => v / 255),
    ).data,
  ]);
  expect([...item(2).data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
});

test('inputs with channels last, of integers, quantised and of 16 bits', () => {
  const { itemsFor } = open(set, { spec: parseCalibrationSpec({ mean: '0.2,0.4,0.6' }) });
  const last = itemsFor(inputOf('f32[1,2,2,3]'))(2);
  expect(last.shape).toEqual([1, 2, 2, 3]);
  expect([...last.data].slice(0, 3)).toEqual([-0.2, -0.4, 1 - 0.6].map(Math.fround));
  expect([...itemsFor(inputOf('u8[1,3,2,2]'))(0).data].filter((_, i) => i % 4 === 0)).toEqual([51, 102, 153]);
  const steps = itemsFor(inputOf('i8[1,3,2,2] quant(0.1:3)'))(2);
  expect([...steps.data].filter((_, i) => i % 4 === 0)).toEqual([1, -1, 7]);
  expect(itemsFor(inputOf('f16[1,3,2,2]'))(0)).toMatchObject({ dtype: 'f16', shape: [1, 3, 2, 2] });
});

test('classes by name, and an offset', () => {
  const classes = write('names.txt', 'red\nblue\n9\n10\n');
  expect(open(set, { classes }).labels).toEqual([3, 2, 1]);
  expect(open(set, { offset: 1 })).toMatchObject({
    labels: [1, 2, 3],
    classes: ['before 0', '10', '9', 'blue'],
  });
});

const bytes = tensor(
  'u8',
  [3, 2, 2],
  Uint8Array.from({ length: 12 }, (_, i) => i),
);
const grey = inputOf('f32[n,1,2,2]');

test.for<[string, Readonly<Record<string, Tensor>>, string | undefined]>([
  ['keras', { x_test: bytes, y_test: i64([2, 0, 1]), x_train: bytes, y_train: i64([0, 0, 0]) }, undefined],
  ['short', { x: bytes, y: tensor('u8', [3, 1], Uint8Array.of(2, 0, 1)) }, undefined],
  ['unnamed', { arr_0: bytes, arr_1: i64([2, 0, 1]) }, undefined],
  ['hot', { images: bytes, labels: f32([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]) }, undefined],
  ['own', { pixels: bytes, kind: i64([2, 0, 1]) }, 'kind'],
])('an archive: %s', ([name, arrays, labels]) => {
  const data = open(write(`${name}.npz`, npz(arrays, 8)), { labels });
  expect(data.labels).toEqual([2, 0, 1]);
  expect(data.itemsFor(grey)(1)).toEqual(
    f32(
      [1, 1, 2, 2],
      [4, 5, 6, 7].map((v) => v / 255),
    ),
  );
});

test('an array with labels of every form', () => {
  const path = write('x.npy', npy(bytes));
  const files = [
    write('y.npy', npy(i64([2, 0, 1]))),
    write('y.txt', '2\n0\n1\n'),
    write('y.csv', '2, 0, 1'),
    write('y8.bin', Uint8Array.of(2, 0, 1)),
    write('y32.bin', new Uint8Array(Int32Array.of(2, 0, 1).buffer)),
    write('y64.bin', new Uint8Array(BigInt64Array.of(2n, 0n, 1n).buffer)),
  ];
  for (const labels of files) expect(open(path, { labels }).labels).toEqual([2, 0, 1]);
});

test('an array [N,H,W,C], for models of both orders', () => {
  const colours = tensor(
    'u8',
    [2, 2, 1, 3],
    Uint8Array.from({ length: 12 }, (_, i) => i),
  );
  const path = write('last.npz', npz({ x: colours, y: i64([0, 1]) }, 0));
  const [first, last] = [inputOf('f32[1,3,2,1]'), inputOf('f32[1,2,1,3]')];
  const spec = parseCalibrationSpec({ layout: 'nhwc', scale: '1', mean: '0,1,2' });
  expect([...open(path, { spec }).itemsFor(first)(1).data]).toEqual([6, 9, 6, 9, 6, 9]);
  for (const layout of ['nchw', 'nhwc'] as const)
    expect([...open(path, { spec: { ...spec, layout } }).itemsFor(last)(1).data]).toEqual([6, 6, 6, 9, 9, 9]);
});

const x = write('items.npy', npy(bytes));
const bad: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['nothing there', () => open(join(folder, 'none')), /file\/missing/],
  ['pictures without classes', () => open(join(set, 'blue')), /data\/labelled.*folder for each class/],
  [
    'a class without pictures',
    () => open(dirname(write('holes/a/x.txt', ''))).labels && open(join(folder, 'holes')),
    /data\//,
  ],
  ['a folder that is no class', () => open(set, { classes: write('few.txt', '9\n10\n') }), /no class "blue"/],
  ['names twice', () => open(set, { classes: write('twice.txt', 'a\na\n') }), /"a" twice/],
  ['labels of folders', () => open(set, { labels: x }), /the folders of the pictures are the labels/],
  ['no labels', () => open(x), /--labels FILE/],
  ['too few labels', () => open(x, { labels: write('two.txt', '0 1') }), /expected 3 labels, found 2/],
  [
    'odd bytes',
    () => open(x, { labels: write('odd.bin', new Uint8Array(5)) }),
    /1, 2, 4 or 8 bytes for each of 3/,
  ],
  ['fractions', () => open(x, { labels: write('half.txt', '0 0.5 1') }), /integers from 0 on, found 0.5/],
  [
    'below 0',
    () => open(x, { labels: write('low.txt', '1 1 0'), offset: -1 }),
    /from 0 on, found -1 with --label-offset/,
  ],
  [
    'two hot',
    () => open(x, { labels: write('hot.npy', npy(f32([3, 2], [1, 1, 0, 1, 1, 0]))) }),
    /row of item 0, found 2/,
  ],
  [
    'no array of labels',
    () => open(write('a.npz', npz({ x: bytes, z: bytes }, 0))),
    /array of labels called .*; found x, z/,
  ],
  [
    'a batch',
    () => open(x, { labels: write('y3.txt', '0 1 2') }).itemsFor(inputOf('f32[4,1,2,2]')),
    /data\/batch.*4 items/,
  ],
  [
    'another size',
    () => open(x, { labels: write('y3.txt', '0 1 2') }).itemsFor(inputOf('f32[1,1,3,3]')),
    /\[1,3,3\], found data of \[3,2,2\]/,
  ],
  [
    'one item',
    () =>
      open(write('one.npy', npy(f32([1, 2, 2], [0, 1, 2, 3]))), { labels: write('y1.txt', '0') }).itemsFor(
        inputOf('f32[1,2]'),
      ),
    /expects items of/,
  ],
  [
    'a damaged picture',
    () =>
      open(dirname(dirname(write('cut/a/p.png', PNG.sync.write(picture(1, 2, 3)).subarray(0, 40))))).itemsFor(
        images,
      )(0),
    /data\/image[\s\S]*p\.png/,
  ],
];

test.for(bad)('refused: %s', ([, body, message]) => {
  expect(body).toThrow(CompileError);
  expect(body).toThrow(message);
});
