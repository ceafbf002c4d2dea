import { CompileError, type Graph, messageOf, type Shape } from '@ghostc/ir';
import { bindDimensions, dimensionsFrom } from '@ghostc/ops';
import { type Judged, judgeOutputs } from './judge-outputs.ts';
import { keepingInputs } from './keeping-inputs.ts';
import { runEach } from './run-each.ts';
import type { Runtime } from './runtime.ts';
import { silentOutputs } from './silent-outputs.ts';
import type { DataSet, RuntimeResult, Verification } from './verification.ts';

/**
 * Runs the model on every data set in one runtime and compares all outputs with the expected ones. Never
 * throws.
 */
export async function verifyModel(runtime: Runtime, task: Verification): Promise<RuntimeResult> {
  const start = performance.now();
  const finish = (result: Omit<RuntimeResult, 'target' | 'seconds'>): RuntimeResult => ({
    target: runtime.name,
    ...result,
    seconds: (performance.now() - start) / 1000,
  });
  try {
    const { arithmetic } = runtime;
    const comparisons = await compareAll(runtime, arithmetic ? { ...task, arithmetic } : task);
    return finish(withSilence(summarize(comparisons), task));
  } catch (error) {
    return finish({
      ...unmeasured,
      message: messageOf(error),
      ...(isRefusal(error) && { refusal: error instanceof CompileError ? error.code : 'run/refused' }),
    });
  }
}

/**
 * Whether a runtime reports that it does not support a type, an op or a size: our backends by their codes, a
 * custom runtime by
 * `run/refused` or by an error whose `refused` is true.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof CompileError)
    return refusals.test(error.code) || /Could not find an implementation/.test(error.detail);
  return error instanceof Error && 'refused' in error && error.refused === true;
}

const refusals =
  /^((backend-c|backend-onnx|wgsl)\/(dtype|op|empty|resize)|tflite\/(write|rounding)|run\/(refused|input)|engine\/refused)$/;

/** Nothing was compared. */
export const unmeasured = {
  status: 'error',
  maxAbs: Number.NaN,
  maxRel: Number.NaN,
  off: Number.NaN,
  allowed: Number.NaN,
  tolerance: Number.NaN,
  ratio: Number.NaN,
} as const;

async function compareAll(runtime: Runtime, task: Verification): Promise<Judged[]> {
  const comparisons: Judged[] = [];
  for (const [model, dataSets] of byShape(runtime, task)) {
    const inputs = dataSets.map((set) => set.inputs);
    const results = await keepingInputs(inputs, () => runEach(runtime.prepare(model), inputs));
    dataSets.forEach((set, i) => comparisons.push(...judgeOutputs(set, results[i] ?? new Map(), task)));
  }
  if (comparisons.length === 0) throw new Error('nothing was compared: no data set has an output');
  return comparisons;
}

/** A runtime that needs fixed shapes gets one specialised model for each distinct input shape. */
function byShape(runtime: Runtime, { model, dataSets }: Verification): Map<Graph, DataSet[]> {
  if (runtime.dynamicShapes) return new Map([[model, [...dataSets]]]);
  const groups = new Map<string, { graph: Graph; sets: DataSet[] }>();
  for (const set of dataSets) {
    const shapes = new Map<string, Shape>([...set.inputs].map(([name, tensor]) => [name, tensor.shape]));
    const key = JSON.stringify([...shapes]);
    const group = groups.get(key) ?? {
      graph: bindDimensions(model, dimensionsFrom(model, shapes)),
      sets: [],
    };
    group.sets.push(set);
    groups.set(key, group);
  }
  return new Map([...groups.values()].map(({ graph, sets }) => [graph, sets]));
}

/** A pass means nothing if no output varies, or if the inputs keep the model silent. */
function withSilence(
  result: Omit<RuntimeResult, 'target' | 'seconds'>,
  { derived, dataSets }: Verification,
): Omit<RuntimeResult, 'target' | 'seconds'> {
  if (result.status !== 'pass' || derived !== 'statistical') return result;
  const silent = silentOutputs(dataSets);
  if (silent.size === 0) return result;
  const all = silent.size === dataSets[0]?.outputs.size;
  const told = [...silent].map(([name, value]) => `${name} is ${value} throughout`).join(', ');
  const note = [result.note, `${told}: other inputs would say more`].filter(Boolean).join('; ');
  return { ...result, status: all ? 'unclear' : 'pass', note };
}

function summarize(comparisons: readonly Judged[]): Omit<RuntimeResult, 'target' | 'seconds'> {
  const worst = comparisons.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const failed = comparisons.some((one) => !one.pass);
  const unclear = comparisons.find((one) => one.unclear);
  const { off, allowed, ratio, maxAbs, maxRel } = worst;
  return {
    status: failed ? 'fail' : unclear ? 'unclear' : 'pass',
    maxAbs: Math.max(...comparisons.map((one) => one.maxAbs)),
    maxRel: Math.max(...comparisons.map((one) => one.maxRel)),
    off,
    allowed,
    tolerance: maxAbs > 0 && Number.isFinite(maxAbs) ? (allowed * maxRel) / maxAbs : allowed,
    ratio,
    ...(failed ? { message: `${worst.subject}: ${worst.problem ?? 'differs'}` } : notesOf(comparisons)),
  };
}

/** Remarks on comparisons that passed. */
function notesOf(comparisons: readonly Judged[]): { note?: string } {
  const ties = comparisons.reduce((sum, one) => sum + one.ties, 0);
  const notes = [
    ...comparisons.flatMap(({ subject, unclear }) =>
      unclear ? `${subject} cannot be judged: ${unclear}` : [],
    ),
    ...comparisons.flatMap(({ subject, remark }) => (remark ? `${subject}: ${remark}` : [])),
    ...(ties
      ? [`${ties} ${ties === 1 ? 'element is' : 'elements are'} a step off, as on a tie of a rounding`]
      : []),
  ];
  return notes.length ? { note: [...new Set(notes)].join('; ') } : {};
}
