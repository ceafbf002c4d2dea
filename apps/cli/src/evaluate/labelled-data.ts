import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { CompileError, entryOf, itemAt, type Tensor, type Value, withLocation } from '@ghostc/ir';
import { readNpy } from '@ghostc/quant';
import type { CalibrationSpec } from '../calibration/calibration-spec.ts';
import { readArray } from '../calibration/read-array.ts';
import { isPicture } from '../calibration/read-picture.ts';
import { readZip } from '../read-zip.ts';
import { arrayItems, pictureItems } from './input-items.ts';
import { labelsOf, readClasses, readLabels } from './read-labels.ts';

/** Items with the classes that they are of. */
export interface LabelledData {
  readonly labels: readonly number[];
  /** By number, where they are known. */
  readonly classes: readonly string[] | undefined;
  /** The items, prepared for a model's input. */
  itemsFor(input: Value): (item: number) => Tensor;
}

export interface DataSource {
  readonly path: string;
  readonly spec: CalibrationSpec;
  /** File of labels; in an archive, the name of their array. */
  readonly labels?: string | undefined;
  /** File of the names of classes. */
  readonly classes?: string | undefined;
  /** Added to every label. */
  readonly offset: number;
}

/**
 * Opens labelled data: a folder with a folder of pictures for each class, an .npz archive with items and labels, or one array with a
 * file of labels. Throws `data/...` or `file/...`.
 */
export function openLabelled(source: DataSource): LabelledData {
  const { path } = source;
  if (!existsSync(path))
    throw new CompileError('file/missing', 'there is no such file or folder', { file: path });
  const data = withLocation({ file: path }, () => {
    if (statSync(path).isDirectory()) return folderData(source);
    return extname(path) === '.npz' ? archiveData(source) : arrayData(source);
  });
  return moved(data, source);
}

/** Class numbers with the offset: for models that have a class before those of the data. */
function moved(data: LabelledData, { offset, path }: DataSource): LabelledData {
  const labels = data.labels.map((label) => label + offset);
  const bad = labels.find((label) => label < 0);
  if (bad !== undefined)
    throw new CompileError('data/labels', `expected classes from 0 on, found ${bad} with --label-offset`, {
      file: path,
    });
  const before = Array.from({ length: Math.max(0, offset) }, (_, i) => `before ${i}`);
  return {
    ...data,
    labels,
    classes: data.classes && [...before, ...data.classes.slice(Math.max(0, -offset))],
  };
}

/** One folder a class, in order of their names as text, as torchvision's ImageFolder counts them, or as --classes does. */
function folderData({ path, spec, classes: file, labels }: DataSource): LabelledData {
  if (labels !== undefined)
    throw new CompileError(
      'cli/labels',
      'the folders of the pictures are the labels; --labels goes with arrays',
    );
  const folders = visible(path).filter((name) => statSync(join(path, name)).isDirectory());
  if (folders.length === 0 || folders.some((name) => /^test_data_set_\d+$/.test(name)))
    throw new CompileError('data/labelled', 'expected a folder for each class, with its pictures');
  const classes = file === undefined ? folders : readClasses(file);
  const items = folders.flatMap((name) => {
    const label = classes.indexOf(name);
    if (label < 0)
      throw new CompileError(
        'data/classes',
        `${file} has no class ${JSON.stringify(name)}, which is a folder`,
      );
    return picturesIn(join(path, name)).map((picture) => ({ picture, label }));
  });
  return {
    labels: items.map(({ label }) => label),
    classes,
    itemsFor: (input) =>
      pictureItems(
        items.map(({ picture }) => picture),
        input,
        spec,
      ),
  };
}

function visible(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();
}

/** Also in the folders inside. */
function picturesIn(folder: string): string[] {
  const found = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => isPicture(name) && !basename(name).startsWith('.'),
  );
  if (found.length) return found.sort().map((name) => join(folder, name));
  throw new CompileError('data/empty', 'expected pictures (.png, .jpg) of the class, found none', {
    file: folder,
  });
}

/** Names of arrays in archives, in order of preference. */
const itemNames = ['x_test', 'test_images', 'images', 'x', 'X', 'data', 'inputs', 'input_0', 'arr_0'];
const labelNames = ['y_test', 'test_labels', 'labels', 'label', 'y', 'targets', 'target', 'arr_1'];

function archiveData(source: DataSource): LabelledData {
  const members = readZip(readFileSync(source.path));
  const names = [...members.keys()].filter((name) => name.endsWith('.npy')).map((name) => name.slice(0, -4));
  const read = (name: string): Tensor =>
    withLocation({ node: name }, () => readNpy(entryOf(members, `${name}.npy`)));
  const labelName = chosen(names, source.labels === undefined ? labelNames : [source.labels], 'labels');
  const others = names.filter((name) => name !== labelName);
  const itemName = others.length === 1 ? itemAt(others, 0) : chosen(others, itemNames, 'items');
  return labelledArray(read(itemName), (count) => labelsOf(read(labelName), count), source);
}

function chosen(names: readonly string[], wanted: readonly string[], what: string): string {
  const name = wanted.find((one) => names.includes(one));
  if (name !== undefined) return name;
  throw new CompileError(
    'data/missing',
    `expected an array of ${what} called ${wanted.join(', ')}; found ${names.join(', ') || 'none'}`,
  );
}

function arrayData(source: DataSource): LabelledData {
  const { path, labels, spec } = source;
  if (isPicture(path))
    throw new CompileError('data/labelled', 'expected a folder for each class, found one picture');
  if (labels === undefined)
    throw new CompileError('cli/labels', 'an array expects --labels FILE, the class of each item');
  return labelledArray(readArray(path, spec), (count) => readLabels(labels, count), source);
}

function labelledArray(
  stored: Tensor,
  labels: (count: number) => number[],
  { classes, spec }: DataSource,
): LabelledData {
  const [count = 0] = stored.shape;
  if (count === 0) throw new CompileError('data/empty', `expected items, found [${stored.shape.join(',')}]`);
  return {
    labels: labels(count),
    classes: classes === undefined ? undefined : readClasses(classes),
    itemsFor: (input) => arrayItems(stored, input, spec),
  };
}
