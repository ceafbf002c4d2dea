import { extractSubgraph } from '@ghostc/edit';
import { Command } from 'commander';
import { loadToEdit, type WriteFlags, withWriteOptions, writeEdited } from '../edited-model.ts';
import { modelArgument } from './compile.ts';

export function extractCommand(): Command {
  const command = new Command('extract')
    .description('extract the part of a model between two sets of values')
    .addArgument(modelArgument())
    .option('--from <value...>', 'values that become inputs; the inputs of the model if absent')
    .requiredOption('--to <value...>', 'values that become outputs');
  return withWriteOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  ghostc extract model.onnx --from stem_out --to features --out part.onnx',
    )
    .action((model: string, { from, to, ...flags }: ExtractFlags) =>
      writeEdited(extractSubgraph(loadToEdit(model), { inputs: from ?? [], outputs: to }), flags),
    );
}

interface ExtractFlags extends WriteFlags {
  readonly from?: readonly string[];
  readonly to: readonly string[];
}
