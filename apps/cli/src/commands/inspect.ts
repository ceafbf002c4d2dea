import { describeGraph, type GraphDescription, optimize } from '@ghostc/compiler';
import type { Graph } from '@ghostc/ir';
import { bindDimensions } from '@ghostc/ops';
import { Command } from 'commander';
import { parseBindings } from '../bindings.ts';
import { formatCount, formatTable } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { modelArgument } from './compile.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('tell what a model is made of, before and after optimisation')
    .addArgument(modelArgument())
    .option('--bind <name=size...>', 'size of a symbolic dimension', [])
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  ghostc inspect model.onnx\n  ghostc inspect ghostnet:1.0 --json')
    .action(runInspect);
}

function runInspect(model: string, { bind, json }: { bind: readonly string[]; json?: boolean }): void {
  const graph = bindAll(loadModel(model).graph, parseBindings(bind));
  const before = describeGraph(graph);
  const after = describeGraph(optimize(graph));
  console.log(json ? JSON.stringify({ model, before, after }, null, 2) : table(before, after));
}

function bindAll(graph: Graph, sizes: ReadonlyMap<string, number>): Graph {
  return sizes.size ? bindDimensions(graph, sizes) : graph;
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
      row('arena bytes', (d) => d.peakArenaBytes),
      row('above the proven bound', (d) => d.arenaGapBytes),
      ...ops.map((op) => row(op, (d) => d.ops[op] ?? 0)),
    ],
  );
}
