import { addPostprocessing, addPreprocessing, convertFloat16, edit, extractSubgraph } from '@ghostc/edit';
import type { Dim, Graph } from '@ghostc/ir';
import { Command } from 'commander';
import { loadToEdit, pairsOf, type WriteFlags, withWriteOptions, writeEdited } from '../edited-model.ts';
import { parseCount } from '../parse-count.ts';
import { postprocessingOf, preprocessingOf } from '../processing-options.ts';
import { modelArgument } from './compile.ts';

interface EditFlags extends WriteFlags {
  readonly rename?: readonly string[];
  readonly batch?: string;
  readonly bypass?: readonly string[];
  readonly output?: readonly string[];
  readonly removeOutput?: readonly string[];
  readonly removeDead?: boolean;
  readonly cut?: readonly string[];
  readonly preprocess?: string;
  readonly postprocess?: string;
  readonly float16?: boolean;
}

export function editCommand(): Command {
  const command = new Command('edit')
    .description(
      'change a model: names, batch, opset, outputs, what comes in and goes out; everything else stays as it is',
    )
    .addArgument(modelArgument())
    .option('--rename <old=new...>', 'new names for inputs, outputs or inner values; two may swap names')
    .option('--batch <size>', 'another batch, a number or a name; refused where samples would mix')
    .option('--bypass <value...>', 'remove the nodes that compute these values')
    .option('--output <value...>', 'inner values that become outputs too')
    .option('--remove-output <name...>', 'outputs to remove, with what only they need')
    .option('--remove-dead', 'remove nodes and constants that no output needs')
    .option('--cut <value...>', 'end the model at these values: they become its outputs')
    .option(
      '--preprocess <settings>',
      'take images as they come: scale, mean, std, dtype, layout=nhwc, channels=reversed, size=HxW, input',
    )
    .option('--postprocess <settings>', 'softmax, argmax or top-k=K, with axis and output')
    .option('--float16', 'compute in float16; inputs and outputs stay float32');
  return withWriteOptions(command)
    .addHelpText(
      'after',
      [
        '\nSteps are taken in this order: cut, batch, outputs, names, processing, float16.\n\nExamples:',
        '  ghostc edit model.onnx --rename input=image logits=scores --out renamed.onnx',
        '  ghostc edit model.onnx --batch n --opset 18 --out batched.onnx',
        '  ghostc edit model.onnx --preprocess scale=1/255,mean=0.485:0.456:0.406,std=0.229:0.224:0.225,dtype=u8,layout=nhwc --postprocess top-k=5 --out camera.onnx',
        '  ghostc edit model.onnx --cut features --float16 --out backbone.onnx',
      ].join('\n'),
    )
    .action(runEdit);
}

function runEdit(model: string, flags: EditFlags): void {
  const outputs = flags.cut?.flatMap((text) => text.split(','));
  const edited = edit(cutAt(loadToEdit(model, outputs), outputs), (e) => {
    if (flags.batch !== undefined) e.batch(dimOf(flags.batch));
    for (const value of flags.bypass ?? []) e.bypass(value);
    for (const value of flags.output ?? []) e.output(value);
    for (const name of flags.removeOutput ?? []) e.removeOutput(name);
    if (flags.removeDead) e.removeDead();
    if (flags.rename) e.rename(pairsOf(flags.rename));
  });
  writeEdited(processed(edited, flags), flags);
}

/** A TFLite model ends there already: what comes after was not read. */
function cutAt(graph: Graph, outputs: readonly string[] | undefined): Graph {
  const ends = graph.outputs.map(({ name }) => name);
  if (!outputs || outputs.join() === ends.join()) return graph;
  return extractSubgraph(graph, { inputs: [], outputs });
}

function processed(graph: Graph, { preprocess, postprocess, float16 }: EditFlags): Graph {
  const taken = preprocess === undefined ? graph : addPreprocessing(graph, preprocessingOf(preprocess));
  const given = postprocess === undefined ? taken : addPostprocessing(taken, postprocessingOf(postprocess));
  return float16 ? convertFloat16(given) : given;
}

function dimOf(text: string): Dim {
  return /^\d+$/.test(text) ? parseCount(text) : text;
}
