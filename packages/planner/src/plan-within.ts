import { type Graph, Node, numElements, type Value } from '@ghostc/ir';
import type { ArenaSpan } from './arena-spans.ts';
import { heldWhile } from './held-while.ts';
import type { PlanOptions } from './memory-plan.ts';
import {
  type PlacedStream,
  placeStreams,
  type Region,
  resultsOf,
  type StreamedPlan,
  sourcesOf,
  streamOf,
} from './place-streams.ts';
import { valueBytes } from './resolve-storage.ts';
import { runningSteps } from './running-steps.ts';
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
  /** The step with the most live memory, and what is live there, largest first. */
  readonly worst: {
    readonly step: Node | PlacedStream;
    readonly bytes: number;
    readonly held: readonly ArenaSpan[];
  } | null;
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
  const run = runningSteps(plan);
  const at = live.reduce((most, bytes, i) => (bytes > (live[most] ?? 0) ? i : most), 0);
  const step = run[at];
  return step ? { step, bytes: live[at] ?? 0, held: heldWhile(plan, step) } : null;
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
  { plan, worst }: WithinResult,
  maxBytes: number,
): Stretch | null {
  if (!worst) return null;
  const run = runningSteps(plan);
  let [low, high] = [run.indexOf(worst.step), run.indexOf(worst.step)];
  while (low > 0 && (plan.live[low - 1] ?? 0) > maxBytes) low--;
  while (high + 1 < run.length && (plan.live[high + 1] ?? 0) > maxBytes) high++;
  const places = new Map(nodes.map((node, i) => [node, i]));
  const placesOf = (step: Node | PlacedStream): number[] =>
    (step instanceof Node ? [step] : step.nodes).flatMap((node) => places.get(node) ?? []);
  const stretch = run.slice(low, high + 1).flatMap(placesOf);
  return {
    first: stretch.reduce((a, b) => Math.min(a, b)),
    last: stretch.reduce((a, b) => Math.max(a, b)),
    worst: placesOf(worst.step),
  };
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
    const images = [...results, ...sourcesOf(nodes)].reduce((sum, value) => sum + this.#arenaBytes(value), 0);
    return {
      bytes: images + bandBytes(stream, this.#options),
      work: extraWork(nodes, stream, this.#options.work),
    };
  }

  #arenaBytes(value: Value): number {
    if (this.#options.io === 'arena') return valueBytes(value);
    return value.producer && !this.#graph.isOutput(value) ? valueBytes(value) : 0;
  }
}

/** Slabs, and the most that the bands of one step and those that are still to be read take. */
function bandBytes({ steps, slabs }: Stream, { storageRule }: PlanOptions): number {
  const kept = slabs.reduce((sum, slab) => sum + valueBytes(slab), 0);
  const ends = new Map(steps.flatMap(({ inputs }, i) => inputs.map((value) => [value, i] as const)));
  const live = new Array<number>(steps.length).fill(0);
  steps.forEach((step, i) => {
    // A join is a placement: its parts count, as if they lived as long as the join is read.
    const joined = step instanceof Node && storageRule(step).kind === 'join';
    for (const value of step.outputs)
      for (let at = i; at <= (ends.get(value) ?? i); at++)
        live[at] = (live[at] ?? 0) + (joined ? 0 : valueBytes(value));
  });
  return kept + live.reduce((most, bytes) => Math.max(most, bytes), 0);
}

function regionWork(graph: Graph, { from, to, rows }: Region, options: WithinOptions): number {
  const nodes = [...graph.nodes()].slice(from, to);
  const stream = streamOf(graph, { nodes, rows }, options);
  return stream ? extraWork(nodes, stream, options.work) : Number.POSITIVE_INFINITY;
}

/** Elements moved, and multiply-accumulates for rows outside the images. */
function extraWork(nodes: readonly Node[], stream: Stream, work: (node: Node) => number): number {
  const { steps, active, bands } = stream;
  let total = 0;
  for (const step of steps) {
    const [first, end] = active.get(step) ?? [0, bands];
    total += step instanceof Node ? (Math.min(end, bands) - first) * work(step) : bands * movedElements(step);
  }
  return total - nodes.reduce((sum, node) => sum + work(node), 0);
}

/** A push moves the whole slab. */
function movedElements({ kind, image, band }: RowMove): number {
  return numElements((kind === 'push' ? image : band).type.shape);
}
