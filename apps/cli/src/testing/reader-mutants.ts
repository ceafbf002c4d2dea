import {
  fromNumbers,
  type Graph,
  itemAt,
  parseGraph,
  printGraph,
  type Tensor,
  toNumbers,
  verify,
} from '@ghostc/ir';
import { registry } from '@ghostc/ops';

/** A mistake that a reader could make, in the text of a graph or in its constants. */
export interface Mistake {
  readonly name: string;
  /** Of the line of a node. */
  readonly line?: readonly [pattern: RegExp, changed: string];
  /** Of the constant that a node of this op has as its input of this place. */
  readonly constant?: readonly [op: string, input: number, change: (tensor: Tensor) => Tensor];
}

/** A graph as a reader with the mistake would make it; undefined where the graph has no place for it. */
export function mistaken(graph: Graph, mistake: Mistake): Graph | undefined {
  const copy = graph.clone();
  if (mistake.constant) return changeConstant(copy, mistake.constant) ? copy : undefined;
  const { text, resources } = printGraph(copy, undefined);
  const [pattern, changed] = mistake.line ?? [/$^/, ''];
  const lines = text.split('\n');
  const at = lines.findIndex((line) => pattern.test(line));
  if (at < 0) return undefined;
  lines[at] = itemAt(lines, at)
    .replace(pattern, changed)
    .replace(/ : \w+\[[^\]]*\]( quant\([^)]*\))?/, '');
  // types after it are inferred again
  const rest = lines.map((line) => line.replace(/^( {2}%.*?) : \w+\[[^\]]*\]( quant\([^)]*\))?/, '$1'));
  const parsed = parseGraph(rest.join('\n'), { registry, resources });
  verify(parsed, registry);
  return parsed;
}

function changeConstant(graph: Graph, [op, input, change]: NonNullable<Mistake['constant']>): boolean {
  for (const node of graph.nodes()) {
    const value = node.op === op ? node.inputs[input] : undefined;
    if (!value?.constant) continue;
    graph.replaceInput(node, value, graph.addConstant('mistaken', change(value.constant)));
    return true;
  }
  return false;
}

const moved = (tensor: Tensor, place: (i: number) => number): Tensor => {
  const values = toNumbers(tensor);
  const data = Float64Array.from(values, (_, i) => Number(values[place(i)]));
  return { ...fromNumbers(tensor.dtype, tensor.shape, data), ...(tensor.quant && { quant: tensor.quant }) };
};

/** The last two axes of the weight are read in the other order. */
export const swappedAxes = (tensor: Tensor): Tensor => {
  const [height = 1, width = 1] = tensor.shape.slice(-2);
  const plane = height * width;
  return moved(tensor, (i) => i - (i % plane) + ((i % width) * height + Math.floor((i % plane) / width)));
};

/** The halves of the first axis are swapped: the groups in the other order. */
export const swappedHalves = (tensor: Tensor): Tensor =>
  moved(tensor, (i) => (i + tensor.data.length / 2) % tensor.data.length);

/** The output channels one further. */
export const shiftedChannels = (tensor: Tensor): Tensor => {
  const inner = tensor.data.length / (tensor.shape[0] ?? 1);
  return moved(tensor, (i) => (i + inner) % tensor.data.length);
};

export const zeroed = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice().fill(0 as never) });
