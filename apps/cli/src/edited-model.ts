import { basename, dirname } from 'node:path';
import { saveOnnx, saveOnnxExternal } from '@ghostc/edit';
import { CompileError, type Graph, printGraph } from '@ghostc/ir';
import type { Command } from 'commander';
import { textFiles } from './graph-files.ts';
import { loadModel } from './load-model.ts';
import { parseCount } from './parse-count.ts';
import { writeFiles } from './write-files.ts';

/** A model to edit: nodes of unknown ops are kept. */
export function loadToEdit(model: string, outputs?: readonly string[]): Graph {
  return loadModel(model, { keepUnknown: true, outputs }).graph;
}

/** How an edited model is written. */
export interface WriteFlags {
  readonly out?: string | undefined;
  readonly opset?: number | undefined;
  /** Weights in a separate file next to the model. */
  readonly externalData?: boolean | undefined;
}

/** The command with the options of `writeEdited`. */
export function withWriteOptions(command: Command): Command {
  return command
    .option('--opset <version>', 'the lowest opset of an .onnx; that of the source if absent', parseCount)
    .option('--external-data', 'write the weights of an .onnx into a file beside it, NAME.onnx.data')
    .option('--out <file>', 'write .onnx or .gir, instead of printing the text form');
}

/** Writes `.onnx`, with what its source said apart from the graph, or the text form; prints the text without `--out`. */
export function writeEdited(graph: Graph, { out, opset, externalData }: WriteFlags): void {
  if (out === undefined) {
    console.log(printGraph(graph).text);
    return;
  }
  const name = basename(out);
  const wanted = opset === undefined ? {} : { opset };
  const files = name.endsWith('.onnx')
    ? onnxFiles(graph, name, { ...wanted, externalData })
    : textFiles(graph, name);
  writeFiles(dirname(out), files);
}

function onnxFiles(
  graph: Graph,
  name: string,
  { externalData, ...options }: Omit<WriteFlags, 'out'>,
): ReadonlyMap<string, Uint8Array> {
  if (!externalData) return new Map([[name, saveOnnx(graph, options)]]);
  const { model, data } = saveOnnxExternal(graph, `${name}.data`, options);
  return new Map([
    [`${name}.data`, data],
    [name, model],
  ]);
}

/** `A=B,C=D` as a table. Throws `cli/pairs`. */
export function pairsOf(texts: readonly string[]): Record<string, string> {
  const pairs = texts.flatMap((text) => text.split(',')).map((pair) => pair.split('='));
  const odd = pairs.find((pair) => pair.length !== 2 || pair.includes(''));
  if (odd) throw new CompileError('cli/pairs', `expected NAME=NAME, found ${JSON.stringify(odd.join('='))}`);
  return Object.fromEntries(pairs as [string, string][]);
}
