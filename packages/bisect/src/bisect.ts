import { itemAt, type Value } from '@ghostc/ir';
import { bisectSteps } from './bisect-steps.ts';
import { Cuttable } from './cuttable.ts';
import type { Sample } from './isolate.ts';
import { alike, disagree, type Outcome, type Pair, runPair, worst } from './outcome.ts';
import { reduce } from './reduce.ts';
import {
  type BisectOptions,
  type BisectReport,
  type Located,
  type NamedNode,
  named,
  report,
  type Session,
} from './session.ts';

/**
 * Finds where two runtimes first differ on a model with fixed shapes, and reduces that to the smallest model
 * that shows it. Prefixes of the model are compiled, so that what fuses in the model fuses in them. A model
 * reported to differ was run twice and differed both times.
 */
export async function bisect(sample: Sample, pair: Pair, options: BisectOptions = {}): Promise<BisectReport> {
  const session = start(pair, options);
  session.progress('the whole model');
  const whole = await session.run(sample);
  const integers = pair.steps && whole.failures.length === 0;
  if (integers) return bisectSteps(sample, whole, session);
  if (!disagree(whole)) return report(session, whole, {});
  return report(session, whole, await locate(sample, whole, session));
}

function start(pair: Pair, { maxTrials = 60, onProgress = () => undefined }: BisectOptions): Session {
  let trials = 0;
  const run = (sample: Sample): Promise<Outcome> => {
    trials++;
    return runPair(pair, sample);
  };
  return { run, progress: onProgress, rows: [], notes: [], trials: () => trials, maxTrials };
}

async function locate(sample: Sample, whole: Outcome, session: Session): Promise<Located> {
  const found = await firstPart(sample, whole, session);
  if (!found) {
    session.notes.push('only the whole model differs: none of its beginnings does');
    return { smallest: await confirmed([sample], whole, session) };
  }
  const { cut, last } = found;
  const first = await latestStart(found, whole, session);
  const group = cut.nodes.slice(first, last + 1).map(named);
  const isolated = first > 0 ? cut.between(first, last) : cut.upTo(last);
  const small = await reduced(isolated ?? sample, whole, session);
  if (first === 0 && last > 0)
    session.notes.push(
      'no part differs without all that comes before it: the beginning could not be made shorter',
    );
  const smallest = await confirmed([...small, cut.upTo(last), sample], whole, session);
  return { group: smallest ? shrunk(group, smallest) : [], smallest };
}

/** Where the reduction dropped nodes, those that are left. */
function shrunk(group: readonly NamedNode[], { graph }: Sample): readonly NamedNode[] {
  const left = [...graph.nodes()].map(named);
  return left.length < group.length ? left : group;
}

interface Found {
  readonly cut: Cuttable;
  /** The first node up to which the runtimes part. */
  readonly last: number;
}

/** A node whose beginning differs while that of the node before it does not, for the first output that differs by itself. */
async function firstPart(sample: Sample, whole: Outcome, session: Session): Promise<Found | null> {
  for (const output of worstFirst(sample, whole)) {
    const cut = Cuttable.of(sample, output);
    const high = cut.nodes.length - 1;
    if (high >= 0 && (isWhole(sample, cut) || (await partsUpTo(cut, high, whole, session))))
      return { cut, last: await boundary(cut, high, whole, session) };
  }
  return null;
}

/** Whether the beginning that ends at the output is the model itself, which has been run. */
function isWhole({ graph }: Sample, { nodes }: Cuttable): boolean {
  return graph.outputs.length === 1 && nodes.length === graph.nodeCount;
}

/**
 * Binary search finds a node whose prefix differs. A later prefix that includes this node may agree: the
 * first one cuts a group that is fused in the whole model, and only the kernel used in its place is wrong.
 * The search then continues after the later one.
 */
async function boundary(cut: Cuttable, end: number, whole: Outcome, session: Session): Promise<number> {
  let low = -1;
  for (;;) {
    const high = await halve(cut, { low, high: end }, whole, session);
    const later = await agreesLater(cut, { low: high, high: end }, whole, session);
    if (later === undefined) return high;
    low = later;
  }
}

interface Range {
  readonly low: number;
  readonly high: number;
}

async function halve(cut: Cuttable, range: Range, whole: Outcome, session: Session): Promise<number> {
  let { low, high } = range;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    session.progress(`beginnings of the model: ${high - low} nodes left`);
    if (await partsUpTo(cut, middle, whole, session)) high = middle;
    else low = middle;
  }
  return high;
}

/** A fused group has fewer nodes. */
const MOST_LATER = 16;

/** Of the beginnings 1, 2, 4, 8 and 16 nodes longer, the first that has the node in it and agrees. */
async function agreesLater(
  cut: Cuttable,
  { low, high }: Range,
  whole: Outcome,
  session: Session,
): Promise<number | undefined> {
  const { name } = itemAt(cut.nodes, low).output;
  for (let step = 1; step <= MOST_LATER && low + step < high; step *= 2) {
    const nodes = [...(cut.upTo(low + step)?.graph.nodes() ?? [])];
    const reads = nodes.some(({ output }) => output.name === name);
    if (reads && !(await partsUpTo(cut, low + step, whole, session))) return low + step;
  }
  return undefined;
}

async function partsUpTo(cut: Cuttable, n: number, whole: Outcome, session: Session): Promise<boolean> {
  const sample = cut.upTo(n);
  if (!sample) return false;
  const outcome = await session.run(sample);
  const { maxAbs: error = 0, allowed = 0 } = worst(outcome) ?? {};
  session.rows.push({ ...named(itemAt(cut.nodes, n)), kind: outcome.kind, error, allowed });
  return alike(outcome, whole);
}

/** The fewest nodes before `last` that part with it, on the interpreter's values: 1, 2, 3, 4, 6, 8, 12, ... are tried. */
async function latestStart({ cut, last }: Found, whole: Outcome, session: Session): Promise<number> {
  let failed = 0;
  for (let count = 1; count <= last; count = Math.max(count + 1, Math.floor(count * 1.5))) {
    session.progress(`the last ${count} nodes`);
    const sample = cut.between(last - count + 1, last);
    if (sample && alike(await session.run(sample), whole)) return last - count + 1;
    if (++failed > MOST_STARTS) break;
  }
  return 0;
}

/** Beyond about 40 nodes the first ones are not informative. */
const MOST_STARTS = 10;

/** The reduced sample, and before it failed the one that it came from. */
async function reduced(sample: Sample, whole: Outcome, session: Session): Promise<Sample[]> {
  const differing = async (one: Sample): Promise<boolean> => alike(await session.run(one), whole);
  const { maxTrials, progress: onProgress } = session;
  const small = sample.other ? sample : await reduce(sample, { differing, maxTrials, onProgress });
  return small === sample ? [sample] : [small, sample];
}

/** The first sample that differs when it is run again. */
async function confirmed(
  samples: readonly (Sample | null)[],
  whole: Outcome,
  session: Session,
): Promise<BisectReport['smallest']> {
  for (const sample of samples) {
    const outcome = sample && (await session.run(sample));
    if (outcome && alike(outcome, whole)) return { ...sample, outcome };
  }
  session.notes.push('the difference comes and goes: no model differed when it was run again');
  return null;
}

function worstFirst({ graph }: Sample, { comparisons }: Outcome): Value[] {
  const ratio = (name: string): number => comparisons.get(name)?.ratio ?? 0;
  const outputs = [...graph.outputs].sort((a, b) => ratio(b.name) - ratio(a.name));
  return outputs.map(({ value }) => value);
}
