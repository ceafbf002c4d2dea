import { lowerForKernels, optimize } from '@ghostc/compiler';
import { chain } from './exporter-blocks.ts';

/**
 * CPU time per node of the whole pipeline (every pass, the verifier after each, lowering) on graphs of 1k, 10k and 100k
 * nodes: linear time keeps it within a factor of 2. A table, or JSON with --json; exit code 1 when it does not.
 */
const SIZES = [
  { nodes: 1_000, runs: 15 },
  { nodes: 10_000, runs: 5 },
  { nodes: 100_000, runs: 3 },
];
const LIMIT = 2;

// Compiled code for every size: the small graph would otherwise be timed in the bytecode interpreter.
for (let i = 0; i < 20; i++) measure(1_000);
measure(10_000);

const rows = SIZES.map(({ nodes, runs }) => ({
  nodes,
  microsecondsPerNode: median(Array.from({ length: runs }, () => measure(nodes))),
}));
const times = rows.map((row) => row.microsecondsPerNode);
const ratio = Math.round((Math.max(...times) / Math.min(...times)) * 100) / 100;
if (process.argv.includes('--json')) console.log(JSON.stringify({ rows, ratio, limit: LIMIT }, null, 2));
else {
  for (const { nodes, microsecondsPerNode } of rows)
    console.log(
      `${String(nodes).padStart(7)} nodes  ${microsecondsPerNode.toFixed(1).padStart(7)} us per node`,
    );
  console.log(`largest / smallest  ${ratio}  (at most ${LIMIT})`);
}
process.exitCode = ratio <= LIMIT ? 0 : 1;

/** Microseconds of CPU per node that the pipeline takes on a graph of `nodes` nodes. */
function measure(nodes: number): number {
  const graph = chain(nodes);
  globalThis.gc?.();
  const start = process.cpuUsage();
  lowerForKernels(optimize(graph));
  const { user, system } = process.cpuUsage(start);
  return Math.round(((user + system) * 10) / graph.nodeCount) / 10;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
