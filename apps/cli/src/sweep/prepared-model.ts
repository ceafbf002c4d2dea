import { lowerForKernels, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { entryOf, type Graph, type QuantParams, type Tensor, toNumbers } from '@ghostc/ir';
import type { Store } from '@ghostc/jobs';
import { dequantizeLinear, evaluateOne, graphMacs } from '@ghostc/ops';
import { quantize, SignalToNoise } from '@ghostc/quant';
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
  return quantize(lowered, seededSamples(lowered, CALIBRATED), { io: 'int8' }).graph;
}

/** Over the outputs for some inputs; null where nothing differs. */
function signalToNoise(float: Graph, integers: Graph): number | null {
  const total = new SignalToNoise();
  for (const { inputs } of seededSamples(float, MEASURED, 1 + CALIBRATED)) {
    const want = interpret(float, inputs);
    const got = interpret(integers, inputsFor(integers, inputs));
    integers.outputs.forEach(({ name, value }) => {
      const found = realValues(entryOf(got, name), value.type.quant);
      total.add(toNumbers(entryOf(want, name)), toNumbers(found));
    });
  }
  return total.decibels === Number.POSITIVE_INFINITY ? null : total.decibels;
}

function inputsFor(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    graph.inputs.map(({ name, type }) => {
      const place = { file: 'sweep', kind: 'input', name } as const;
      return [name, fitToModel(inputs.get(name) as Tensor, type, place)];
    }),
  );
}

function realValues(tensor: Tensor, quant: QuantParams | undefined): Tensor {
  return quant ? evaluateOne(dequantizeLinear, [{ ...tensor, quant }]) : tensor;
}
