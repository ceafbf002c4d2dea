import { integerForm } from '@ghostc/compiler';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import {
  CompileError,
  formatType,
  isFloat,
  type Tensor,
  toNumbers,
  type Value,
  withLocation,
} from '@ghostc/ir';
import { bindDimensions, dimensionsFrom } from '@ghostc/ops';
import type { LoadedModel } from '../load-model.ts';
import { type ItemOutcome, indexOutcome, itemOutcome } from './item-outcome.ts';
import type { LabelledData } from './labelled-data.ts';

/** A model on a runtime. */
export interface Candidate {
  readonly model: LoadedModel;
  readonly runtime: Runtime;
  /** Numbers of the items that it sees. */
  readonly items: ReadonlySet<number>;
  /** The output with the scores, where there are several. */
  readonly output?: string | undefined;
}

/** A candidate that is ready to run, and its answers so far. */
export interface Running {
  readonly candidate: Candidate;
  readonly executable: Executable;
  readonly input: Value;
  /** Items of equal form are made once: they have the same words here. */
  readonly form: string;
  readonly itemAt: (item: number) => Tensor;
  readonly outcomes: Map<number, ItemOutcome>;
  /** Classes that it has scores of; null where it gives the class itself. */
  scores: number | null;
  seconds: number;
}

/** Prepares the model for items such as the first, quantised ones in integers. Throws `evaluate/...` or what the runtime throws. */
export async function prepareCandidate(candidate: Candidate, data: LabelledData): Promise<Running> {
  const { model, runtime } = candidate;
  const input = inputOf(candidate);
  checkOutput(candidate);
  const itemAt = data.itemsFor(input);
  const { shape } = itemAt(0);
  const bound = bindDimensions(model.graph, dimensionsFrom(model.graph, new Map([[input.name, shape]])));
  const executable = await runtime.prepare(integerForm(bound) ?? bound);
  return {
    candidate,
    executable,
    input,
    form: formatType(input.type),
    itemAt,
    outcomes: new Map(),
    scores: null,
    seconds: 0,
  };
}

function inputOf({ model: { graph, label } }: Candidate): Value {
  const [input, second] = graph.inputs;
  if (input && !second) return input;
  throw new CompileError('evaluate/input', `expected a model with one input, found ${graph.inputs.length}`, {
    file: label,
  });
}

function checkOutput({ model: { graph, label }, output }: Candidate): void {
  const names = graph.outputs.map(({ name }) => name);
  if (output === undefined ? names.length === 1 : names.includes(output)) return;
  const expected = output === undefined ? 'one output, or --output NAME' : `an output ${output}`;
  throw new CompileError('evaluate/output', `expected ${expected}; the outputs are ${names.join(', ')}`, {
    file: label,
  });
}

export interface Batch {
  readonly items: readonly number[];
  readonly tensors: readonly Tensor[];
  readonly labels: readonly number[];
  /** Called where items are run one by one. */
  readonly onItem: () => void;
}

/** Runs a batch of items and keeps what comes of each. */
export async function runBatch(running: Running, batch: Batch): Promise<void> {
  const start = performance.now();
  const outputs = await outputsOf(running, batch);
  running.seconds += (performance.now() - start) / 1000;
  withLocation({ file: running.candidate.model.label }, () =>
    outputs.forEach((output, i) => {
      const scores = scoresIn(output, running.candidate);
      running.scores = classCount(scores);
      running.outcomes.set(batch.items[i] ?? 0, outcomeOf(scores, batch.labels[i] ?? 0));
    }),
  );
}

async function outputsOf(
  { executable, input }: Running,
  { tensors, onItem }: Batch,
): Promise<readonly Tensors[]> {
  const sets = tensors.map((tensor): Tensors => new Map([[input.name, tensor]]));
  if (executable.runAll) return executable.runAll(sets);
  const results: Tensors[] = [];
  for (const set of sets) {
    results.push(await executable.run(set));
    onItem();
  }
  return results;
}

function scoresIn(outputs: Tensors, { output, model }: Candidate): Tensor {
  const name = output ?? (model.graph.outputs[0]?.name as string);
  const scores = outputs.get(name);
  if (scores) return scores;
  throw new CompileError(
    'evaluate/output',
    `there is no output ${name}; found ${[...outputs.keys()].join(', ')}`,
  );
}

/** Number of classes that the scores are of; null for one integer, which is the class itself. */
function classCount({ dtype, data, shape }: Tensor): number | null {
  if (data.length > 1) return data.length;
  if (!isFloat(dtype) && data.length === 1) return null;
  throw new CompileError(
    'evaluate/output',
    `expected the scores of at least 2 classes, found ${dtype}[${shape.join(',')}]`,
  );
}

function outcomeOf(scores: Tensor, label: number): ItemOutcome {
  const numbers = toNumbers(scores);
  const classes = classCount(scores);
  if (classes === null) return indexOutcome(numbers[0] ?? 0, label);
  if (label < classes) return itemOutcome(numbers, label);
  throw new CompileError(
    'evaluate/classes',
    `expected labels below ${classes}, as many classes as the output has; found ${label}`,
  );
}
