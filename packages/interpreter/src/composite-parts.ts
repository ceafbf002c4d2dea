import { type Attrs, Graph, itemAt, type Node, type Value } from '@ghostc/ir';
import {
  buildNode,
  cheapAttrs,
  dfcPool,
  dfcResize,
  type GhostModuleAttrs,
  halfPadded,
  primaryAttrs,
  type SqueezeAttrs,
  squeezeGate,
} from '@ghostc/ops';

type Inputs = readonly (Value | null)[];
type Add = (op: string, inputs: Inputs, attrs?: Attrs) => Value;
type Parts = (inputs: Inputs, attrs: Attrs, add: Add) => Value;

/**
 * A composite op as a graph of its parts, with the op's inputs that are there as its own; undefined for other ops. `attrs` have
 * the defaults.
 */
export function compositeParts({ op, inputs }: Node, attrs: Attrs): Graph | undefined {
  const make = parts[op];
  if (!make) return undefined;
  const graph = new Graph(op);
  const given = inputs.map((value, i) => value && graph.addInput(`input${i}`, value.type));
  const add: Add = (part, operands, settings = {}) =>
    buildNode(graph, { op: part, inputs: operands, attrs: settings }).output;
  graph.addOutput('y', make(given, attrs, add));
  return graph;
}

const gateOf: Parts = (inputs, attrs, add) => squeezeGate(inputs as Value[], attrs as SqueezeAttrs, add);

const parts: Readonly<Record<string, Parts>> = {
  squeeze_excite: (inputs, attrs, add) => add('mul', [itemAt(inputs, 0), gateOf(inputs, attrs, add)]),
  squeeze_excite_gate: gateOf,
  ghost_module: ([x, weight, bias, cheapWeight, cheapBias], attrs, add) => {
    const settings = attrs as GhostModuleAttrs;
    const { type } = x as Value;
    const primary = add('conv2d', [x, weight, bias] as Inputs, primaryAttrs(settings, type));
    if (!cheapWeight) return primary;
    const operands = [primary, cheapWeight, cheapBias ?? null];
    return add('concat', [primary, add('depthwise_conv2d', operands, cheapAttrs(settings, type))], {
      axis: 1,
    });
  },
  dfc_attention: ([x, features, ...weights], _, add) => {
    const [point, pointBias, row, rowBias, column, columnBias] = weights;
    const wide = add('conv2d', [add('average_pool', [x as Value], dfcPool), point, pointBias] as Inputs);
    const rows = add(
      'depthwise_conv2d',
      [wide, row, rowBias ?? null] as Inputs,
      halfPadded(row?.type.shape ?? []),
    );
    const gate = add('depthwise_conv2d', [rows, column, columnBias ?? null] as Inputs, {
      ...halfPadded(column?.type.shape ?? []),
      activation: 'sigmoid',
    });
    const large = add('resize', [gate], dfcResize(features?.type.shape ?? []));
    return add('mul', [features as Value, large]);
  },
};
