import type { Graph, Node, Shape, Value } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

// ONNX writes a convolution or pool over a line [N,C,L] with weights [M,C,k] and one number for each axis; the graph has
// them as those of an image of height 1.

interface Window {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** A window over a value of this rank. */
export function windowForRank<W extends Partial<Window>>(window: W, rank: number): W {
  if (rank !== 3) return window;
  const entries = Object.entries(window).map(([name, list]) => [
    name,
    (list as readonly number[]).filter((_, i) => i % 2 === 1),
  ]);
  return Object.fromEntries(entries) as W;
}

/** Whether an input is the weight [M,C,1,k] of a window over a line. */
export function isLineWeight({ op, inputs }: Node, index: number): boolean {
  const [x] = inputs;
  const weight = inputs[index];
  if (x?.type.shape.length !== 3 || weight?.type.shape.length !== 4) return false;
  return /weight\??$/.test(lookup(op).inputs[index] ?? '');
}

/** [M,C,1,k] as [M,C,k]. */
export function withoutHeight<S extends Shape | readonly number[]>(shape: S): S {
  return shape.filter((_, axis) => axis !== 2) as unknown as S;
}

/** Weights that only windows over lines read, also through a dequantisation: they are written without the axis of height. */
export function lineWeights(graph: Graph): ReadonlySet<Value> {
  const lines = new Set<Value>();
  const onlyLines = (value: Value): boolean =>
    value.users.size > 0 &&
    !graph.isOutput(value) &&
    [...value.users].every((user) =>
      user.inputs.every((input, i) => input !== value || isLineWeight(user, i) || lines.has(user.output)),
    );
  for (const node of graph.nodes())
    if (node.op === 'dequantize_linear' && onlyLines(node.output)) lines.add(node.output);
  for (const value of graph.constants) if (onlyLines(value)) lines.add(value);
  return lines;
}
