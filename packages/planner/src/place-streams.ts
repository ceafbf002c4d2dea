import { type Graph, Node, type StorageRule, type Value } from '@ghostc/ir';
import { buildStream } from './build-stream.ts';
import { roundUp } from './first-fit.ts';
import { type MemoryPlan, type Placement, type PlanOptions, programOf, type Step } from './memory-plan.ts';
import { planProgram } from './plan-memory.ts';
import { valueBytes } from './resolve-storage.ts';
import type { RowMove, RowRules, Stream } from './stream.ts';

/** Nodes `from` up to, not including, `to` of a graph in its order, in bands with at least `rows` rows. */
export interface Region {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/** A plan in which some steps are streams: they replace the nodes of a region. */
export interface StreamedPlan extends MemoryPlan<Node | PlacedStream> {
  readonly graph: Graph;
}

/** A stream as one step, with its memory: `plan` for the values of its bands, in `bytes` of scratch. */
export interface PlacedStream extends Step {
  readonly stream: Stream;
  /** The nodes of the graph that it computes. */
  readonly nodes: readonly Node[];
  readonly plan: MemoryPlan<Node | RowMove>;
  /** Offset of each slab in the scratch. */
  readonly slabs: ReadonlyMap<Value, number>;
  /** Offset of the bands' arena in the scratch. */
  readonly start: number;
  readonly bytes: number;
}

/** Plans a graph with regions (disjoint, in order) computed in bands; null if one of them cannot be. */
export function placeStreams(
  graph: Graph,
  regions: readonly Region[],
  options: PlanOptions & { readonly rowRule: RowRules },
): StreamedPlan | null {
  const program = programOf(graph);
  const steps: (Node | PlacedStream)[] = [];
  let at = 0;
  for (const { from, to, rows } of regions) {
    const nodes = program.steps.slice(from, to);
    const stream = streamOf(graph, { nodes, rows }, options);
    if (!stream) return null;
    steps.push(...program.steps.slice(at, from), placeStream(stream, { graph, nodes }, options));
    at = to;
  }
  steps.push(...program.steps.slice(at));
  const plan = planProgram<Node | PlacedStream>(
    { ...program, steps },
    {
      ...options,
      storageRule: (step) => (step instanceof Node ? options.storageRule(step) : streamRule(step)),
      scratchBytes: (step) => (step instanceof Node ? (options.scratchBytes?.(step) ?? 0) : step.bytes),
    },
  );
  return { ...withBands(plan), graph };
}

export function streamOf(
  graph: Graph,
  { nodes, rows }: { nodes: readonly Node[]; rows: number },
  { rowRule }: { readonly rowRule: RowRules },
): Stream | null {
  const rules = new Map(nodes.flatMap((node) => [[node, rowRule(node)] as const]));
  const known = new Map([...rules].flatMap(([node, rule]) => (rule ? [[node, rule] as const] : [])));
  if (known.size !== nodes.length) return null;
  return buildStream({ nodes, rows, rules: known, results: resultsOf(graph, nodes) });
}

/** Values of the nodes that are needed outside. */
export function resultsOf(graph: Graph, nodes: readonly Node[]): Value[] {
  const inside = new Set(nodes);
  return nodes
    .map(({ output }) => output)
    .filter((value) => graph.isOutput(value) || [...value.users].some((user) => !inside.has(user)));
}

/** Values that the nodes read from outside; constants do not count. */
export function sourcesOf(nodes: readonly Node[]): Value[] {
  const inside = new Set<Value>(nodes.map(({ output }) => output));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs.filter((value) => value !== null)));
  return [...read].filter((value) => !value.constant && !inside.has(value));
}

function placeStream(
  stream: Stream,
  { graph, nodes }: { readonly graph: Graph; readonly nodes: readonly Node[] },
  options: PlanOptions,
): PlacedStream {
  const plan = planProgram<Node | RowMove>(
    { inputs: stream.slabs, outputs: [], constants: [], steps: stream.steps },
    {
      ...options,
      io: 'caller',
      order: 'given',
      storageRule: (step) => (step instanceof Node ? options.storageRule(step) : { kind: 'own' }),
      scratchBytes: (step) => (step instanceof Node ? (options.scratchBytes?.(step) ?? 0) : 0),
    },
  );
  const slabs = new Map<Value, number>();
  let start = 0;
  for (const slab of stream.slabs) {
    slabs.set(slab, start);
    start += roundUp(valueBytes(slab), options.align);
  }
  const ends = { inputs: sourcesOf(nodes), outputs: resultsOf(graph, nodes) };
  return { ...ends, stream, nodes, plan, slabs, start, bytes: start + plan.arenaBytes };
}

/**
 * A stream may write its only result over an input of the same image size if every row is loaded for the last time
 * before it is overwritten: bands are loaded no later than stored.
 */
function streamRule({ stream: { steps }, inputs, outputs }: PlacedStream): StorageRule {
  const moves = steps.flatMap((step) => (step instanceof Node ? [] : [step]));
  const store = moves.at(-1);
  const [result] = outputs;
  if (!result || outputs.length !== 1 || store?.kind !== 'store') return { kind: 'own' };
  const free = [...inputs.entries()].filter(([, value]) => {
    const loads = moves.filter((move) => move.kind === 'load' && move.image === value);
    const early = loads.every(({ rate, lag }) => rate === store.rate && lag <= store.lag);
    return value && loads.length > 0 && early && sameImage(value, result);
  });
  return free.length ? { kind: 'in-place', inputs: free.map(([i]) => i) } : { kind: 'own' };
}

function sameImage(a: Value, b: Value): boolean {
  const [[, channels, ...size], [, outputs, ...outputSize]] = [a.type.shape, b.type.shape];
  const fits = Number(outputs) <= Number(channels) && a.type.dtype === b.type.dtype;
  return fits && size.every((dim, i) => dim === outputSize[i]);
}

/** The plan with the places of what the bands compute. */
function withBands(plan: MemoryPlan<Node | PlacedStream>): MemoryPlan<Node | PlacedStream> {
  const placements = new Map(plan.placements);
  const scratch = new Map(plan.scratch);
  const elided = new Set(plan.elided);
  for (const step of plan.order) {
    if (step instanceof Node) continue;
    const { plan: inner, slabs, start } = step;
    const base = plan.scratch.get(step)?.offset ?? 0;
    const at = (offset: number): Placement => ({ region: 'arena', index: 0, offset: base + offset });
    for (const [slab, offset] of slabs) placements.set(slab, at(offset));
    for (const [value, { region, offset }] of inner.placements)
      if (region === 'arena') placements.set(value, at(start + offset));
    for (const [inside, { offset }] of inner.scratch) scratch.set(inside, at(start + offset));
    for (const gone of inner.elided) elided.add(gone);
  }
  return { ...plan, placements, scratch, elided };
}
