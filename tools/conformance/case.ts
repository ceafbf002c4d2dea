import { type BoundModel, BoundReader, withBoundInputs } from './bind-inputs.ts';
import type { ConformanceTest } from './onnx-tests.ts';
import { type Bounds, boundsOf, type Outcome, opsOf, type Run } from './outcome.ts';
import type { OutcomeLog } from './outcome-log.ts';
import type { RuntimeName } from './runtime-names.ts';

export interface CaseReport {
  readonly name: string;
  /** Ops of the graph that the reader makes of the model; empty if it refuses it. */
  readonly ops: readonly string[];
  readonly outcomes: Partial<Record<RuntimeName, Outcome>>;
}

export type Progress = (text: string) => void;

/** A test on its way through the runtimes. Its model is read once for all of them. */
export class Case {
  readonly test: ConformanceTest;
  readonly outcomes: Partial<Record<RuntimeName, Outcome>> = {};
  /** How our reader reads it, with what has to be bound for that; null if it refuses. */
  readonly read: BoundModel | null;
  readonly #reader: BoundReader;
  readonly #bounds = new Map<BoundModel, Bounds>();
  readonly #log: OutcomeLog;

  constructor(test: ConformanceTest, log: OutcomeLog) {
    this.test = test;
    this.#reader = new BoundReader(test);
    this.read = readOrNull(this.#reader);
    this.#log = log;
    Object.assign(this.outcomes, log.known(test.name));
  }

  /** Names of the inputs of the ONNX model, in order. */
  get inputNames(): readonly string[] {
    return this.#reader.inputNames;
  }

  /** The model with the inputs bound that `compile` needs as constants, and what it gives. Throws what `compile` throws. */
  compiled<T>(compile: (model: BoundModel) => T): { result: T; model: BoundModel } {
    return withBoundInputs(this.#reader, compile);
  }

  settle(runtime: RuntimeName, outcome: Outcome): void {
    this.outcomes[runtime] = outcome;
    this.#log.add(this.test.name, runtime, outcome);
  }

  /** A run of the test as `model`, with bounds that are made once for each model. */
  run(model: BoundModel | null): Run {
    if (!model) return { test: this.test, model, bounds: [] };
    const bounds = this.#bounds.get(model) ?? boundsOf(this.test.name, model);
    this.#bounds.set(model, bounds);
    return { test: this.test, model, bounds };
  }

  report(): CaseReport {
    const ops = this.read ? opsOf(this.read.graph) : [];
    return { name: this.test.name, ops, outcomes: this.outcomes };
  }
}

function readOrNull(reader: BoundReader): BoundModel | null {
  try {
    return withBoundInputs(reader, () => undefined).model;
  } catch {
    return null;
  }
}
