import { changeInputShape, extractSubgraph } from '@ghostc/edit';
import { attempt, entryOf, type Graph, type Tensor, type Value } from '@ghostc/ir';
import { halvedAxes, sliceAxis } from './halve-axes.ts';
import { referenceValues, type Sample } from './isolate.ts';

interface Reduction {
  readonly differing: (sample: Sample) => Promise<boolean>;
  readonly maxTrials: number;
  readonly onProgress: (text: string) => void;
}

/** Smaller samples in the order of trying: fewer nodes, smaller images, fewer channels, simpler numbers. */
const steps: readonly ((sample: Sample) => Iterable<Sample>)[] = [
  oneOutput,
  laterStarts,
  smallerImages,
  halvedAxes,
  simplerData,
];

/** Takes the first smaller sample that still differs, again and again, until none does or the trials are used up. */
export async function reduce(
  sample: Sample,
  { differing, maxTrials, onProgress }: Reduction,
): Promise<Sample> {
  let best = sample;
  let left = maxTrials;
  for (const step of steps) {
    for (let found = true; found && left > 0; ) {
      found = false;
      for (const candidate of step(best)) {
        if (left-- <= 0) break;
        onProgress(`reducing: ${best.graph.nodeCount} nodes, ${left} trials left`);
        if (!(await differing(candidate))) continue;
        [best, found] = [candidate, true];
        break;
      }
    }
  }
  return best;
}

function* oneOutput({ graph, inputs }: Sample): Iterable<Sample> {
  if (graph.outputs.length === 1) return;
  for (const { value } of graph.outputs)
    yield kept(extractSubgraph(graph, { inputs: [], outputs: [value.name] }), inputs);
}

/** The same end, but one node's result comes in as an input. The latest such start first. */
function* laterStarts(sample: Sample): Iterable<Sample> {
  const { graph } = sample;
  const outputs = graph.outputs.map(({ value }) => value.name);
  const values = referenceValues(sample);
  for (const node of [...graph.nodes()].reverse()) {
    if (outputs.includes(node.output.name)) continue;
    const small = extractSubgraph(graph, { inputs: [node.output.name], outputs });
    if (small.nodeCount < graph.nodeCount) yield kept(small, byName(values));
  }
}

/** Half the rows, or half the columns, of an image input. */
function* smallerImages({ graph, inputs }: Sample): Iterable<Sample> {
  for (const input of graph.inputs) {
    const source = inputs.get(input.name);
    if (source?.shape.length !== 4) continue;
    for (const axis of [2, 3]) {
      const size = source.shape[axis] ?? 1;
      const cropped = size > 1 && sliceAxis(source, axis, { from: 0, size: Math.ceil(size / 2) });
      const small = cropped && attempt(() => changeInputShape(graph, input.name, cropped.shape));
      if (small) yield { graph: small, inputs: new Map(inputs).set(input.name, cropped) };
    }
  }
}

/** Half of the non-zero elements of an input become 0; then all numbers become integers. */
function* simplerData({ graph, inputs }: Sample): Iterable<Sample> {
  for (const [name, source] of inputs) {
    if (source.dtype !== 'f32') continue;
    const data = source.data as Float32Array;
    const nonZero = [...data.keys()].filter((i) => data[i] !== 0);
    if (nonZero.length > 1) {
      const middle = nonZero[nonZero.length >> 1] ?? 0;
      for (const keep of [(i: number) => i < middle, (i: number) => i >= middle])
        yield {
          graph,
          inputs: new Map(inputs).set(name, { ...source, data: data.map((v, i) => (keep(i) ? v : 0)) }),
        };
    }
    const rounded = data.map((v) => Math.sign(v) * Math.ceil(Math.abs(v)));
    if (rounded.some((v, i) => v !== data[i]))
      yield { graph, inputs: new Map(inputs).set(name, { ...source, data: rounded }) };
  }
}

function kept(graph: Graph, tensors: ReadonlyMap<string, Tensor>): Sample {
  return { graph, inputs: new Map(graph.inputs.map(({ name }) => [name, entryOf(tensors, name)])) };
}

function byName(values: ReadonlyMap<Value, Tensor>): Map<string, Tensor> {
  return new Map([...values].map(([value, tensor]) => [value.name, tensor]));
}
