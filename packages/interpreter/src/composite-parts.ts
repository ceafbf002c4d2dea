import { type Attrs, Graph, type Node, type Value } from '@ghostc/ir';
import {
  buildNode,
  dfcPool,
  dfcResize,
  type FusedGhostAttrs,
  type GhostModuleAttrs,
  ghostParts,
  halfPadded,
  plainGhostAttrs,
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

const ghostOf: Parts = (inputs, attrs, add) =>
  ghostParts<Value>(inputs, { attrs: attrs as GhostModuleAttrs, x: (inputs[0] as Value).type }, add);

type GhostTypes = Parameters<typeof plainGhostAttrs>[0];

const parts: Readonly<Record<string, Parts>> = {
  squeeze_excite: (inputs, attrs, add) => add('mul', [inputs[0] as Value, gateOf(inputs, attrs, add)]),
  squeeze_excite_gate: gateOf,
  fused_ghost_module: ([x, weight, bias, cheapWeight, cheapBias, gate, residual, ...slopes], attrs, add) => {
    const [primary, cheap] = [weight, cheapWeight].map((value) => (value as Value).type);
    const plain = plainGhostAttrs({ primary, cheap } as GhostTypes, attrs as FusedGhostAttrs);
    const scaled = gate ? add('mul', [x as Value, gate]) : (x as Value);
    const y = ghostOf([scaled, weight, bias, cheapWeight, cheapBias, ...slopes] as Inputs, plain, add);
    return residual ? add('add', [y, residual]) : y;
  },
  ghost_module: ghostOf,
  dfc_attention: ([x, features, ...weights], _, add) => {
    const [point, pointBias, row, rowBias, column, columnBias] = weights as (Value | null)[];
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
