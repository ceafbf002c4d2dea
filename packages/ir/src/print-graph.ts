import type { Attr, Attrs, Graph, GraphOutput, Node, Value } from './graph.ts';
import type { Tensor } from './tensor.ts';
import { formatType } from './tensor-type.ts';

/** Constants with more elements are written as resources. */
const MAX_INLINE_ELEMENTS = 16;

export interface PrintedGraph {
  readonly text: string;
  /** Data of the large constants, by the key that the text names. */
  readonly resources: ReadonlyMap<string, Tensor>;
}

/** The text form of a graph; `parseGraph` gives the same graph back. */
export function printGraph(graph: Graph): PrintedGraph {
  const resources = new Map<string, Tensor>();
  const inputs = graph.inputs.map((value) => `${formatName(value.name)}: ${formatType(value.type)}`);
  const lines = [
    `graph @${formatWord(graph.name)}(${inputs.join(', ')})`,
    ...[...graph.constants].map((value) => `  ${formatConstant(value, resources)}`),
    ...[...graph.nodes()].map((node) => `  ${formatNode(node)}`),
    `  return${graph.outputs.length ? ' ' : ''}${graph.outputs.map(formatOutput).join(', ')}`,
  ];
  return { text: `${lines.join('\n')}\n`, resources };
}

function formatConstant(value: Value, resources: Map<string, Tensor>): string {
  const head = `const ${formatName(value.name)}: ${formatType(value.type)} = `;
  const tensor = value.constant;
  if (!tensor || tensor.data.length > MAX_INLINE_ELEMENTS) {
    if (tensor) resources.set(value.name, tensor);
    return `${head}resource ${JSON.stringify(value.name)}`;
  }
  return `${head}[${Array.from(tensor.data, formatElement).join(', ')}]`;
}

function formatElement(value: number | bigint): string {
  return typeof value === 'bigint' ? String(value) : formatNumber(value);
}

/** One node as one line. */
export function formatNode(node: Node): string {
  const outputs = node.outputs.map((value) => formatName(value.name)).join(', ');
  const inputs = node.inputs.map((value) => (value ? formatName(value.name) : '_')).join(', ');
  const types = node.outputs.map((value) => formatType(value.type)).join(', ');
  const origin = node.origin.length
    ? ` from ${node.origin.map((name) => JSON.stringify(name)).join(', ')}`
    : '';
  return `${outputs} = ${node.op}${inputs ? ` ${inputs}` : ''}${formatAttrs(node.attrs)} : ${types}${origin}`;
}

function formatAttrs(attrs: Attrs): string {
  const entries = Object.entries(attrs);
  return entries.length
    ? ` {${entries.map(([name, value]) => `${name}=${formatAttr(value)}`).join(', ')}}`
    : '';
}

function formatAttr(value: Attr): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'object') return `[${value.map((item) => formatAttr(item)).join(', ')}]`;
  return JSON.stringify(value);
}

/** Shortest text that reads back to the same double; `inf`, `-inf`, `nan`, `-0`. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}

function formatOutput({ name, value }: GraphOutput): string {
  return name === value.name
    ? formatName(value.name)
    : `${formatName(value.name)} as ${JSON.stringify(name)}`;
}

function formatName(name: string): string {
  return `%${formatWord(name)}`;
}

function formatWord(name: string): string {
  return /^[A-Za-z0-9_./:-]+$/.test(name) && !/:$/.test(name) ? name : JSON.stringify(name);
}
