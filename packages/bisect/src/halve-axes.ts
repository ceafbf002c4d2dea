import { copyGraph } from '@ghostc/edit';
import { attempt, numElements, type QuantParams, type Tensor, type Value } from '@ghostc/ir';
import type { Sample } from './isolate.ts';

interface Range {
  readonly from: number;
  readonly size: number;
}

/**
 * Samples in which every axis of one size, in inputs and constants, is reduced to its first or its last half:
 * fewer channels, if these have a unique size. Those that are invalid for a node are omitted.
 */
export function* halvedAxes(sample: Sample): Iterable<Sample> {
  const { graph, inputs } = sample;
  const tensors = [...inputs.values(), ...[...graph.constants].flatMap(({ constant }) => constant ?? [])];
  const sizes = new Set(tensors.flatMap(({ shape }) => shape).filter((size) => size > 1));
  for (const whole of [...sizes].sort((a, b) => b - a)) {
    const size = Math.ceil(whole / 2);
    for (const from of [0, whole - size]) {
      const small = rebuilt(sample, (tensor) => slicedWhere(tensor, whole, { from, size }));
      if (small) yield small;
    }
  }
}

/** The indices from `from` to `from + size - 1` along an axis. */
export function sliceAxis(source: Tensor, axis: number, { from, size }: Range): Tensor {
  const whole = source.shape[axis] ?? 1;
  const inner = numElements(source.shape.slice(axis + 1));
  const inside = (i: number): boolean => {
    const at = Math.floor(i / inner) % whole;
    return at >= from && at < from + size;
  };
  return {
    ...source,
    shape: source.shape.map((dim, i) => (i === axis ? size : dim)),
    data: source.data.filter((_: unknown, i: number) => inside(i)),
    quant: slicedQuant(source.quant, axis, { from, size }),
  };
}

function slicedQuant(quant: QuantParams | undefined, axis: number, { from, size }: Range): Tensor['quant'] {
  if (quant?.axis !== axis) return quant;
  const { scale, zeroPoint } = quant;
  return {
    ...quant,
    scale: scale.slice(from, from + size),
    zeroPoint: zeroPoint.slice(from, from + size),
  };
}

function slicedWhere(tensor: Tensor, whole: number, range: Range): Tensor {
  return tensor.shape.reduce(
    (result, dim, axis) => (dim === whole ? sliceAxis(result, axis, range) : result),
    tensor,
  );
}

/** The same nodes on other tensors; null if a node does not accept them. */
function rebuilt({ graph, inputs }: Sample, change: (tensor: Tensor) => Tensor): Sample | null {
  const given = new Map([...inputs].map(([name, tensor]) => [name, change(tensor)]));
  const inputType = ({ name, type }: Value) => ({ ...type, shape: given.get(name)?.shape ?? type.shape });
  return attempt(() => ({ graph: copyGraph(graph, { inputType, constant: change }), inputs: given }));
}
