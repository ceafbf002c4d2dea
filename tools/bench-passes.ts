import { Graph, randomTensor, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { optimizationPasses, runPasses } from '@ghostc/passes';

/**
 * Time of the whole optimiser per node on graphs of 1k, 10k and 100k nodes: linear time keeps it within a factor of 2.
 * Prints JSON; exit code 1 when it does not.
 */
const SIZES = [1_000, 10_000, 100_000];
const LIMIT = 2;

measure(SIZES[0] ?? 0);
const rows = SIZES.map((nodes) => ({
  nodes,
  microsecondsPerNode: median([1, 2, 3].map(() => measure(nodes))),
}));
const times = rows.map((row) => row.microsecondsPerNode);
const ratio = Math.max(...times) / Math.min(...times);
console.log(JSON.stringify({ rows, ratio: Math.round(ratio * 100) / 100, limit: LIMIT }, null, 2));
process.exitCode = ratio <= LIMIT ? 0 : 1;

/** Microseconds per node that the optimiser takes on a chain of Ghost modules with `nodes` nodes. */
function measure(nodes: number): number {
  const graph = chain(nodes);
  const start = performance.now();
  runPasses(graph, optimizationPasses);
  return Math.round(((performance.now() - start) * 1e5) / nodes) / 100;
}

/** Ghost modules as exporters write them, with weights of their own: 8 nodes each. */
function chain(nodes: number): Graph {
  const graph = new Graph('chain');
  let x: Value = graph.addInput('x', { dtype: 'f32', shape: [1, 4, 4, 4] });
  for (let i = 0; graph.nodeCount < nodes; i++) x = ghost(graph, x, i);
  graph.addOutput('y', x);
  return graph;
}

function ghost(graph: Graph, x: Value, seed: number): Value {
  const node = (op: string, inputs: Value[], attrs: Record<string, number | readonly number[]> = {}): Value =>
    buildNode(graph, { op, inputs, attrs, origin: [`${op}_${seed}`] }).output;
  const constant = (shape: readonly number[], salt: number): Value =>
    graph.addConstant('w', randomTensor({ dtype: 'f32', shape }, seed * 16 + salt));
  const statistics = (salt: number): Value[] => [0, 1, 2].map((i) => constant([2], salt + i));
  const variance = (): Value =>
    graph.addConstant('v', { dtype: 'f32', shape: [2], data: Float32Array.of(1, 2) });
  const x1 = node('relu', [
    node('batch_norm', [node('conv2d', [x, constant([2, 4, 1, 1], 0)]), ...statistics(1), variance()]),
  ]);
  const cheap = node('conv2d', [x1, constant([2, 1, 3, 3], 5)], { group: 2, pads: [1, 1, 1, 1] });
  const x2 = node('relu', [node('batch_norm', [cheap, ...statistics(6), variance()])]);
  return node('slice', [node('concat', [x1, x2], { axis: 1 })], { starts: [0], ends: [4], axes: [1] });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
