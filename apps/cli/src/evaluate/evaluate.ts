import { byteSize, CompileError, itemAt, numElements, type Tensor } from '@ghostc/ir';
import { type Accuracy, accuracyOf, type PairedDifference, pairedDifference } from './accuracy.ts';
import { type Candidate, prepareCandidate, type Running, runBatch } from './candidate.ts';
import type { LabelledData } from './labelled-data.ts';

export interface CandidateResult extends Accuracy {
  readonly model: string;
  readonly target: string;
  readonly seconds: number;
  /** Against the first candidate, on the items that both saw; absent for the first. */
  readonly paired?: PairedDifference;
}

export interface Evaluation {
  readonly items: number;
  readonly classes: readonly string[];
  readonly results: readonly CandidateResult[];
}

/** Called on the way: what runs, and how many runs of how many are done. */
export type OnProgress = (what: string, done: number, total: number) => void;

/** Maximum number of items, and of their bytes, in memory at once. */
const BATCH_ITEMS = 256;
const BATCH_BYTES = 2 ** 25;

/** Every candidate on its items, and each but the first against the first. */
export async function evaluate(
  data: LabelledData,
  candidates: readonly Candidate[],
  onProgress: OnProgress,
): Promise<Evaluation> {
  const running: Running[] = [];
  try {
    for (const candidate of candidates) {
      onProgress(`preparing ${nameOf(candidate)}`, 0, 0);
      running.push(await prepareCandidate(candidate, data));
    }
    await runAll(running, data, onProgress);
  } finally {
    for (const { executable } of running) await executable.dispose?.();
  }
  return summary(running, data);
}

async function runAll(
  running: readonly Running[],
  data: LabelledData,
  onProgress: OnProgress,
): Promise<void> {
  const total = running.reduce((sum, { candidate }) => sum + candidate.items.size, 0);
  let done = 0;
  for (const batch of batchesOf(running, data)) {
    const made = new Map<string, Tensor>();
    for (const one of running) {
      const items = batch.filter((item) => one.candidate.items.has(item));
      const from = done;
      const tensors = items.map((item) => remembered(made, `${item} ${one.form}`, () => one.itemAt(item)));
      const labels = items.map((item) => data.labels[item] ?? 0);
      const onItem = (): void => onProgress(nameOf(one.candidate), ++done, total);
      if (items.length) await runBatch(one, { items, tensors, labels, onItem });
      done = from + items.length;
      onProgress(nameOf(one.candidate), done, total);
    }
    checkClasses(running, data);
  }
}

const nameOf = ({ model, runtime }: Candidate): string => `${model.label} on ${runtime.name}`;

/** The items that any candidate sees, some at a time. */
function batchesOf(running: readonly Running[], { labels }: LabelledData): number[][] {
  const seen = [...labels.keys()].filter((item) =>
    running.some(({ candidate }) => candidate.items.has(item)),
  );
  const bytes = Math.max(...running.map(({ input: { type } }) => bytesOf(type.shape) * byteSize(type.dtype)));
  const size = Math.min(BATCH_ITEMS, Math.max(1, Math.floor(BATCH_BYTES / bytes)));
  return Array.from({ length: Math.ceil(seen.length / size) }, (_, i) =>
    seen.slice(i * size, (i + 1) * size),
  );
}

const bytesOf = (shape: readonly unknown[]): number =>
  numElements(shape.map((dim) => (typeof dim === 'number' ? dim : 1)));

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function summary(running: readonly Running[], data: LabelledData): Evaluation {
  const classes = classNames(running, data);
  const truth = { labels: data.labels, classes };
  const results = running.map(
    ({ candidate, outcomes, scores, seconds }, i): CandidateResult => ({
      model: candidate.model.label,
      target: candidate.runtime.name,
      seconds,
      ...accuracyOf(outcomes, truth, { top5: (scores ?? 0) > 5 }),
      ...(i > 0 && { paired: pairedDifference(itemAt(running, 0).outcomes, outcomes) }),
    }),
  );
  return { items: data.labels.length, classes, results };
}

/** Throws `evaluate/classes` where a model has more than the data. */
function checkClasses(running: readonly Running[], { classes }: LabelledData): void {
  const most = answersOf(running);
  if (!classes || most <= classes.length) return;
  throw new CompileError(
    'evaluate/classes',
    `the data has ${classes.length} classes, the output has ${most}; say which are which with --classes FILE, or --label-offset`,
  );
}

/** Most classes that an output has. */
function answersOf(running: readonly Running[]): number {
  return running.reduce((most, { scores, outcomes }) => {
    if (scores !== null) return Math.max(most, scores);
    return [...outcomes.values()].reduce((a, { predicted }) => Math.max(a, predicted + 1), most);
  }, 0);
}

/** Those of the data, or numbers up to the largest label or answer. */
function classNames(running: readonly Running[], { labels, classes }: LabelledData): readonly string[] {
  const count = labels.reduce((a, b) => Math.max(a, b + 1), answersOf(running));
  return classes ?? Array.from({ length: count }, (_, i) => String(i));
}
