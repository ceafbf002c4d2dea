import { itemAt } from '@ghostc/ir';
import type { Share } from '../in-parallel.ts';
import { describeModel } from './describe-model.ts';
import { Judge, type Target, type Verdict } from './judge-models.ts';
import { opDraws } from './op-draws.ts';
import { type RandomModel, randomModel } from './random-model.ts';
import { reduceModel, withExpected } from './reduce-model.ts';

export interface FuzzOnnxOptions {
  readonly count: number;
  readonly seed: number;
  /** Ops of the first node; all in turn if absent. */
  readonly ops?: readonly string[] | undefined;
  /** `seed:op` of one model. */
  readonly replay?: string | undefined;
  readonly targets?: readonly Target[] | undefined;
  readonly seconds?: number;
  /** Which of the numbers are this run's. */
  readonly share?: Share;
  readonly onProgress?: (report: OnnxReport) => void;
}

export interface OpTally {
  /** Models that ONNX Runtime computed. */
  graphs: number;
  agree: number;
  wrong: number;
  /** Models that ONNX Runtime has no kernel for, or calls invalid. */
  rejected: number;
  /** Counts by target and reason. */
  readonly refused: Record<string, number>;
}

/** Of one target, or the reader. */
export interface TargetTally {
  agree: number;
  wrong: number;
  refused: number;
  /** Outputs whose bound was too wide to judge them by. */
  unjudged: number;
  /** Graphs refused by reason, without names and numbers. */
  readonly reasons: Record<string, number>;
}

export interface OnnxReport {
  graphs: number;
  seconds: number;
  readonly ops: Record<string, OpTally>;
  readonly targets: Record<string, TargetTally>;
  readonly failures: string[];
}

/** Models that share one call of the C compiler. */
const BATCH = 96;

/** Runs random ONNX models on ONNX Runtime and on every target of ours. */
export async function fuzzOnnx(options: FuzzOnnxOptions): Promise<OnnxReport> {
  const [replayed, one] = options.replay?.split(/:(.*)/) ?? [];
  const ops = one ? [one] : (options.ops ?? [...opDraws.keys()]);
  const report: OnnxReport = { graphs: 0, seconds: 0, ops: {}, targets: {}, failures: [] };
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const judge = new Judge();
  const { index, count } = options.share ?? { index: 0, count: 1 };
  try {
    for (let number = index; report.graphs < options.count && elapsed() < (options.seconds ?? Infinity); ) {
      const batch: RandomModel[] = [];
      const wanted = Math.min(BATCH, options.count - report.graphs);
      // an op that ONNX Runtime never takes must not keep the loop from its end
      for (let tries = 0; batch.length < wanted && tries < 20 * BATCH; tries++, number += count) {
        const seed = replayed ? Number(replayed) : options.seed * 1_000_003 + number;
        const model = await randomModel(seed, itemAt(ops, number % ops.length), judge.ort);
        if ('rejected' in model) tallyOf(report, model.op).rejected++;
        else batch.push(model);
      }
      if (batch.length === 0) break;
      await settle(batch, report, { judge, targets: options.targets });
      report.graphs += batch.length;
      report.seconds = elapsed();
      options.onProgress?.(report);
    }
  } finally {
    judge.dispose();
  }
  return report;
}

function tallyOf({ ops }: OnnxReport, op: string): OpTally {
  ops[op] ??= { graphs: 0, agree: 0, wrong: 0, rejected: 0, refused: {} };
  return ops[op];
}

function tallyTarget({ targets }: OnnxReport, { target, status, reason = '', unjudged = 0 }: Verdict): void {
  targets[target] ??= { agree: 0, wrong: 0, refused: 0, unjudged: 0, reasons: {} };
  const tally = targets[target];
  tally[status]++;
  tally.unjudged += unjudged;
  if (status === 'refused') count(tally.reasons, kindOf(reason));
}

/** A reason without the numbers and names of one model. */
function kindOf(reason: string): string {
  return reason
    .replace(/%?\b[a-z]*\d[\w.]*\b/g, '#')
    .replace(/\[[^\]]*\]/g, '[]')
    .slice(0, 110);
}

interface Trials {
  readonly judge: Judge;
  readonly targets: readonly Target[] | undefined;
}

async function settle(
  batch: readonly RandomModel[],
  report: OnnxReport,
  { judge, targets }: Trials,
): Promise<void> {
  const all = await judge.judge(
    batch.map((model) => withExpected(model, model)),
    targets,
  );
  for (const [i, model] of batch.entries()) {
    const verdicts = itemAt(all, i);
    const tally = tallyOf(report, model.op);
    tally.graphs++;
    for (const verdict of verdicts) tallyTarget(report, verdict);
    for (const { target, reason } of verdicts.filter(({ status }) => status === 'refused'))
      count(tally.refused, `${target}: ${reason}`);
    const wrong = verdicts.filter(({ status }) => status === 'wrong');
    if (wrong.length) tally.wrong++;
    else if (verdicts.every(({ status }) => status === 'agree')) tally.agree++;
    for (const verdict of wrong) report.failures.push(await tell(model, verdict, judge));
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

async function tell(model: RandomModel, { target, reason }: Verdict, judge: Judge): Promise<string> {
  const smallest = await reduceModel(model, target, judge);
  const what = describeModel(smallest?.part ?? model);
  return `${target} [--replay ${model.seed}:${model.op}] ${smallest?.reason ?? reason}\n${what}`;
}
