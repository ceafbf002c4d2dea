import { extractSubgraph } from '@ghostc/edit';
import type { Graph, Node, Tensor, Value } from '@ghostc/ir';
import { isolateNodes, referenceValues, type Sample } from './isolate.ts';
import { type Outcome, type Pair, runPair, worst } from './measure.ts';
import { reduce } from './reduce.ts';

/** One result of one node in both runtimes. */
export interface TensorRow {
  /** The name in the source model, or the value's. */
  readonly node: string;
  readonly op: string;
  /** |a - b| when both runtimes get the same inputs, and what rounding explains of it. */
  readonly isolated: number;
  readonly allowed: number;
  /** |a - b| when each runtime goes on with its own results. */
  readonly cumulative: number;
}

export interface BisectReport {
  /** Do the outputs of the whole model agree within the derived bound, or, where steps are allowed, all nodes alone? */
  readonly agree: boolean;
  readonly rows: readonly TensorRow[];
  /** The first node whose isolated error is beyond its bound; null when no node alone differs. */
  readonly culprit: { readonly node: string; readonly op: string } | null;
  /** The smallest model and inputs found that still differ; null when nothing differs. */
  readonly smallest: (Sample & { readonly outcome: Outcome }) | null;
  /** Executions of both runtimes. */
  readonly trials: number;
}

export interface BisectOptions {
  /** Executions that the reduction may take. Default 60. */
  readonly maxTrials?: number;
  readonly onProgress?: (text: string) => void;
}

/** Finds where two runtimes first differ on a model with fixed shapes, and reduces that to the smallest model that shows it. */
export async function bisect(sample: Sample, pair: Pair, options: BisectOptions = {}): Promise<BisectReport> {
  const { maxTrials = 60, onProgress = () => undefined } = options;
  let trials = 0;
  const run = (one: Sample): Promise<Outcome> => {
    trials++;
    return runPair(pair, one);
  };
  onProgress('the whole model');
  const whole = worst(await run(sample));
  const values = referenceValues(sample);
  const nodes = [...sample.graph.nodes()];
  onProgress(`${nodes.length} nodes, each alone`);
  const isolated = await run(isolateNodes(sample.graph, values));
  onProgress('every tensor of the whole model');
  const cumulative = await run({ graph: withAllOutputs(sample.graph), inputs: sample.inputs });
  const rows = tabulate(nodes, isolated, cumulative);
  const guilty = nodes.findIndex((node, n) => differs(isolated, node, n));
  const agree = pair.steps ? guilty < 0 : whole.ratio <= 1;
  const start = await startOfReduction({ sample, values, nodes, guilty, differs: !agree, run });
  const differing = async (one: Sample): Promise<boolean> => worst(await run(one)).ratio > 1;
  const small = start && (await reduce(start, { differing, maxTrials, onProgress }));
  return {
    agree,
    rows,
    culprit: guilty < 0 ? null : { node: nameOf(nodes[guilty] as Node), op: (nodes[guilty] as Node).op },
    smallest: small && { ...small, outcome: await run(small) },
    trials,
  };
}

interface Search {
  readonly sample: Sample;
  readonly values: ReadonlyMap<Value, Tensor>;
  readonly nodes: readonly Node[];
  readonly guilty: number;
  readonly differs: boolean;
  readonly run: (sample: Sample) => Promise<Outcome>;
}

/** The guilty node alone; or, where only a combination of nodes differs, the shortest beginning of the model that does. */
async function startOfReduction({
  sample,
  values,
  nodes,
  guilty,
  ...search
}: Search): Promise<Sample | null> {
  if (guilty >= 0) return isolateNodes(sample.graph, values, [nodes[guilty] as Node]);
  if (!search.differs) return null;
  let [low, high] = [0, nodes.length - 1];
  const upTo = (n: number): Sample =>
    part(sample, values, { inputs: [], outputs: [(nodes[n] as Node).output.name] });
  while (low < high) {
    const middle = (low + high) >> 1;
    if (worst(await search.run(upTo(middle))).ratio > 1) high = middle;
    else low = middle + 1;
  }
  const prefix = upTo(high);
  return worst(await search.run(prefix)).ratio > 1 ? prefix : sample;
}

function part(
  { graph }: Sample,
  values: ReadonlyMap<Value, Tensor>,
  boundary: { inputs: string[]; outputs: string[] },
): Sample {
  const byName = new Map([...values].map(([value, tensor]) => [value.name, tensor]));
  const small = extractSubgraph(graph, boundary);
  return {
    graph: small,
    inputs: new Map(small.inputs.map(({ name }) => [name, byName.get(name) as Tensor])),
  };
}

/** Outputs are called as those of `isolateNodes`. */
function withAllOutputs(source: Graph): Graph {
  const graph = source.clone();
  graph.removeOutputs();
  [...graph.nodes()].forEach((node, n) =>
    node.outputs.forEach((value, k) => graph.addOutput(`${n}_${k}`, value)),
  );
  return graph;
}

function tabulate(nodes: readonly Node[], isolated: Outcome, cumulative: Outcome): TensorRow[] {
  return nodes.flatMap((node, n) =>
    node.outputs.map((_, k) => {
      const alone = isolated.distances.get(`${n}_${k}`);
      return {
        node: nameOf(node),
        op: node.op,
        isolated: alone?.error ?? 0,
        allowed: alone?.allowed ?? 0,
        cumulative: cumulative.distances.get(`${n}_${k}`)?.error ?? 0,
      };
    }),
  );
}

function differs({ distances }: Outcome, node: Node, n: number): boolean {
  return node.outputs.some((_, k) => (distances.get(`${n}_${k}`)?.ratio ?? 0) > 1);
}

function nameOf(node: Node): string {
  return node.origin[0] ?? node.output.name;
}
