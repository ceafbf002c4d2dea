import { type Graph, itemAt, type Node, type Value } from '@ghostc/ir';
import type { ArenaSpan } from './arena-spans.ts';
import { heldWhile } from './held-while.ts';
import type { PlanOptions } from './memory-plan.ts';
import { placeStreams, type Region, resultsOf, type StreamedPlan, streamOf } from './place-streams.ts';
import { valueBytes } from './resolve-storage.ts';
import { runningNodes } from './running-nodes.ts';
import type { RowMove, RowRules, Stream } from './stream.ts';

export interface WithinOptions extends PlanOptions {
  readonly rowRule: RowRules;
  /** Bytes that the arena may have. */
  readonly maxBytes: number;
  /** Work of a node that runs whole, in multiply-accumulates. */
  readonly work: (node: Node) => number;
}

/** A plan, and by how much it misses the limit. */
export interface WithinResult {
  readonly plan: StreamedPlan;
  readonly regions: readonly Region[];
  /** Work that the bands cost beyond the whole images, in elements moved and multiply-accumulates. */
  readonly extraWork: number;
  /** Bytes above `maxBytes`; 0: it fits. */
  readonly missing: number;
  /** The layer with the most memory alive, and what lies there, largest first. */
  readonly worst: { readonly node: Node; readonly bytes: number; readonly held: readonly ArenaSpan[] } | null;
}

/** Rows of the slowest value of a band that are tried. */
const bandRows = [1, 2, 4, 8, 16];

/** Nodes that a region may reach beyond the stretch that it covers. */
const reach = 24;

/** Regions planned in full for each stretch that is over the limit. */
const trials = 8;

/**
 * The cheapest plan found with an arena of at most `maxBytes`, or else the smallest. Without bands if it fits so. Otherwise
 * each stretch of nodes over the limit is covered by a region; regions around it are estimated, and the cheapest of those
 * that seem to fit are planned, with the search going on where the limit is still exceeded.
 */
export function planWithin(graph: Graph, options: WithinOptions): WithinResult {
  const plain = resultOf(graph, [], options) as WithinResult;
  const wanted = search(graph, plain, options);
  let best = wanted;
  // A limit that is out of reach misleads the search: it is lowered step by step towards the limit instead.
  for (let limit = best.plan.arenaBytes * 0.8; best.missing > 0 && limit > options.maxBytes; ) {
    const next = search(graph, plain, { ...options, maxBytes: limit });
    if (next.plan.arenaBytes < best.plan.arenaBytes) best = withLimit(next, options.maxBytes);
    else if (next.missing > 0) break;
    limit = Math.min(limit, best.plan.arenaBytes) * 0.8;
  }
  return best;
}

function search(graph: Graph, plain: WithinResult, options: WithinOptions): WithinResult {
  let best = withLimit(plain, options.maxBytes);
  for (let round = 0; round < 5 && best.missing > 0; round++) {
    const next = improve(graph, best, options);
    if (!next || next.plan.arenaBytes >= best.plan.arenaBytes) break;
    best = next;
  }
  return best;
}

function withLimit(result: WithinResult, maxBytes: number): WithinResult {
  return { ...result, missing: Math.max(0, result.plan.arenaBytes - maxBytes) };
}

function resultOf(graph: Graph, regions: readonly Region[], options: WithinOptions): WithinResult | null {
  const plan = placeStreams(graph, regions, options);
  if (!plan) return null;
  const extraWork = regions.reduce((sum, region) => sum + regionWork(graph, region, options), 0);
  const missing = Math.max(0, plan.arenaBytes - options.maxBytes);
  return { plan, regions, extraWork, missing, worst: worstOf(plan) };
}

function worstOf(plan: StreamedPlan): WithinResult['worst'] {
  const { live } = plan;
  const run = runningNodes(plan);
  const at = live.reduce((most, bytes, i) => (bytes > (live[most] ?? 0) ? i : most), 0);
  const node = run[at];
  return node ? { node, bytes: live[at] ?? 0, held: heldWhile(plan, node) } : null;
}

/** Replaces the regions that touch the worst stretch by one region; the best of some candidates. */
function improve(graph: Graph, current: WithinResult, options: WithinOptions): WithinResult | null {
  const nodes = [...graph.nodes()];
  const stretch = worstStretch(nodes, current, options.maxBytes);
  if (!stretch) return null;
  const estimate = new Estimator(graph, nodes, options);
  const candidates = regionsAround(nodes, stretch, options).flatMap((region) => {
    const others = current.regions.filter(({ from, to }) => to <= region.from || from >= region.to);
    const cost = estimate.region(region);
    return cost ? [{ regions: [...others, region].sort((a, b) => a.from - b.from), ...cost }] : [];
  });
  const over = (bytes: number): number => Math.max(0, bytes - options.maxBytes);
  candidates.sort((a, b) => over(a.bytes) - over(b.bytes) || a.work - b.work || a.bytes - b.bytes);
  let best: WithinResult | null = null;
  for (const { regions } of candidates.slice(0, trials)) {
    best = better(best, resultOf(graph, regions, options));
    if (best?.missing === 0) break;
  }
  // Estimates are high by what shares memory: what seems to miss a little may fit, and be cheaper.
  const near = candidates.filter(({ bytes }) => over(bytes) > 0 && bytes <= 1.15 * options.maxBytes);
  near.sort((a, b) => a.work - b.work);
  for (const { regions, work } of near.slice(0, trials))
    if (best?.missing === 0 && work < best.extraWork) best = better(best, resultOf(graph, regions, options));
  return best;
}

function better(best: WithinResult | null, next: WithinResult | null): WithinResult | null {
  if (!best || !next) return next ?? best;
  if (next.missing !== best.missing) return next.missing < best.missing ? next : best;
  return next.extraWork < best.extraWork ? next : best;
}
/** Positions in the graph's order. */
interface Stretch {
  readonly first: number;
  readonly last: number;
  /** Of the step with the most memory alive; a region has several. */
  readonly worst: readonly number[];
}

/** The stretch around the worst step in which steps are over the limit. */
function worstStretch(
  nodes: readonly Node[],
  { plan, regions, worst }: WithinResult,
  maxBytes: number,
): Stretch | null {
  if (!worst) return null;
  const run = runningNodes(plan);
  let [low, high] = [run.indexOf(worst.node), run.indexOf(worst.node)];
  while (low > 0 && (plan.live[low - 1] ?? 0) > maxBytes) low--;
  while (high + 1 < run.length && (plan.live[high + 1] ?? 0) > maxBytes) high++;
  const places = positionsOf(nodes, plan, regions);
  const stretch = run.slice(low, high + 1).flatMap((node) => places.get(node) ?? []);
  return {
    first: stretch.reduce((a, b) => Math.min(a, b)),
    last: stretch.reduce((a, b) => Math.max(a, b)),
    worst: places.get(worst.node) ?? [],
  };
}

/** Positions in the source graph of the nodes of a planned graph, which has the same nodes but for the regions. */
function positionsOf(
  nodes: readonly Node[],
  { graph }: StreamedPlan,
  regions: readonly Region[],
): Map<Node, number[]> {
  const places = new Map<Node, number[]>();
  let at = 0;
  for (const node of graph.nodes()) {
    const region = regions.find(({ from }) => from === at);
    const end = region ? region.to : at + 1;
    places.set(
      node,
      [...nodes.slice(at, end).keys()].map((i) => at + i),
    );
    at = end;
  }
  return places;
}

/** Regions of streamable nodes that contain what streams of a stretch around its worst step, in all heights of bands. */
function regionsAround(nodes: readonly Node[], stretch: Stretch, { rowRule }: WithinOptions): Region[] {
  const streams = nodes.map((node) => rowRule(node) !== null);
  const core = streamingPart(streams, stretch);
  if (!core) return [];
  const { first, last } = core;
  let [start, end] = [first, last];
  while (start > 0 && streams[start - 1]) start--;
  while (end + 1 < nodes.length && streams[end + 1]) end++;
  const regions: Region[] = [];
  for (let from = Math.max(start, first - reach); from <= first; from++)
    for (let to = last + 1; to <= Math.min(end, last + reach) + 1; to++)
      for (const rows of bandRows) regions.push({ from, to, rows });
  return regions;
}

/** The part of a stretch that streams whole: with the worst step if that streams, or else the first part. */
function streamingPart(
  streams: readonly boolean[],
  { first, last, worst }: Stretch,
): { first: number; last: number } | null {
  const inner = worst.find((at) => streams[at]) ?? streams.indexOf(true, first);
  if (inner < 0 || inner > last) return null;
  let [low, high] = [inner, inner];
  while (low > first && streams[low - 1]) low--;
  while (high < last && streams[high + 1]) high++;
  return { first: low, last: high };
}

/** Bytes and extra work of a region without planning it: liveness in the given order. */
class Estimator {
  readonly #graph: Graph;
  readonly #nodes: readonly Node[];
  readonly #options: WithinOptions;

  constructor(graph: Graph, nodes: readonly Node[], options: WithinOptions) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#options = options;
  }

  region({ from, to, rows }: Region): { bytes: number; work: number } | null {
    const nodes = this.#nodes.slice(from, to);
    const results = resultsOf(this.#graph, nodes);
    if (results.length > 2) return null;
    const stream = streamOf(this.#graph, { nodes, rows }, this.#options);
    if (!stream) return null;
    const images = [...results, ...this.#inputs(nodes)].reduce(
      (sum, value) => sum + this.#arenaBytes(value),
      0,
    );
    return {
      bytes: images + bodyBytes(stream, this.#options),
      work: extraWork(nodes, stream, this.#options.work),
    };
  }

  #inputs(nodes: readonly Node[]): Value[] {
    const inside = new Set(nodes);
    const read = new Set(nodes.flatMap(({ inputs }) => inputs.filter((value) => value !== null)));
    return [...read].filter((value) => !value.constant && !(value.producer && inside.has(value.producer)));
  }

  #arenaBytes(value: Value): number {
    if (this.#options.io === 'arena') return valueBytes(value);
    return value.producer && !this.#graph.isOutput(value) ? valueBytes(value) : 0;
  }
}

/** Slabs, and the most that the bands of one step and those that are still to be read take. */
function bodyBytes({ body, moves }: Stream, { storageRule }: PlanOptions): number {
  const slabs = body.inputs.reduce((sum, slab) => sum + valueBytes(slab), 0);
  const nodes = [...body.nodes()];
  const place = new Map(nodes.map((node, i) => [node, i]));
  const live = new Array<number>(nodes.length).fill(0);
  nodes.forEach((node, i) => {
    for (const value of node.outputs) {
      const end = [...value.users].reduce((last, user) => Math.max(last, place.get(user) ?? i), i);
      // A join is a placement: its parts count, here as if they lived as long as they are read themselves.
      const bytes = !moves.has(node) && storageRule(node).kind === 'join' ? 0 : valueBytes(value);
      for (let step = i; step <= end; step++) live[step] = (live[step] ?? 0) + bytes;
    }
  });
  return slabs + live.reduce((most, bytes) => Math.max(most, bytes), 0);
}

function regionWork(graph: Graph, { from, to, rows }: Region, options: WithinOptions): number {
  const nodes = [...graph.nodes()].slice(from, to);
  const stream = streamOf(graph, { nodes, rows }, options);
  return stream ? extraWork(nodes, stream, options.work) : Number.POSITIVE_INFINITY;
}

/** Elements moved, and multiply-accumulates for rows outside the images. */
function extraWork(nodes: readonly Node[], stream: Stream, work: (node: Node) => number): number {
  const { body, moves, active, bands } = stream;
  let total = 0;
  for (const node of body.nodes()) {
    const move = moves.get(node);
    const [first, end] = active.get(node) ?? [0, bands];
    total += move ? bands * movedElements(node, move) : (Math.min(end, bands) - first) * work(node);
  }
  return total - nodes.reduce((sum, node) => sum + work(node), 0);
}

/** A push moves the whole slab. */
function movedElements(node: Node, { kind, image }: RowMove): number {
  return elementsOf(kind === 'push' ? image : (node.outputs[0] ?? itemAt(node.inputs, 0)));
}

function elementsOf({ type: { shape } }: Value): number {
  return shape.reduce<number>((product, dim) => product * Number(dim), 1);
}
