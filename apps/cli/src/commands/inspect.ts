import { describeGraph, type GraphDescription, optimize } from '@ghostc/compiler';
import { formatType } from '@ghostc/ir';
import { openDimensions } from '@ghostc/ops';
import { Command } from 'commander';
import { bindOption } from '../bind-option.ts';
import { formatCount, formatTable } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { modelArgument } from './compile.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('describe a model before and after optimisation')
    .addArgument(modelArgument())
    .addOption(bindOption())
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  ghostc inspect model.onnx\n  ghostc inspect ghostnet:1.0 --json')
    .action(runInspect);
}

interface InspectFlags {
  readonly bind: ReadonlyMap<string, number>;
  readonly json?: boolean;
}

function runInspect(model: string, { bind, json }: InspectFlags): void {
  const { graph } = loadModel(model, { bind });
  const inputs = graph.inputs.map((input) => ({ name: input.name, type: formatType(input.type) }));
  const dimensions = openDimensions(graph);
  const before = describeGraph(graph);
  const after = describeGraph(optimize(graph));
  if (json) {
    console.log(JSON.stringify({ model, inputs, dimensions, before, after }, null, 2));
    return;
  }
  console.log(table(before, after));
  for (const { name, type } of inputs) console.log(`input ${name}: ${type}`);
  if (dimensions.length > 0) console.log(`sizes that --bind gives: ${dimensions.join(', ')}`);
}

function table(before: GraphDescription, after: GraphDescription): string {
  const row = (name: string, pick: (d: GraphDescription) => number | null): string[] => [
    name,
    formatCount(pick(before)),
    formatCount(pick(after)),
  ];
  const ops = [...new Set([...Object.keys(before.ops), ...Object.keys(after.ops)])].sort();
  return formatTable(
    ['', 'before', 'after'],
    [
      row('nodes', (d) => d.nodes),
      row('parameters', (d) => d.params),
      row('MACs', (d) => d.macs),
      row('Ghost modules', (d) => d.ghostModules),
      row('Ghost stages', (d) => d.ghostStages),
      row('arena bytes', (d) => d.peakArenaBytes),
      row('above the proven bound', (d) => d.arenaGapBytes),
      ...ops.map((op) => row(op, (d) => d.ops[op] ?? 0)),
    ],
  );
}
