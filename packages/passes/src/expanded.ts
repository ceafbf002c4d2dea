import type { Node, Value } from '@ghostc/ir';
import type { OpDefinition } from '@ghostc/ops';
import type { Build } from './build.ts';
import { sourcesOf } from './rule.ts';

/** The parts of a composite op as nodes; each names what it came from. */
export function expanded({ makeParts }: OpDefinition, node: Node, build: Build): Value {
  if (!makeParts) throw new TypeError(`${node.op} has no parts`);
  const sources = sourcesOf(node);
  return makeParts<Value>(node.inputs, node.attrs, {
    make: (part, inputs, attrs = {}) =>
      build.node(
        part,
        inputs.map((input) => input ?? null),
        attrs,
        sources.shift(),
      ),
    shapeOf: ({ type }) => type.shape,
  });
}
