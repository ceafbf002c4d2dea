import { lowerForKernels, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import type { Store } from '@ghostc/jobs';
import { graphMacs } from '@ghostc/ops';
import { quantize, type Sample } from '@ghostc/quant';
import { fitToModel } from '../fit-to-model.ts';
import type { ModelParams } from './point-params.ts';
import { modelOf } from './stored-model.ts';

/** What the boards of a model share: all that does not depend on where it runs. */
export interface PreparedModel {
  /** As it is compiled. */
  readonly graph: Graph;
  readonly lowered: Graph;
  readonly macs: number;
  /** dB against float; null: it is float. Absent where nobody asked. */
  readonly sqnr?: number | null;
}

/** Inputs that SQNR is measured on, other than those that calibrate. */
const MEASURED = 2;
const CALIBRATED = 1;

/** Throws what the builder, the quantiser and the runtime throw. */
export async function prepareModel(params: ModelParams, store: Store): Promise<PreparedModel> {
  const { bits } = params;
  const model = await modelOf(params, store);
  const float = optimize(model);
  const graph = bits === 'float' ? model : quantized(float);
  const optimized = graph === model ? float : optimize(graph);
  return {
    graph,
    lowered: lowerForKernels(optimized),
    macs: graphMacs(float),
    ...(params.sqnr && { sqnr: bits === 'float' ? null : signalToNoise(float, optimized) }),
  };
}

function quantized(float: Graph): Graph {
  const lowered = lowerForQuantizer(float);
  return quantize(lowered, seeded(lowered, CALIBRATED), { io: 'int8' }).graph;
}

function seeded(graph: Graph, count: number, first = 1): Sample[] {
  return seededSamples(graph, count, first).map(({ inputs }, i) => ({ name: `seeded ${i}`, inputs }));
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
