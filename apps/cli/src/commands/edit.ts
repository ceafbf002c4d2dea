import { edit } from '@ghostc/edit';
import type { Dim } from '@ghostc/ir';
import { Command } from 'commander';
import { loadToEdit, pairsOf, type WriteFlags, writeEdited } from '../edited-model.ts';
import { parseCount } from '../parse-count.ts';
import { modelArgument } from './compile.ts';

interface EditFlags extends WriteFlags {
  readonly rename?: readonly string[];
  readonly batch?: string;
  readonly bypass?: readonly string[];
  readonly output?: readonly string[];
  readonly removeOutput?: readonly string[];
  readonly removeDead?: boolean;
}

export function editCommand(): Command {
  return new Command('edit')
    .description('change a model: names, batch, opset, outputs; everything else stays as it is')
    .addArgument(modelArgument())
    .option('--rename <old=new...>', 'other names for inputs, outputs or inner values; two may swap theirs')
    .option('--batch <size>', 'another batch, a number or a name; refused where samples would mix')
    .option('--bypass <value...>', 'take out the nodes that compute these values')
    .option('--output <value...>', 'inner values that become outputs too')
    .option('--remove-output <name...>', 'outputs to take away, with what only they need')
    .option('--remove-dead', 'remove nodes and constants that no output needs')
    .option('--opset <version>', 'the least opset of an .onnx; that of the source if absent', parseCount)
    .option('--out <file>', 'write .onnx or .gir, instead of printing the text form')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc edit model.onnx --rename input=image logits=scores --out renamed.onnx\n  ghostc edit model.onnx --batch n --opset 18 --out batched.onnx',
    )
    .action(runEdit);
}

function runEdit(model: string, flags: EditFlags): void {
  const edited = edit(loadToEdit(model), (e) => {
    if (flags.batch !== undefined) e.batch(dimOf(flags.batch));
    for (const value of flags.bypass ?? []) e.bypass(value);
    for (const value of flags.output ?? []) e.output(value);
    for (const name of flags.removeOutput ?? []) e.removeOutput(name);
    if (flags.removeDead) e.removeDead();
    if (flags.rename) e.rename(pairsOf(flags.rename));
  });
  writeEdited(edited, flags);
}

function dimOf(text: string): Dim {
  return /^\d+$/.test(text) ? parseCount(text) : text;
}
