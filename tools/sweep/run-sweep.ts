import { compileC } from '@ghostc/compiler';
import { compareTensors, type Runtime, runEach, type Tensors, type Tolerance } from '@ghostc/conformance';
import { CompileError, type DType, type Graph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import {
  createRuntime,
  dawnDevice,
  loadOrt,
  originalRuntime,
  runCBatch,
  wgslRuntimeOn,
} from '@ghostc/runtimes';
import type { SweepCase } from './sweep-case.ts';

export const sweepTargets = ['interpreter', 'onnx', 'c', 'wgsl'] as const;
export type SweepTarget = (typeof sweepTargets)[number];

/** What a target did with a case: the outputs of ONNX Runtime, a refusal by name, or anything else. */
export type Verdict = 'agree' | 'refused' | 'wrong';

export interface SweepTally {
  cases: number;
  /** Cases that ONNX Runtime itself refuses. */
  skipped: number;
  readonly counts: Record<SweepTarget, Record<Verdict, number>>;
  /** Target, case and reason. */
  readonly wrong: string[];
  /** How often each reason of a refusal was given. */
  readonly refusals: Map<string, number>;
}

interface Subject {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: Tensors;
  readonly expected: Tensors;
}

/** Cases that one compiler run gets. */
const BATCH = 96;

/** Runs every case in ONNX Runtime and on all our targets. */
export async function runSweep(cases: Iterable<SweepCase>, onProgress?: (cases: number) => void) {
  (await loadOrt()).env.logLevel = 'fatal'; // what it refuses is counted
  const device = await dawnDevice();
  const sweep = new Sweep(wgslRuntimeOn(device));
  try {
    let batch: SweepCase[] = [];
    for (const one of cases) {
      batch.push(one);
      if (batch.length < BATCH) continue;
      await sweep.add(batch);
      batch = [];
      onProgress?.(sweep.tally.cases);
    }
    await sweep.add(batch);
  } finally {
    device.destroy();
  }
  return sweep.tally;
}

class Sweep {
  readonly tally: SweepTally = {
    cases: 0,
    skipped: 0,
    counts: Object.fromEntries(
      sweepTargets.map((target) => [target, { agree: 0, refused: 0, wrong: 0 }]),
    ) as SweepTally['counts'],
    wrong: [],
    refusals: new Map(),
  };
  readonly #runtimes: readonly (readonly [SweepTarget, Runtime])[];

  constructor(wgsl: Runtime) {
    this.#runtimes = [
      ['interpreter', createRuntime('interpreter')],
      ['onnx', createRuntime('onnx')],
      ['wgsl', wgsl],
    ];
  }

  async add(cases: readonly SweepCase[]): Promise<void> {
    const subjects: Subject[] = [];
    for (const one of cases) {
      this.tally.cases++;
      const expected = await inOnnxRuntime(one);
      if (expected) subjects.push(...this.#read(one, expected));
      else this.tally.skipped++;
    }
    for (const subject of subjects)
      for (const [target, runtime] of this.#runtimes)
        this.#judge(target, subject, await answerOf(runtime, subject));
    await this.#runInC(subjects);
  }

  /** The case as a graph; none where the reader refuses it, for all targets. */
  #read({ name, model, inputs }: SweepCase, expected: Tensors): Subject[] {
    try {
      return [{ name, graph: readOnnx(model), inputs, expected }];
    } catch (error) {
      for (const target of sweepTargets) this.#count(target, name, errorVerdict(error), reasonOf(error));
      return [];
    }
  }

  async #runInC(subjects: readonly Subject[]): Promise<void> {
    const built = subjects.flatMap((subject, i) => {
      const program = attempt(() => compileC(subject.graph, { name: `sweep_${i}` }));
      if (!(program instanceof Error)) return [{ subject, program: program }];
      this.#judge('c', subject, program);
      return [];
    });
    if (built.length === 0) return;
    const results = await runCBatch(
      built.map(({ program, subject }) => ({ program, inputs: [subject.inputs] })),
    );
    built.forEach(({ subject }, i) => {
      const result = results[i];
      this.#judge('c', subject, result instanceof Error ? result : (result?.[0] ?? new Map()));
    });
  }

  #judge(target: SweepTarget, { name, expected }: Subject, answer: Tensors | Error): void {
    if (answer instanceof Error) {
      this.#count(target, name, errorVerdict(answer), reasonOf(answer));
      return;
    }
    const problem = [...expected]
      .map(([output, tensor]) => compareTensors(tensor, answer.get(output), toleranceOf(tensor.dtype)))
      .find(({ pass }) => !pass);
    this.#count(target, name, problem ? 'wrong' : 'agree', problem?.problem ?? '');
  }

  #count(target: SweepTarget, name: string, verdict: Verdict, reason: string): void {
    this.tally.counts[target][verdict]++;
    if (verdict === 'wrong') this.tally.wrong.push(`${target}: ${name}: ${reason}`);
    if (verdict !== 'refused') return;
    this.tally.refusals.set(reason, (this.tally.refusals.get(reason) ?? 0) + 1);
  }
}

/**
 * Positions in float32 leave weights off by some units in the last place. Inputs are in [-1, 1): a sum that cancels keeps the
 * rounding of its summands, half a unit below 1.
 */
function toleranceOf(dtype: DType): Tolerance {
  const [relative, unit] = dtype === 'f32' ? [1e-5, 2 ** -24] : dtype === 'f16' ? [4e-3, 2 ** -11] : [0, 0];
  return { relative, absolute: unit / 2, vetted: true, reason: 'some roundings of the type' };
}

/** A refusal is an error of ours that a rule of the reader or a backend gives, before anything runs. */
function errorVerdict(error: unknown): Verdict {
  const refusal = error instanceof CompileError && /^(onnx\/unsupported|wgsl\/|backend-c\/)/.test(error.code);
  return refusal ? 'refused' : 'wrong';
}

/** The message of an error, without the location. */
function reasonOf(error: unknown): string {
  return error instanceof CompileError ? error.detail : String(error);
}

async function inOnnxRuntime({ model, inputs }: SweepCase): Promise<Tensors | undefined> {
  try {
    return (await runEach(originalRuntime(model).prepare(undefined as never), [inputs]))[0];
  } catch {
    return undefined;
  }
}

async function answerOf(runtime: Runtime, { graph, inputs }: Subject): Promise<Tensors | Error> {
  try {
    return (await runEach(runtime.prepare(graph), [inputs]))[0] ?? new Map();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
