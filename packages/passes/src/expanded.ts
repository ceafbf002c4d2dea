import { fromNumbers, type Node, type Value } from '@ghostc/ir';
import type { OpDefinition, PartOp } from '@ghostc/ops';
import type { Build, Source } from './build.ts';
import { sourcesOf } from './rule.ts';

interface Expansion {
  readonly build: Build;
  /** The source names of a part; by default the node's names, assigned in order. */
  readonly sourceOf?: (part: PartOp) => Source | undefined;
}

/** The parts of a composite op as nodes, each with its source names. */
export function expanded({ makeParts }: OpDefinition, node: Node, { build, sourceOf }: Expansion): Value {
  if (!makeParts) throw new TypeError(`${node.op} has no parts`);
  const sources = sourcesOf(node);
  return makeParts<Value>(node.inputs, node.attrs, {
    make: (part, inputs, attrs = {}) => {
      const values = inputs.map((input) => input ?? null);
      return build.node(part, values, attrs, sourceOf ? sourceOf(part) : sources.shift());
    },
    scalar: ({ type }, number) =>
      build.constant(fromNumbers(type.dtype, [], [number]), `${node.op}_${number}`),
    shapeOf: ({ type }) => type.shape,
  });
}
