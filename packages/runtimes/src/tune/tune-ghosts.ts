import { type GhostForm, ghostKey, ghostSizesOf, ghostTiles, hasWholePlanes } from '@ghostc/backend-wgsl';
import { type CompileWgslOptions, lowerForGpuKernels, optimize } from '@ghostc/compiler';
import { Graph, itemAt, type Node, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import type { Session } from '@ghostc/wgsl-runtime';
import { isFaster, median, type Pairs, pairedRatio } from './paired-times.ts';
import { type Data, inputsOf, inTurn, openContestant } from './tune-contestant.ts';

export interface TunedGhost {
  /** `ghostKey` of the module. */
  readonly key: string;
  readonly form: GhostForm;
  readonly staticForm: GhostForm;
  /** Medians, of the chosen form and of the static one. */
  readonly nanoseconds: number;
  readonly staticNanoseconds: number;
}

export interface GhostRun {
  /** Profiled runs of each form. */
  readonly rounds: number;
  readonly onStep?: ((what: string) => void) | undefined;
  readonly device: GPUDevice;
  readonly settings: CompileWgslOptions;
}

/** Every Ghost module of a model, by itself with its gate and residual: in two kernels, in one, and in one with other tiles. */
export async function tuneGhosts(model: Graph, run: GhostRun): Promise<TunedGhost[]> {
  const lowered = lowerForGpuKernels(optimize(model), { fuseGhost: true });
  const modules = new Map<string, Node>();
  for (const node of lowered.nodes()) {
    if (node.op !== 'fused_ghost_module') continue;
    const key = ghostKey(ghostSizesOf(node));
    if (!modules.has(key)) modules.set(key, node);
  }
  const tuned: TunedGhost[] = [];
  for (const [key, node] of modules) {
    run.onStep?.(`Ghost module ${tuned.length + 1} of ${modules.size}`);
    tuned.push(await tuneGhost(key, node, run));
  }
  return tuned;
}

/** The static form, or one that wins against it twice. */
async function tuneGhost(key: string, node: Node, run: GhostRun): Promise<TunedGhost> {
  const graph = moduleGraph(node);
  const open = async (form: GhostForm): Promise<Session> =>
    (await openContestant(run.device, graph, { ...run.settings, tuning: { [key]: form } })).session;
  const [fallback, ...others] = formsOf(node);
  const base = await open(fallback);
  const duel = async (form: GhostForm): Promise<Pairs> => {
    const other = await open(form);
    const pairs = await takeTurns([base, other], inputsOf(graph), run.rounds);
    other.dispose();
    return pairs;
  };
  const duels: { readonly form: GhostForm; readonly pairs: Pairs }[] = [];
  for (const form of others) duels.push({ form, pairs: await duel(form) });
  const [best] = duels
    .filter(({ pairs }) => isFaster(pairs))
    .sort((a, b) => pairedRatio(b.pairs) - pairedRatio(a.pairs));
  const again = best && { form: best.form, pairs: await duel(best.form) };
  base.dispose();
  const staticNanoseconds = median((again ?? duels[0])?.pairs.base ?? []);
  const kept = {
    key,
    form: fallback,
    staticForm: fallback,
    nanoseconds: staticNanoseconds,
    staticNanoseconds,
  };
  if (!again || !isFaster(again.pairs)) return kept;
  return { ...kept, form: again.form, nanoseconds: median(again.pairs.other) };
}

/** Nanoseconds of all dispatches of both, round by round. */
async function takeTurns(
  sessions: readonly [Session, Session],
  inputs: Data,
  rounds: number,
): Promise<Pairs> {
  const pairs: Record<keyof Pairs, number[]> = { base: [], other: [] };
  const lists = [pairs.base, pairs.other];
  for (const { item, index } of inTurn(sessions, rounds)) {
    if (isHopeless(pairs)) break;
    const dispatches = await item.profile(inputs);
    lists[index]?.push(dispatches.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0));
  }
  return pairs;
}

/** Has the other taken more than twice as long in each of two rounds? */
function isHopeless({ base, other }: Pairs): boolean {
  const rounds = Math.min(base.length, other.length);
  return rounds >= 2 && base.slice(0, rounds).every((time, round) => (other[round] ?? 0) > 2 * time);
}

/** The form that the static choice has, then the others. */
function formsOf(node: Node): [GhostForm, ...GhostForm[]] {
  const sizes = ghostSizesOf(node);
  if (hasWholePlanes(sizes)) return [{ fused: true }, { fused: false }];
  return [{ fused: false }, ...ghostTiles(sizes).map((tile) => ({ fused: true, tile }))];
}

/** A model of one fused module: `y = ghost_module(x * gate) + residual` of its inputs. */
function moduleGraph(node: Node): Graph {
  const graph = new Graph('module');
  const inputAt = (i: number): Value | null => {
    const value = node.inputs[i];
    return value ? graph.addInput(`input${i}`, value.type) : null;
  };
  const x = graph.addInput('input0', itemAt(node.inputs, 0).type);
  const [gate, residual] = [inputAt(5), inputAt(6)];
  const weights = node.inputs
    .slice(1, 5)
    .map((value) => (value?.constant ? graph.addConstant(value.name, value.constant) : null));
  const add = (op: string, inputs: (Value | null)[], attrs = {}): Value =>
    buildNode(graph, { op, inputs, attrs }).output;
  const { INIT, CHEAP, size } = ghostSizesOf(node);
  const attrs = { ...node.attrs, oup: INIT + CHEAP, dw_size: size };
  const y = add('ghost_module', [gate ? add('mul', [x, gate]) : x, ...weights], attrs);
  graph.addOutput('y', residual ? add('add', [y, residual]) : y);
  return graph;
}
