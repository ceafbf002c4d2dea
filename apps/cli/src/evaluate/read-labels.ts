import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { CompileError, type DType, fromBytes, type Tensor, toNumbers, withLocation } from '@ghostc/ir';
import { readNpy } from '@ghostc/quant';
import { readBounded } from '../calibration/read-bounded.ts';

/** Of raw files: what a label takes. */
const rawTypes: Readonly<Record<number, DType>> = { 1: 'u8', 2: 'u16', 4: 'i32', 8: 'i64' };

/**
 * The classes of `count` items: a .npy file, numbers in a text file, or a raw file of little-endian integers,
 * whose width follows from the size. Throws `data/labels`.
 */
export function readLabels(file: string, count: number): number[] {
  return withLocation({ file }, () => {
    const extension = extname(file).toLowerCase();
    if (extension === '.npy') return labelsOf(readNpy(readBounded(file)), count);
    const text = extension === '.txt' || extension === '.csv';
    return checked(text ? textLabels(readBounded(file)) : rawLabels(readBounded(file), count), count);
  });
}

/** Labels [N] or [N,1], or one-hot rows [N,classes]. Throws `data/labels`. */
export function labelsOf(tensor: Tensor, count: number): number[] {
  const values = [...toNumbers(tensor)].map(Number);
  const width = values.length / count;
  if (values.length !== count && tensor.shape.length === 2 && tensor.shape[0] === count)
    return Array.from({ length: count }, (_, i) => hotOf(values.slice(i * width, (i + 1) * width), i));
  return checked(values, count);
}

function hotOf(row: readonly number[], item: number): number {
  const hot = row.flatMap((value, i) => (value ? [i] : []));
  if (hot.length === 1) return hot[0] ?? 0;
  throw new CompileError(
    'data/labels',
    `expected one class other than 0 in the row of item ${item}, found ${hot.length}`,
  );
}

function textLabels(bytes: Uint8Array): number[] {
  const words = new TextDecoder().decode(bytes).split(/[\s,;]+/);
  return words.filter((word) => word !== '').map(Number);
}

function rawLabels(bytes: Uint8Array, count: number): number[] {
  const dtype = rawTypes[bytes.length / count];
  if (dtype) return [...fromBytes(dtype, bytes)].map(Number);
  throw new CompileError(
    'data/labels',
    `expected 1, 2, 4 or 8 bytes for each of ${count} items, found ${bytes.length} bytes`,
  );
}

function checked(labels: number[], count: number): number[] {
  if (labels.length !== count)
    throw new CompileError('data/labels', `expected ${count} labels, found ${labels.length}`);
  const bad = labels.find((label) => !Number.isSafeInteger(label) || label < 0);
  if (bad === undefined) return labels;
  throw new CompileError('data/labels', `expected integers from 0 on, found ${bad}`);
}

/** Names of classes, one per line. Throws `data/classes`. */
export function readClasses(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  const twice = lines.find((name, i) => lines.indexOf(name) !== i);
  if (lines.length > 0 && twice === undefined) return lines;
  const found = twice === undefined ? 'none' : `${JSON.stringify(twice)} twice`;
  throw new CompileError('data/classes', `expected names of classes, one per line, found ${found}`, { file });
}
