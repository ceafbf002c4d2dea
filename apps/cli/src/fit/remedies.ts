import { ArenaLimitError, type IoForm, isQuantized, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { CompileError, type Graph, randomTensor } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';
import { CALIBRATION_RUNS, checkWork } from '../check-work.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import type { BoardFacts } from './board-facts.ts';
import { type FitReport, fitReport } from './fit-report.ts';
import { integerIo } from './integer-io.ts';
import { roomBeside, stackRoom } from './place-buffers.ts';
import { type Plan, planFor } from './plan-for.ts';

export interface RemedyRequest {
  /** As the user named it. */
  readonly model: string;
  readonly loaded: LoadedModel;
  /** For the unchanged model. */
  readonly plan: Plan;
  readonly board: BoardFacts;
  readonly io: IoForm;
  readonly onStep: (what: string) => void;
}

export interface Remedies {
  readonly reports: readonly FitReport[];
  /** What is no way, and why. */
  readonly refused: readonly Refused[];
}

interface Refused {
  readonly variant: string;
  readonly problem: string;
}

/** Enough that fit: what changes the model more is not tried. */
const enough = 4;

/**
 * What may help, ranked by how little of the model it changes: weights fetched from a flash on the board, bands of rows (nothing), int8 (of a quantised model, integers at
 * its inputs and outputs), both, then smaller widths and resolutions of a `ghostnet:` spec with the first of these that makes
 * them fit. All are planned for the board, and compiled where the plan fits.
 */
export async function remediesOf(request: RemedyRequest): Promise<Remedies> {
  const { model, loaded, plan, board, onStep } = request;
  const reports: FitReport[] = [];
  const refused: Refused[] = [];
  const measured = async (plans: readonly Plan[]): Promise<void> => {
    for (const one of plans) {
      onStep(one.variant);
      reports.push(await fitReport(one, board));
    }
  };
  await measured(repairs(request, { label: '', loaded, plan }, refused));
  for (const spec of smallerSpecs(model)) {
    if (reports.filter(({ fits }) => fits !== false).length >= enough) break;
    onStep(spec);
    const small = loadModel(spec);
    const own = planFor({ ...request, variant: spec, graph: small.graph });
    const last = own.problems.length
      ? repairs(request, { label: spec, loaded: small, plan: own }, []).at(-1)
      : own;
    await measured([last ?? own]);
  }
  return { reports: reports.sort((a, b) => rankOf(a) - rankOf(b)), refused };
}

/** The sort is stable: what changes less stays first. */
function rankOf({ fits }: FitReport): number {
  return fits === true ? 0 : fits === null ? 1 : 2;
}

interface Variant {
  /** Empty: the unchanged model. */
  readonly label: string;
  readonly loaded: LoadedModel;
  readonly plan: Plan;
}

/** Bands, integers (of a quantised model, at its inputs and outputs), and those in bands, up to the first whose plan fits. */
function repairs(request: RemedyRequest, { label, loaded, plan }: Variant, refused: Refused[]): Plan[] {
  const { graph } = loaded;
  const named = (what: string): string => (label ? `${label}, ${what}` : what);
  const plans: Plan[] = [];
  const attempt = (from: Plan, one: Graph, what: string): void => {
    request.onStep(named(what));
    const next = inBands(request, { graph: one, label: named(what), plan: from });
    if (typeof next === 'string') refused.push({ variant: named(what), problem: next });
    else if (next) plans.push(next);
  };
  const fetchFrom = (from: Plan): void => {
    const { externalFlash } = request.board;
    if (!externalFlash || from.program.weightBytes <= request.board.flashBytes) return;
    const variant = `${from.variant}, weights fetched`;
    request.onStep(variant);
    try {
      plans.push(planFor({ ...from.request, variant, fetched: true }));
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      refused.push({ variant, problem: error.detail });
    }
  };
  fetchFrom(plan);
  if (plans.some(fitsSoFar)) return plans;
  attempt(plan, graph, 'in bands of rows');
  if (plans.some(fitsSoFar)) return plans;
  const quantized = isQuantized(graph);
  const what = quantized ? 'integer inputs and outputs' : 'int8';
  request.onStep(named(what));
  const integers = quantized ? integerIo(graph) : asInt8(loaded);
  if (typeof integers === 'string') refused.push({ variant: named(what), problem: integers });
  if (!integers || typeof integers === 'string') return plans;
  const next = planFor({ ...request, variant: named(what), graph: integers });
  plans.push(next);
  if (!fitsSoFar(next)) fetchFrom(next);
  if (!plans.some(fitsSoFar)) attempt(next, integers, `${what} in bands of rows`);
  return plans;
}

function fitsSoFar({ problems }: Plan): boolean {
  return problems.length === 0;
}

type Banded = Omit<Variant, 'loaded'> & { readonly graph: Graph };

/**
 * With the arena in the space that the board has besides the other buffers; null: not needed; or why it is
 * impossible.
 */
function inBands({ board, io }: RemedyRequest, { graph, label, plan }: Banded): Plan | null | string {
  const maxRam = arenaRoom(plan, board);
  if (plan.program.arenaBytes <= maxRam) return null;
  if (maxRam < 1) return 'inputs and outputs alone leave no room for an arena';
  try {
    const variant = `${label} (--max-ram ${maxRam})`;
    return planFor({ variant, graph, board, io, maxRam });
  } catch (error) {
    if (error instanceof ArenaLimitError) return error.detail;
    throw error;
  }
}

/** The largest arena for which the other buffers and a stack have room too, to 1 KB. */
function arenaRoom({ buffers }: Plan, { ram }: BoardFacts): number {
  const others = buffers.filter(({ name }) => name !== 'arena');
  return roomBeside([...others, { name: 'stack', bytes: stackRoom }], ram);
}

/** A float model as int8, or why it cannot be one. Ranges of random inputs do for sizes and times; accuracy takes `ghostc quantize` with real data. */
function asInt8(loaded: LoadedModel): Graph | string {
  try {
    checkWork(loaded, {}, CALIBRATION_RUNS);
    const float = lowerForQuantizer(optimize(loaded.graph));
    const inputs = new Map(float.inputs.map((input, i) => [input.name, randomTensor(input.type, i + 1)]));
    return quantize(float, [{ name: 'seeded', inputs }], { io: 'int8' }).graph;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return error.code === 'run/work' ? error.detail : `random inputs do not calibrate it: ${error.detail}`;
  }
}

/** The same family at a smaller resolution, a smaller width, and both: the most multiply-accumulates first. */
function smallerSpecs(model: string): string[] {
  const [, family, width, size = '224', rest = ''] =
    /^(ghostnet(?:v[123])?):([\d.]+)(?:@(\d+))?(\/\d+)?$/.exec(model) ?? [];
  if (!family) return [];
  const smaller = <T extends number>(list: readonly T[], than: number): number[] => [
    than,
    ...list.filter((other) => other < than),
  ];
  const pairs = smaller([0.5, 0.3], Number(width)).flatMap((w) =>
    smaller([160, 128, 96], Number(size)).map((s) => [w, s] as const),
  );
  return pairs
    .slice(1)
    .sort(([aw, as], [bw, bs]) => (bw * bs) ** 2 - (aw * as) ** 2)
    .map(([w, s]) => `${family}:${w}@${s}${rest}`);
}
