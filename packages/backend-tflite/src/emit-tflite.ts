import { CompileError, type Graph, type Node, withLocation } from '@ghostc/ir';
import { nhwcName, registry, withDefaults } from '@ghostc/ops';
import { encodeTflite } from '@ghostc/tflite';
import { opTable } from './op-table.ts';
import { TfliteGraph } from './tflite-graph.ts';

/** Options of `emitTflite`. */
export interface TfliteOptions {
  /** Name of the subgraph; the graph's own if absent. */
  readonly name?: string;
  /** SHA-256 of what the model is made from, in hex, for its description. */
  readonly sourceHash?: string;
}

/**
 * Writes a graph of fixed shapes that was lowered for TFLite (`lowerForTflite`: images NHWC, composites in parts) as a model of
 * schema version 3. Names, shapes and order of inputs and outputs stay. Throws `tflite/write` for the first op that no
 * operator computes, before anything is written.
 */
export function emitTflite(graph: Graph, { name = graph.name, sourceHash }: TfliteOptions = {}): Uint8Array {
  const writer = new TfliteGraph(graph);
  for (const node of graph.nodes())
    withLocation({ node: node.origin[0] ?? node.output.name, op: node.op }, () => writeNode(writer, node));
  const description = sourceHash ? `ghostc ${sourceHash}` : 'ghostc';
  return encodeTflite({ ...writer.spec(), name, description });
}

function writeNode(writer: TfliteGraph, node: Node): void {
  const row = opTable.get(node.op);
  checkRounding(node);
  if (!row) throw new CompileError('tflite/write', `${described(node)} has no TFLite form`);
  writer.place(node.output, row(writer, node));
}

/** Layers that TFLite's kernels round once; the others round twice, but for those of 16 bits, which have no choice. */
const roundsOnce = new Set(['qlinear_fully_connected']);

/** Throws `tflite/rounding` for a layer of 8 bits that rounds in another way than TFLite's: a step apart on ties. */
function checkRounding({ op, attrs, output }: Node): void {
  const specs = registry.get(op)?.attrs ?? {};
  if (!('rounding' in specs) || output.type.dtype === 'i16') return;
  const { rounding } = withDefaults(specs, attrs);
  const expected = roundsOnce.has(op) ? 'single' : 'double';
  if (rounding !== expected)
    throw new CompileError(
      'tflite/rounding',
      `${op} rounds ${rounding === 'single' ? 'once' : 'twice'}, TFLite's kernel ${expected === 'single' ? 'once' : 'twice'}; read the model with --rounding double, as TFLite rounds`,
    );
}

/** The op, and of one that knows images what it is used on instead. */
function described({ op, inputs }: Node): string {
  const rank = inputs[0]?.type.shape.length;
  return registry.has(nhwcName(op)) ? `${op} over ${rank} axes` : op;
}
