import { compileTflite, integerForm } from '@ghostc/compiler';
import {
  exact,
  interpreterRuntime,
  type RuntimeResult,
  runEach,
  seededSamples,
  verifyModel,
} from '@ghostc/conformance';
import { type Graph, numElements, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createRuntime } from '@ghostc/runtimes';
import { decodeTflite, readTflite } from '@ghostc/tflite';
import type { WrittenModel } from './written-models.ts';

/** A model as TFLite, and what LiteRT and our own reader make of it. */
export interface WrittenCheck {
  readonly model: string;
  readonly kind: string;
  readonly bytes: number;
  readonly operators: number;
  /** LiteRT against the interpreter: integers bit for bit, floats by what rounding explains. */
  readonly litert: string;
  /** Read back and written again: operators that are not the same. */
  readonly changed: number;
  readonly holds: boolean;
}

/** For outputs whose noise is not known. */
const tolerance = { relative: 1e-5, absolute: 1e-6, reason: 'float32 sums in another order' };

/** Sets of inputs. */
const SETS = { float: 1, int8: 3 } as const;

export async function checkWritten({
  name,
  kind,
  graph,
}: WrittenModel): Promise<WrittenCheck & { written: Uint8Array }> {
  const model = graph();
  const written = compileTflite(model, { name });
  const result = await compared(model, kind);
  const again = compileTflite(reread(written), { name });
  const changed = changedOperators(written, again);
  return {
    model: name,
    kind,
    bytes: written.length,
    operators: decodeTflite(written).operators.length,
    litert: wordsOf(result),
    changed,
    holds: result.status === 'pass' && changed === 0,
    written,
  };
}

function reread(bytes: Uint8Array): Graph {
  const graph = readTflite(bytes);
  verify(graph, registry);
  return graph;
}

async function compared(model: Graph, kind: WrittenModel['kind']): Promise<RuntimeResult> {
  const held = integerForm(model) ?? model;
  const sets = seededSamples(held, SETS[kind]).map(({ name, inputs }) => ({ name, inputs }));
  const outputs = await runEach(
    interpreterRuntime.prepare(held),
    sets.map(({ inputs }) => inputs),
  );
  const dataSets = sets.map((set, i) => ({ ...set, outputs: outputs[i] ?? new Map() }));
  const how = kind === 'int8' ? { tolerance: exact } : { tolerance, derived: 'statistical' as const };
  return verifyModel(createRuntime('tflite'), { model: held, dataSets, ...how });
}

function wordsOf(result: RuntimeResult): string {
  if (result.status !== 'pass') return `${result.status}: ${result.message ?? ''}`;
  return result.maxAbs === 0 ? 'the same bits' : `${(result.ratio ?? 0).toFixed(2)} of the bound`;
}

/** Operators of two models, in order, that differ in kind, in constants, or in where their inputs come from. */
export function changedOperators(a: Uint8Array, b: Uint8Array): number {
  const [one, other] = [operatorsOf(a), operatorsOf(b)];
  const longer = Math.max(one.length, other.length);
  return Array.from({ length: longer }, (_, i) => one[i] !== other[i]).filter(Boolean).length;
}

/** Each operator as text: its name, where its inputs come from, its constants with their sums, the types of its outputs. */
function operatorsOf(bytes: Uint8Array): string[] {
  const { tensors, operators, inputs } = decodeTflite(bytes);
  const made = new Map(inputs.map((index, i) => [index, `input ${i}`]));
  return operators.map((operator, at) => {
    const sources = operator.inputs.map((index) => {
      const tensor = tensors[index];
      return tensor?.data
        ? `${tensor.type}[${tensor.shape}] ${sumOf(tensor.data)} ${tensor.scale}`
        : (made.get(index) ?? 'none');
    });
    for (const [k, index] of operator.outputs.entries()) made.set(index, `operator ${at}.${k}`);
    const types = operator.outputs.map((index) => {
      const { type, shape, scale, zeroPoint } = tensors[index] ?? {
        type: '',
        shape: [],
        scale: [],
        zeroPoint: [],
      };
      return `${type}[${shape}] ${numElements(shape)} ${scale} ${zeroPoint}`;
    });
    return `${operator.code}(${sources.join('; ')}) ${types.join('; ')}`;
  });
}

function sumOf(data: Uint8Array): number {
  return data.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, data.length);
}
