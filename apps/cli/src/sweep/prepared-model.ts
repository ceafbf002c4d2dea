import { lowerForKernels, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { CompileError, type Graph, numElements, type Tensor, toNumbers } from '@ghostc/ir';
import type { Store } from '@ghostc/jobs';
import { graphMacs } from '@ghostc/ops';
import { quantize, type Sample } from '@ghostc/quant';
import { createRuntime } from '@ghostc/runtimes';
import { itemOutcome } from '../evaluate/item-outcome.ts';
import { fitToModel } from '../fit-to-model.ts';
import type { ModelParams } from './point-params.ts';
import { modelOf, storedTensors } from './stored-model.ts';

/** What the boards of a model share: all that does not depend on where it runs. */
export interface PreparedModel {
  /** As it is compiled. */
  readonly graph: Graph;
  readonly lowered: Graph;
  readonly macs: number;
  /** dB against float; null: it is float. Absent where nobody asked. */
  readonly sqnr?: number | null;
  /** Share of the items whose class it names. */
  readonly accuracy?: number;
}

/** Inputs that SQNR is measured on, other than those that calibrate. */
const MEASURED = 2;
const CALIBRATED = 1;

/** Throws what the builder, the quantiser and the runtime throw. */
export async function prepareModel(params: ModelParams, store: Store): Promise<PreparedModel> {
  const { bits, data } = params;
  const model = await modelOf(params, store);
  const float = optimize(model);
  const graph = bits === 'float' ? model : await quantized(float, params, store);
  const optimized = graph === model ? float : optimize(graph);
  return {
    graph,
    lowered: lowerForKernels(optimized),
    macs: graphMacs(float),
    ...(params.sqnr && { sqnr: bits === 'float' ? null : signalToNoise(float, optimized) }),
    ...(data !== null && { accuracy: await accuracyOf(graph, data, store) }),
  };
}

async function quantized(float: Graph, { calibration }: ModelParams, store: Store): Promise<Graph> {
  const lowered = lowerForQuantizer(float);
  const samples =
    calibration === null ? seeded(lowered, CALIBRATED) : await stored(lowered, calibration, store);
  return quantize(lowered, samples, { io: 'int8' }).graph;
}

function seeded(graph: Graph, count: number, first = 1): Sample[] {
  return seededSamples(graph, count, first).map(({ inputs }, i) => ({ name: `seeded ${i}`, inputs }));
}

/** Items of a file of the store, one sample each. */
async function stored(graph: Graph, hash: string, store: Store): Promise<Sample[]> {
  const [input] = graph.inputs;
  const items = (await storedTensors(hash, store)).get('items');
  if (!input || !items) throw new CompileError('sweep/data', 'expected a model with one input, and items');
  return itemsOf(items).map((item, i) => ({ name: `item ${i}`, inputs: new Map([[input.name, item]]) }));
}

function itemsOf({ dtype, shape, data }: Tensor): Tensor[] {
  const [count = 0, ...rest] = shape;
  const size = numElements(rest);
  return Array.from({ length: count }, (_, i) => ({
    dtype,
    shape: [1, ...rest],
    data: data.slice(i * size, (i + 1) * size) as Tensor['data'],
  }));
}

/** 10 log10(sum(want^2) / sum((want - got)^2)) over the outputs for some inputs. */
function signalToNoise(float: Graph, integers: Graph): number | null {
  let [signal, noise] = [0, 0];
  for (const { inputs } of seeded(float, MEASURED, 1 + CALIBRATED)) {
    const want = interpret(float, inputs);
    const got = interpret(integers, inputsFor(integers, inputs));
    integers.outputs.forEach(({ name, value }) => {
      const expected = toNumbers(want.get(name) as Tensor);
      const found = realNumbers(got.get(name) as Tensor, value.type.quant);
      for (let i = 0; i < expected.length; i++) {
        signal += (expected[i] as number) ** 2;
        noise += ((expected[i] as number) - (found[i] as number)) ** 2;
      }
    });
  }
  return noise === 0 ? null : 10 * Math.log10(signal / noise);
}

function inputsFor(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    graph.inputs.map(({ name, type }) => {
      const place = { file: 'sweep', kind: 'input', name } as const;
      return [name, fitToModel(inputs.get(name) as Tensor, type, place)];
    }),
  );
}

function realNumbers(tensor: Tensor, quant: Graph['inputs'][number]['type']['quant']): ArrayLike<number> {
  const numbers = toNumbers(tensor);
  if (!quant) return numbers;
  const [scale = 1, zero = 0] = [quant.scale[0], quant.zeroPoint[0]];
  return Array.from(numbers, (value) => (value - zero) * scale);
}

/** Top-1 of a compiled model on the host, which computes int8 bit for bit as boards do. */
async function accuracyOf(graph: Graph, hash: string, store: Store): Promise<number> {
  const tensors = await storedTensors(hash, store);
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  const [items, labels] = [tensors.get('items'), tensors.get('labels')];
  if (!input || !output || !items || !labels)
    throw new CompileError('sweep/data', 'expected a model with one input, items and labels');
  const sets = itemsOf(items).map((item) => inputsFor(graph, new Map([[input.name, item]])));
  const executable = await createRuntime('c').prepare(graph);
  try {
    const outputs = executable.runAll
      ? await executable.runAll(sets)
      : await Promise.all(sets.map((set) => executable.run(set)));
    const truth = toNumbers(labels);
    const right = outputs.filter(
      (one, i) => itemOutcome(toNumbers(one.get(output.name) as Tensor), truth[i] as number).rank === 0,
    );
    return right.length / outputs.length;
  } finally {
    await executable.dispose?.();
  }
}
