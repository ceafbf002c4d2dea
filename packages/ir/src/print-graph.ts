import { formatName, formatWord } from './format-name.ts';
import { formatNumber } from './format-number.ts';
import type { Graph, GraphOutput } from './graph.ts';
import type { Attr, Node, Value } from './node.ts';
import type { OpRegistry, OpSchema } from './op-schema.ts';
import { isCodedFloat } from './small-float.ts';
import { type Tensor, toNumbers } from './tensor.ts';
import { formatType } from './tensor-type.ts';

/** Constants with more elements are written as resources. */
const MAX_INLINE_ELEMENTS = 16;

/** The text form of a graph, and the data too large for it. */
export interface PrintedGraph {
  readonly text: string;
  /** Data of the large constants, by their key in the text. */
  readonly resources: ReadonlyMap<string, Tensor>;
}

/**
 * The text form of a graph; `parseGraph` restores the graph. With a registry, attributes with their default
 * value are omitted.
 */
export function printGraph(graph: Graph, registry?: OpRegistry): PrintedGraph {
  const resources = new Map<string, Tensor>();
  const inputs = graph.inputs.map((value) => `${formatName(value.name)}: ${formatType(value.type)}`);
  const lines = [
    `graph @${formatWord(graph.name)}(${inputs.join(', ')})`,
    ...[...graph.constants].map((value) => `  ${formatConstant(value, resources)}`),
    ...[...graph.nodes()].map((node) => `  ${formatNode(node, registry)}`),
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
  const elements = isCodedFloat(tensor.dtype) ? toNumbers(tensor) : tensor.data;
  return `${head}[${Array.from(elements, formatElement).join(', ')}]`;
}

function formatElement(value: number | bigint): string {
  return typeof value === 'bigint' ? String(value) : formatNumber(value);
}

/** One node as one line; with a registry, without attributes that have their default value. */
export function formatNode(node: Node, registry?: OpRegistry): string {
  const outputs = node.outputs.map((value) => formatName(value.name)).join(', ');
  const inputs = node.inputs.map((value) => (value ? formatName(value.name) : '_')).join(', ');
  const types = node.outputs.map((value) => formatType(value.type)).join(', ');
  return `${outputs} = ${node.op}${inputs && ` ${inputs}`}${formatAttrs(node, registry)} : ${types}${formatOrigin(node)}`;
}

/** Parts of a composite are separated by bars. */
function formatOrigin({ origin, partOrigins }: Node): string {
  const parts = partOrigins.length ? partOrigins : [origin];
  const text = parts.map((names) => names.map((name) => JSON.stringify(name)).join(', ')).join(' | ');
  return text && ` from ${text}`;
}

function formatAttrs({ op, attrs }: Node, registry: OpRegistry | undefined): string {
  const specs = registry?.get(op)?.attrs ?? {};
  const entries = Object.entries(attrs).map(([name, value]) => ({ name, text: formatAttr(value) }));
  const shown = entries.filter(({ name, text }) => text !== defaultText(specs, name));
  return shown.length ? ` {${shown.map(({ name, text }) => `${name}=${text}`).join(', ')}}` : '';
}

function defaultText(specs: OpSchema['attrs'], name: string): string | undefined {
  const fallback = Object.hasOwn(specs, name) ? specs[name]?.default : undefined;
  return fallback === undefined ? undefined : formatAttr(fallback);
}

function formatAttr(value: Attr): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'object') return `[${value.map((item) => formatAttr(item)).join(', ')}]`;
  return JSON.stringify(value);
}

function formatOutput({ name, value }: GraphOutput): string {
  const shown = formatName(value.name);
  return name === value.name ? shown : `${shown} as ${JSON.stringify(name)}`;
}
