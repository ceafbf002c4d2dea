import { compileC, compileOnnx } from '@ghostc/compiler';
import {
  cannotTell,
  compareDerived,
  compareTensors,
  type Runtime,
  runEach,
  statisticalTolerance,
  type Tensors,
  type Tolerance,
} from '@ghostc/conformance';
import { type BoundedOutput, boundedRun, interpret, roundingNoise } from '@ghostc/interpreter';
import { CompileError, entryOf, type Graph, verify } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { type BatchEntry, dawnDevice, runCBatch, wgslRuntimeOn } from '@ghostc/runtimes';
import { OrtProcess } from '../../conformance/peers/ort-process.ts';
import { type ModelParts, modelBytes } from './model-draft.ts';
import { freed, type OwnAnswer } from './own-answers.ts';

export const targets = ['interpreter', 'onnx', 'c', 'wgsl'] as const;
export type Target = (typeof targets)[number];

/** A model with its outputs in ONNX Runtime. */
export interface Question extends ModelParts {
  readonly expected: Tensors;
  /** Where ONNX Runtime's answer is its own: our ONNX runs there too. */
  readonly own: ReadonlyMap<string, OwnAnswer>;
}

export interface Verdict {
  /** `read` where the reader refused, or failed. */
  readonly target: Target | 'read';
  readonly status: 'agree' | 'refused' | 'wrong';
  readonly reason?: string;
  /** Outputs whose bound is so wide that noise would pass: they were not judged. */
  readonly unjudged?: number;
}

/** After divisions by values near 0, and if no bound can be derived: the tolerance of `ghostc verify`. */
const fallback = { relative: 1e-4, absolute: 1e-6, reason: 'no bound can be derived' } as const;
const coarse = { relative: 1e-2, absolute: 1e-4, reason: 'no bound can be derived, 16-bit floats' } as const;

/** Bytes after a quantised op may be a step apart on a tie, also where they were folded, or where no bound is narrow enough. */
const oneStep = { relative: 0, absolute: 1, reason: 'one step of a quantised op' } as const;

/** Everything that models are run on, held open for many. */
export class Judge {
  readonly ort: OrtProcess = new OrtProcess('ort-node');
  #device: GPUDevice | undefined;
  #wgsl: Runtime | undefined;

  async #gpu(): Promise<Runtime> {
    this.#device ??= await dawnDevice();
    this.#wgsl ??= wgslRuntimeOn(this.#device);
    return this.#wgsl;
  }

  dispose(): void {
    this.ort.end();
    this.#device?.destroy();
  }

  /** What the targets make of each model, in order. C is compiled for all at once. */
  async judge(questions: readonly Question[], on: readonly Target[] = targets): Promise<Verdict[][]> {
    const trials = questions.map((question) => Trial.begin(question));
    for (const trial of trials) {
      if (on.includes('interpreter')) await trial.settle('interpreter', async () => trial.known.outputs);
      if (on.includes('onnx')) await trial.settle('onnx', () => this.#runOnnx(trial));
      if (on.includes('wgsl')) await trial.settle('wgsl', () => this.#runWgsl(trial));
    }
    if (on.includes('c')) await settleC(trials);
    return trials.map(({ verdicts }) => verdicts);
  }

  async #runOnnx({ known, question }: Trial): Promise<Tensors> {
    const reply = await this.ort.run({ model: compileOnnx(known.graph), inputs: [[...question.inputs]] });
    if ('error' in reply) throw new Error(`ONNX Runtime on our model: ${reply.error}`);
    return new Map(question.outputs.map((name, i) => [name, reply.outputs[0]?.[i] as never]));
  }

  async #runWgsl({ known, question }: Trial): Promise<Tensors> {
    const runtime = await this.#gpu();
    const [outputs] = await runEach(runtime.prepare(known.graph), [question.inputs]);
    return outputs as Tensors;
  }
}

/** What the reader and the interpreter make of a model. */
interface Known {
  readonly graph: Graph;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly oracle: ReadonlyMap<string, BoundedOutput>;
}

/** The inputs with the quantisation that the graph found for them. */
function quantisedInputs(graph: Graph, inputs: Tensors): Tensors {
  return new Map(
    graph.inputs.map(({ name, type: { quant } }) => {
      const tensor = entryOf(inputs, name);
      return [name, quant ? { ...tensor, quant } : tensor];
    }),
  );
}

/** One model under trial. */
class Trial {
  readonly question: Question;
  readonly verdicts: Verdict[] = [];
  #known: Known | undefined;

  private constructor(question: Question) {
    this.question = question;
  }

  static begin(question: Question): Trial {
    const trial = new Trial(question);
    try {
      const graph = readOnnx(modelBytes(question), { file: 'model.onnx' });
      verify(graph, registry);
      const inputs = quantisedInputs(graph, question.inputs);
      trial.#known = { graph, inputs, outputs: interpret(graph, inputs), oracle: boundedRun(graph, inputs) };
    } catch (error) {
      trial.verdicts.push(verdictOf('read', error));
    }
    return trial;
  }

  get readable(): boolean {
    return this.#known !== undefined;
  }

  get known(): Known {
    return this.#known as Known;
  }

  /** The interpreter is compared with ONNX Runtime, the other targets with the interpreter. */
  async settle(target: Target, run: () => Promise<Tensors>): Promise<void> {
    if (!this.readable) return;
    try {
      const outputs = await run();
      const want = target === 'interpreter' ? this.question.expected : this.known.outputs;
      const folded = target === 'interpreter' ? afterConstants(this.question) : new Set<string>();
      const { wrong, unjudged } = this.#judge(want, this.#open(target, want, outputs), folded);
      this.verdicts.push(
        wrong === undefined
          ? { target, status: 'agree', unjudged }
          : { target, status: 'wrong', reason: wrong },
      );
    } catch (error) {
      this.verdicts.push(verdictOf(target, error));
    }
  }

  /** If the target's answer is free, that of `want` is used. */
  #open(target: Target, want: Tensors, got: Tensors): Tensors {
    const free = (own: OwnAnswer | undefined): boolean =>
      target === 'onnx' || (target === 'interpreter' && own?.right === undefined);
    return new Map(
      [...want].flatMap(([name, tensor]) => {
        const own = this.question.own.get(name);
        const found = free(own) ? freed(tensor, got.get(name), own) : got.get(name);
        return found ? [[name, found] as const] : [];
      }),
    );
  }

  #judge(want: Tensors, got: Tensors, folded: ReadonlySet<string>): { wrong?: string; unjudged: number } {
    let unjudged = 0;
    for (const [name, expected] of want) {
      const half = /16/.test(expected.dtype) || usesHalf(this.question);
      const rough =
        hasSteps(this.question) && /^[iu]8$/.test(expected.dtype) ? oneStep : half ? coarse : fallback;
      const oracle = folded.has(name) || inexact(this.question) ? undefined : this.known.oracle.get(name);
      const found = compareDerived(expected, got.get(name), { oracle, fallback: rough });
      if (found.pass) continue;
      const noise = found.derived ? undefined : this.#noiseOf(name);
      const byNoise = noise && compareTensors(expected, got.get(name), noise).pass;
      const lost = byNoise ? cannotTell(expected, noise) : /too wide/.test(found.problem ?? '');
      if (!byNoise && !lost) return { wrong: `${name}: ${found.problem}`, unjudged };
      if (lost) unjudged++;
    }
    return { unjudged };
  }

  /** What random rounding of the model explains, for outputs without a bound: a small difference of recurrent cells, equal numbers normalised. */
  #noiseOf(name: string): Tolerance | undefined {
    const noise = roundingNoise(this.known.graph, this.known.inputs).get(name);
    return noise && statisticalTolerance(noise);
  }
}

/** Ops that ONNX Runtime computes with less care than a float32 allows: variances as differences, coordinates in float32. */
const careless = new Set(['GroupNormalization', 'InstanceNormalization', 'Resize', 'Upsample']);

function inexact({ nodes }: ModelParts): boolean {
  return nodes.some(({ op }) => careless.has(op));
}

/**
 * Values ultimately computed only from constants: the reader folds these, and no bound describes how they
 * were rounded.
 */
function afterConstants({ nodes, initializers }: ModelParts): Set<string> {
  const constant = new Set(initializers.keys());
  const after = new Set<string>();
  for (const { inputs, outputs } of nodes) {
    const read = inputs.filter(Boolean);
    const folds = read.length > 0 && read.every((name) => constant.has(name));
    if (folds || read.some((name) => after.has(name))) for (const name of outputs) after.add(name);
    if (folds) for (const name of outputs) constant.add(name);
  }
  return after;
}

function hasSteps({ nodes }: ModelParts): boolean {
  return nodes.some(({ op }) => op.startsWith('QLinear'));
}

function usesHalf({ inputs, initializers }: ModelParts): boolean {
  return [...inputs.values(), ...initializers.values()].some(({ dtype }) => dtype === 'f16');
}

async function settleC(trials: readonly Trial[]): Promise<void> {
  const batch: { trial: Trial; entry: BatchEntry }[] = [];
  for (const [i, trial] of trials.entries()) {
    if (!trial.readable) continue;
    try {
      const program = compileC(trial.known.graph, { name: `m${i}` });
      batch.push({ trial, entry: { program, inputs: [trial.question.inputs] } });
    } catch (error) {
      trial.verdicts.push(verdictOf('c', error));
    }
  }
  const results = batch.length ? await runCBatch(batch.map(({ entry }) => entry)) : [];
  for (const [i, { trial }] of batch.entries()) {
    const result = results[i];
    await trial.settle('c', async () => {
      if (result instanceof CompileError) throw new Error(result.message);
      return result?.[0] as Tensors;
    });
  }
}

/** A refusal is a CompileError with a place, of the reader or of a backend; all else is a failure. */
function verdictOf(target: Verdict['target'], error: unknown): Verdict {
  if (!(error instanceof CompileError)) {
    const { stack = '', message } = error instanceof Error ? error : new Error(String(error));
    const place = /\n\s+at .*/.exec(stack)?.[0]?.trim() ?? '';
    return { target, status: 'wrong', reason: `${message.split('\n').slice(0, 3).join(' ')} ${place}` };
  }
  const { code, detail, location } = error;
  const named =
    location.node !== undefined || location.op !== undefined || /%|input|output|value /.test(detail);
  const ours = location.pass !== undefined || /^(graph|verify|infer|attrs|run\/(c|wgsl))/.test(code);
  const place = `${location.pass ? `pass ${location.pass} ` : ''}${location.op ?? ''}`;
  return {
    target,
    status: named && !ours ? 'refused' : 'wrong',
    reason: `${code}: ${detail.slice(0, 300)} ${place}`,
  };
}
