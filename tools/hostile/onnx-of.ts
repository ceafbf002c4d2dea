import { encodeModel } from '@ghostc/onnx';

type Attributes = Readonly<Record<string, number | string | readonly number[] | GraphSpec>>;

/** A node as text, `y z = Op a b` (`_` is an input left out), or in parts where names hold spaces. */
export type NodeSpec =
  | string
  | readonly [text: string, attributes: Attributes]
  | {
      readonly op: string;
      readonly inputs: readonly string[];
      readonly outputs: readonly string[];
      readonly attributes?: Attributes;
    };

/** Sizes of a value; null if the file does not state them. */
type Sizes = readonly (number | string)[] | null;

/** A model of float32 values; inputs are `x`, outputs `y` of unknown shape, if nothing is said. */
export interface GraphSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs?: Readonly<Record<string, Sizes>>;
  readonly outputs?: Readonly<Record<string, Sizes>>;
  readonly floats?: Readonly<Record<string, readonly number[]>>;
  readonly ints?: Readonly<Record<string, readonly number[]>>;
  readonly functions?: readonly FunctionSpec[];
  readonly opset?: number;
}

interface FunctionSpec {
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
}

const FLOAT = 1;
const INT64 = 7;
/** Domain of the functions, and of the ops with their names. */
const LOCAL = 'local';

/** The bytes of a model; its nodes have no names. */
export function onnxOf(spec: GraphSpec): Uint8Array {
  const { functions = [], opset = 17 } = spec;
  const opset_import = [
    { domain: '', version: opset },
    { domain: LOCAL, version: 1 },
  ];
  return encodeModel({
    ir_version: 8,
    opset_import,
    graph: graphProto(spec),
    functions: functions.map(({ name, nodes }) => ({
      name,
      domain: LOCAL,
      input: ['x'],
      output: ['y'],
      node: nodes.map(nodeProto),
      opset_import,
    })),
  });
}

function graphProto({ nodes, inputs = { x: [1] }, outputs = { y: null }, ...constants }: GraphSpec): object {
  const { floats = {}, ints = {} } = constants;
  return {
    name: 'g',
    node: nodes.map(nodeProto),
    input: Object.entries(inputs).map(valueProto),
    output: Object.entries(outputs).map(valueProto),
    initializer: [
      ...Object.entries(floats).map(([name, float_data]) => tensorProto(name, FLOAT, { float_data })),
      ...Object.entries(ints).map(([name, int64_data]) => tensorProto(name, INT64, { int64_data })),
    ],
  };
}

function tensorProto(
  name: string,
  data_type: number,
  data: Readonly<Record<string, readonly number[]>>,
): object {
  const [elements = []] = Object.values(data);
  return { name, data_type, dims: [elements.length], ...data };
}

function valueProto([name, sizes]: [string, Sizes]): object {
  const dim = sizes?.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: FLOAT, ...(dim && { shape: { dim } }) } } };
}

function nodeProto(spec: NodeSpec): object {
  const { op, inputs, outputs, attributes = {} } = partsOf(spec);
  const [domain = '', op_type = ''] = op.includes('.') ? op.split('.') : ['', op];
  const attribute = Object.entries(attributes).map(attributeProto);
  return { op_type, domain, input: inputs, output: outputs, attribute };
}

function partsOf(spec: NodeSpec): Exclude<NodeSpec, string | readonly unknown[]> {
  if (typeof spec === 'object' && 'op' in spec) return spec;
  const [text, attributes = {}] = typeof spec === 'string' ? [spec] : spec;
  const [left = '', right = ''] = text.split(' = ');
  const [op = '', ...inputs] = right.split(' ');
  const names = inputs.map((name) => (name === '_' ? '' : name));
  return { op, inputs: names, outputs: left.split(' '), attributes };
}

function attributeProto([name, value]: [string, Attributes[string]]): object {
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: 2, i: value };
  return 'nodes' in value ? { name, type: 5, g: graphProto(value) } : { name, type: 7, ints: value };
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** `count` things of one kind. */
export const times = <T>(count: number, make: (i: number) => T): T[] => range(count).map(make);

/** Constants of one element each, by name and number. */
export const numbered = (name: string, count: number): Record<string, number[]> =>
  Object.fromEntries(times(count, (i) => [`${name}${i}`, [i]]));

/** Values of one shape, by name and number. */
export const valuesOf = (name: string, count: number, sizes: Sizes): Record<string, Sizes> =>
  Object.fromEntries(times(count, (i) => [`${name}${i}`, sizes]));

/** Names in a row, with a number each. */
export const names = (name: string, count: number): string => times(count, (i) => `${name}${i}`).join(' ');

/**
 * A chain of `length` nodes from `x` to `y`: `make` returns what follows a node, `Add @ c` where @ is its
 * value.
 */
export function chain(
  length: number,
  make: (i: number) => string | readonly [string, Attributes],
  [first, last]: readonly [string, string] = ['x', 'y'],
): NodeSpec[] {
  const name = (i: number): string => (i === 0 ? first : i === length ? last : `v${i.toString(36)}`);
  return times(length, (i): NodeSpec => {
    const made = make(i);
    const [text, attributes] = typeof made === 'string' ? [made, {}] : made;
    return [`${name(i + 1)} = ${text.replaceAll('@', name(i))}`, attributes];
  });
}
