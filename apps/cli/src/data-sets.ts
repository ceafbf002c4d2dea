import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { DataSet } from '@ghostc/conformance';
import { CompileError, type Graph, reshaped, type Tensor, type TensorType } from '@ghostc/ir';
import { readTensorProto } from '@ghostc/onnx';
import { readNpy } from '@ghostc/quant';
import { fitToModel } from './fit-to-model.ts';
import { readZip } from './read-zip.ts';

/** Tensors of one data set by key: a tensor's name, `input_N`, `output_N`, or numpy's `arr_N`. */
interface Source {
  readonly name: string;
  readonly entries: ReadonlyMap<string, Entry>;
}

interface Entry {
  /** For messages. */
  readonly file: string;
  read(): Tensor;
}

/**
 * Data sets at `path`: an .npz file, an .npy or .pb file with the only input, a folder of such files (each .npz is a set), or of
 * folders test_data_set_K. Files are `input_N` and `output_N`, N the position in the model's inputs and outputs, or have the
 * names of the tensors. A set without outputs has inputs only.
 */
export function readDataSets(path: string, model: Graph): DataSet[] {
  return sourcesAt(path).map((source) => ({
    name: source.name,
    inputs: readInputs(source, model, path),
    outputs: readOutputs(source, model),
  }));
}

/** Only the inputs; a set whose inputs are all larger batches than the model's is split into several sets. */
export function readInputSets(path: string, model: Graph): Omit<DataSet, 'outputs'>[] {
  return sourcesAt(path).flatMap((source) => {
    const stored = inputEntries(source, model, path).map(([slot, entry]) => {
      return { slot, file: entry.file, tensor: entry.read() };
    });
    const counts = new Set(stored.map(({ slot, tensor }) => timesIn(tensor, slot.type)));
    const [count = 1] = counts.size === 1 ? counts : [];
    return Array.from({ length: count }, (_, k) => {
      const parts = stored.map(({ slot, file, tensor }): [string, Tensor] => {
        const place = { file, kind: slot.kind, name: slot.name };
        return [slot.name, fitToModel(partOf(tensor, k, count), slot.type, place)];
      });
      return { name: count > 1 ? `${source.name}#${k}` : source.name, inputs: new Map(parts) };
    });
  });
}

/** How often the batch that a type states is in the first dimension; 1 where it is not a multiple. */
function timesIn({ shape }: Tensor, type: TensorType): number {
  const times = (shape[0] ?? 1) / Number(type.shape[0] ?? 1);
  return Number.isInteger(times) && times > 0 ? times : 1;
}

function partOf(tensor: Tensor, k: number, count: number): Tensor {
  const [size = 1, ...rest] = tensor.shape;
  if (count === 1) return tensor;
  const length = tensor.data.length / count;
  const data = tensor.data.slice(k * length, (k + 1) * length);
  return reshaped({ ...tensor, data }, [size / count, ...rest]);
}

const FILE = /\.(npy|pb)$/;

function sourcesAt(path: string): Source[] {
  if (!existsSync(path))
    throw new CompileError('data/missing', 'there is no such file or folder', { file: path });
  if (statSync(path).isFile()) return [fileSource(path)];
  const names = readdirSync(path).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const sets = names.filter((name) => /^test_data_set_\d+$/.test(name));
  const archives = names.filter((name) => name.endsWith('.npz'));
  if (sets.length > 0) return sets.map((name) => folderSource(join(path, name), name));
  if (archives.length > 0) return archives.map((name) => fileSource(join(path, name)));
  if (names.some((name) => FILE.test(name))) return [folderSource(path, basename(path))];
  throw new CompileError(
    'data/empty',
    'expected folders test_data_set_K, or .npz, .npy or .pb files, found none',
    {
      file: path,
    },
  );
}

function folderSource(folder: string, name: string): Source {
  const files = readdirSync(folder).filter((file) => FILE.test(file));
  return {
    name,
    entries: new Map(files.map((file) => [file.replace(FILE, ''), fileEntry(join(folder, file))])),
  };
}

function fileSource(file: string): Source {
  const name = basename(file);
  if (extname(file) !== '.npz') return { name, entries: new Map([['input_0', fileEntry(file)]]) };
  const members = located(file, () => readZip(readFileSync(file)));
  const arrays = [...members].filter(([member]) => member.endsWith('.npy'));
  return {
    name,
    entries: new Map(
      arrays.map(([member, bytes]) => {
        const label = `${file} (${member})`;
        return [member.slice(0, -4), { file: label, read: () => located(label, () => readNpy(bytes)) }];
      }),
    ),
  };
}

function fileEntry(file: string): Entry {
  const read = file.endsWith('.npy') ? readNpy : readTensorProto;
  if (FILE.test(file)) return { file, read: () => located(file, () => read(readFileSync(file))) };
  throw new CompileError('data/kind', 'expected an .npz, .npy or .pb file', { file });
}

function located<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CompileError ? error.at({ file }) : error;
  }
}

interface Slot {
  readonly kind: 'input' | 'output';
  readonly index: number;
  readonly name: string;
  readonly type: TensorType;
}

function readInputs(source: Source, model: Graph, path: string): Map<string, Tensor> {
  return new Map(
    inputEntries(source, model, path).map(([slot, entry]) => [slot.name, fitted(entry, slot)] as const),
  );
}

function inputEntries(source: Source, model: Graph, path: string): [Slot, Entry][] {
  const slots = model.inputs.map(({ name, type }, index): Slot => ({ kind: 'input', index, name, type }));
  return slots.map((slot) => {
    const entry = entryOf(source, slot, slot.index);
    if (entry) return [slot, entry];
    const found = [...source.entries.keys()].join(', ') || 'none';
    const detail = `${source.name}: input ${slot.index} (${slot.name}) is not there; found ${found}`;
    throw new CompileError('data/missing', detail, { file: path });
  });
}

/** Those that are given. */
function readOutputs(source: Source, model: Graph): Map<string, Tensor> {
  const slots = model.outputs.map(
    ({ name, value }, index): Slot => ({ kind: 'output', index, name, type: value.type }),
  );
  return new Map(
    slots.flatMap((slot): [string, Tensor][] => {
      const entry = entryOf(source, slot, model.inputs.length + slot.index);
      return entry ? [[slot.name, fitted(entry, slot)]] : [];
    }),
  );
}

/** By the tensor's name (as a file may have it), by its position, or by numpy's names of unnamed arrays. */
function entryOf({ entries }: Source, { kind, index, name }: Slot, position: number): Entry | undefined {
  const keys = [`${kind}_${index}`, name, name.replace(/[/:\\]/g, '_'), `arr_${position}`];
  return keys.map((key) => entries.get(key)).find(Boolean);
}

function fitted(entry: Entry, { kind, name, type }: Slot): Tensor {
  return fitToModel(entry.read(), type, { file: entry.file, kind, name });
}
