import { lowerForKernels, optimize } from '@ghostc/compiler';
import { chain } from './exporter-blocks.ts';

/**
 * CPU time per node of the whole pipeline (every pass, the verifier after each, lowering) on graphs of 1k, 10k and 100k
 * nodes: linear time keeps it within a factor of 2. Every row works on 100k nodes in all, in graphs that are alive together,
 * so that caches and garbage collection weigh the same and only the length of a graph differs. A table, or JSON with --json;
 * exit code 1 over the limit.
 */
const SIZES = [1_000, 10_000, 100_000];
const TOTAL = 100_000;
const RUNS = 3;
const LIMIT = 2;

measure(1_000); // compiles: the first run is not counted
const runs = Array.from({ length: RUNS }, () => SIZES.map(measure));
const rows = SIZES.map((nodes, i) => ({
  nodes,
  microsecondsPerNode: median(runs.map((run) => run[i] ?? 0)),
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

/** Microseconds of CPU per node that the pipeline takes on graphs of `nodes` nodes. */
function measure(nodes: number): number {
  const graphs = Array.from({ length: TOTAL / nodes }, () => chain(nodes));
  const start = process.cpuUsage();
  const results = graphs.map((graph) => lowerForKernels(optimize(graph)));
  const { user, system } = process.cpuUsage(start);
  return results.length ? Math.round(((user + system) * 10) / TOTAL) / 10 : 0;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
