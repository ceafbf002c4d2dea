import { type Graph, itemAt, type Node, type StorageRule, type Value } from '@ghostc/ir';
import { buildStream } from './build-stream.ts';
import { roundUp } from './first-fit.ts';
import type { MemoryPlan, Placement, PlanOptions } from './memory-plan.ts';
import { planMemory } from './plan-memory.ts';
import { valueBytes } from './resolve-storage.ts';
import type { RowMove, RowRules, Stream } from './stream.ts';

/** Nodes `from` up to, not including, `to` of a graph in its order, in bands with at least `rows` rows. */
export interface Region {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/** A plan in which some nodes of `graph` are streams. */
export interface StreamedPlan extends MemoryPlan {
  /** The planned graph: a copy in which each region is one `stream` node. */
  readonly graph: Graph;
  readonly streams: ReadonlyMap<Node, PlacedStream>;
}

/** A stream with its memory: `plan` for the values of its body, in `bytes` of scratch. */
export interface PlacedStream {
  readonly stream: Stream;
  readonly plan: MemoryPlan;
  /** Offset of each slab in the scratch. */
  readonly slabs: ReadonlyMap<Value, number>;
  /** Offset of the body's arena in the scratch. */
  readonly start: number;
  readonly bytes: number;
}

/** Plans a graph with regions (disjoint, in order) computed in bands; null if one of them cannot be. */
export function placeStreams(
  source: Graph,
  regions: readonly Region[],
  options: PlanOptions & { readonly rowRule: RowRules },
): StreamedPlan | null {
  const graph = source.clone();
  const nodes = [...graph.nodes()];
  const streams = new Map<Node, PlacedStream>();
  for (const { from, to, rows } of regions) {
    const region = nodes.slice(from, to);
    const stream = streamOf(graph, { nodes: region, rows }, options);
    if (!stream) return null;
    streams.set(replaceRegion(graph, region, stream), placeBody(stream, options));
  }
  const plan = planMemory(graph, {
    ...options,
    storageRule: (node) => streamRule(node, streams.get(node)?.stream) ?? options.storageRule(node),
    scratchBytes: (node) => streams.get(node)?.bytes ?? options.scratchBytes?.(node) ?? 0,
  });
  return { ...withBodies(plan, streams), graph, streams };
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

/** Puts one `stream` node in the place of the region; the stream's stores then name its outputs. */
function replaceRegion(graph: Graph, nodes: readonly Node[], stream: Stream): Node {
  const results = resultsOf(graph, nodes);
  const inside = new Set<Value>(nodes.map(({ output }) => output));
  const inputs = new Set(
    nodes.flatMap((node) => node.inputs.filter((value) => value && !inside.has(value) && !value.constant)),
  );
  const node = graph.add({
    op: 'stream',
    inputs: [...inputs],
    types: results.map(({ type }) => type),
    names: results.map(({ name }) => name),
    origin: nodes.flatMap(({ origin }) => origin),
    before: nodes.at(-1)?.next ?? null,
  });
  const moves = stream.moves as Map<Node, RowMove>;
  for (const [at, move] of moves) {
    const result = move.kind === 'store' ? results.indexOf(move.image) : -1;
    if (result >= 0) moves.set(at, { ...move, image: itemAt(node.outputs, result) });
  }
  results.forEach((value, i) => void graph.replaceAllUses(value, itemAt(node.outputs, i)));
  for (const old of [...nodes].reverse()) graph.remove(old);
  return node;
}

function placeBody(stream: Stream, options: PlanOptions): PlacedStream {
  const { body, moves } = stream;
  const plan = planMemory(body, {
    ...options,
    io: 'caller',
    order: 'given',
    storageRule: (node) => (moves.has(node) ? { kind: 'own' } : options.storageRule(node)),
    scratchBytes: (node) => (moves.has(node) ? 0 : (options.scratchBytes?.(node) ?? 0)),
  });
  const slabs = new Map<Value, number>();
  let start = 0;
  for (const slab of body.inputs) {
    slabs.set(slab, start);
    start += roundUp(valueBytes(slab), options.align);
  }
  return { stream, plan, slabs, start, bytes: start + plan.arenaBytes };
}

/**
 * A stream may write its only result over an input of the same image size if every row is loaded for the last time
 * before it is overwritten: bands are loaded no later than stored.
 */
function streamRule(node: Node, stream: Stream | undefined): StorageRule | null {
  if (!stream) return null;
  const order = [...stream.body.nodes()];
  const moves = order.flatMap((at) => stream.moves.get(at) ?? []);
  const store = moves.at(-1);
  if (node.outputs.length !== 1 || store?.kind !== 'store') return { kind: 'own' };
  const inputs = [...node.inputs.entries()].filter(([, value]) => {
    const loads = moves.filter((move) => move.kind === 'load' && move.image === value);
    const early = loads.every(({ rate, lag }) => rate === store.rate && lag <= store.lag);
    return value && loads.length > 0 && early && sameImage(value, node.output);
  });
  return inputs.length ? { kind: 'in-place', inputs: inputs.map(([i]) => i) } : { kind: 'own' };
}

function sameImage(a: Value, b: Value): boolean {
  const [[, channels, ...size], [, outputs, ...outputSize]] = [a.type.shape, b.type.shape];
  const fits = Number(outputs) <= Number(channels) && a.type.dtype === b.type.dtype;
  return fits && size.every((dim, i) => dim === outputSize[i]);
}

/** The plan with the places of what the bodies compute. */
function withBodies(plan: MemoryPlan, streams: ReadonlyMap<Node, PlacedStream>): MemoryPlan {
  const placements = new Map(plan.placements);
  const scratch = new Map(plan.scratch);
  const elided = new Set(plan.elided);
  for (const [node, { plan: inner, slabs, start }] of streams) {
    const base = plan.scratch.get(node)?.offset ?? 0;
    const at = (offset: number): Placement => ({ region: 'arena', index: 0, offset: base + offset });
    for (const [slab, offset] of slabs) placements.set(slab, at(offset));
    for (const [value, { region, offset }] of inner.placements)
      if (region === 'arena') placements.set(value, at(start + offset));
    for (const [inside, { offset }] of inner.scratch) scratch.set(inside, at(start + offset));
    for (const gone of inner.elided) elided.add(gone);
  }
  return { ...plan, placements, scratch, elided };
}
