import { isolateNodes, referenceValues, type Sample } from '@ghostc/bisect';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import type { Node } from '@ghostc/ir';
import { nodeMacs } from '@ghostc/ops';

/** One node of a model, run by itself. */
export interface NodeTime {
  readonly op: string;
  /** Of its first output. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly macs: number;
  /** Nanoseconds. */
  readonly cost: number;
}

/** The times of a model's nodes on an engine, in nanoseconds. */
export interface RuntimeProfile {
  readonly unit: 'nanoseconds';
  /** The model as a whole. What nodes take more than that in sum, the engine gains by fusion, or loses by each call. */
  readonly total: number;
  readonly layers: readonly NodeTime[];
}

/** Milliseconds for which a model is run again, and how often it is at least. */
const [ENOUGH, MIN_RUNS] = [50, 5];

/**
 * How long an engine takes for a model, and for each of its nodes by itself on the values that it has in the model: the fastest
 * of several runs. Throws what the engine throws.
 */
export async function profileRuntime(runtime: Runtime, sample: Sample): Promise<RuntimeProfile> {
  const values = referenceValues(sample);
  const total = await fastest(runtime, sample);
  const layers: NodeTime[] = [];
  for (const node of sample.graph.nodes())
    layers.push({
      ...factsOf(node),
      cost: await fastest(runtime, isolateNodes(sample.graph, values, [node])),
    });
  return { unit: 'nanoseconds', total, layers };
}

function factsOf(node: Node): Omit<NodeTime, 'cost'> {
  const [{ name, type }] = node.outputs as [Node['output']];
  return { op: node.op, name, shape: type.shape.map(Number), macs: nodeMacs(node) };
}

async function fastest(runtime: Runtime, { graph, inputs }: Sample): Promise<number> {
  const executable = await runtime.prepare(graph);
  try {
    await executable.run(inputs);
    return 1e6 * (await fastestRun(executable, inputs));
  } finally {
    await executable.dispose?.();
  }
}

async function fastestRun({ run }: Executable, inputs: Tensors): Promise<number> {
  let least = Infinity;
  const end = performance.now() + ENOUGH;
  for (let i = 0; i < MIN_RUNS || performance.now() < end; i++) {
    const start = performance.now();
    await run(inputs);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
