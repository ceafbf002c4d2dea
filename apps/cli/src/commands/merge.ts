import { mergeModels } from '@ghostc/edit';
import { Command } from 'commander';
import { loadToEdit, pairsOf, type WriteFlags, withWriteOptions, writeEdited } from '../edited-model.ts';

interface MergeFlags extends WriteFlags {
  readonly connect?: readonly string[];
  readonly prefix?: string;
  readonly shareInputs?: boolean;
}

export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('merge two models: the second after the first, or beside it')
    .argument('<first>', 'a model')
    .argument('<second>', 'another')
    .option('--connect <input=output...>', 'inputs of the second that take outputs of the first')
    .option('--prefix <text>', 'prefix of the names in the second')
    .option('--share-inputs', 'merge inputs of the same name');
  return withWriteOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  ghostc merge backbone.onnx head.onnx --connect features=y --out whole.onnx',
    )
    .action(runMerge);
}

function runMerge(first: string, second: string, flags: MergeFlags): void {
  const { connect = [], prefix = '', shareInputs = false } = flags;
  const merged = mergeModels(loadToEdit(first), loadToEdit(second), pairsOf(connect), {
    prefix,
    shareInputs,
  });
  writeEdited(merged, flags);
}
