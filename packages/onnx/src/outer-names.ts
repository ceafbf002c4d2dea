import type { AttributeProto, GraphProto } from './onnx-types.ts';

/** The graphs that a node holds: branches, bodies of loops. */
export function bodiesOf(attributes: readonly AttributeProto[]): GraphProto[] {
  return attributes.flatMap(({ g, graphs = [] }) => (g ? [g, ...graphs] : graphs));
}

/** Names that the bodies of an attribute read and do not define: values of the graph around them. */
export function outerNames(attribute: AttributeProto): string[] {
  return bodiesOf([attribute]).flatMap(namesFromOutside);
}

function namesFromOutside({ node = [], input = [], initializer = [], output = [] }: GraphProto): string[] {
  const own = new Set([...input, ...initializer].map(({ name = '' }) => name));
  for (const one of node) for (const name of one.output ?? []) own.add(name);
  const read = node.flatMap(({ input: names = [], attribute = [] }) => [
    ...names,
    ...attribute.flatMap(outerNames),
  ]);
  return [...read, ...output.map(({ name = '' }) => name)].filter((name) => name && !own.has(name));
}

/** A body whose names from outside are others; undefined attributes stay. */
export function renameOuter(attribute: AttributeProto, names: ReadonlyMap<string, string>): AttributeProto {
  const { g, graphs } = attribute;
  return {
    ...attribute,
    ...(g && { g: renamedBody(g, names) }),
    ...(graphs?.length && { graphs: graphs.map((one) => renamedBody(one, names)) }),
  };
}

function renamedBody(body: GraphProto, names: ReadonlyMap<string, string>): GraphProto {
  const outer = new Set(namesFromOutside(body));
  const renamed = (name: string): string => (outer.has(name) ? (names.get(name) ?? name) : name);
  return {
    ...body,
    node: (body.node ?? []).map((one) => ({
      ...one,
      input: (one.input ?? []).map(renamed),
      attribute: (one.attribute ?? []).map((inner) => renameOuter(inner, names)),
    })),
    output: (body.output ?? []).map((one) => ({ ...one, name: renamed(one.name ?? '') })),
  };
}
