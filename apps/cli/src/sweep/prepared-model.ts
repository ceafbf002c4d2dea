import { lowerForKernels, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import {
  CompileError,
  entryOf,
  type Graph,
  itemAt,
  type QuantParams,
  type Tensor,
  toNumbers,
} from '@ghostc/ir';
import type { Store } from '@ghostc/jobs';
import { dequantizeLinear, evaluateOne, graphMacs } from '@ghostc/ops';
import { quantize, type Sample, SignalToNoise } from '@ghostc/quant';
import { itemOutcome } from '../evaluate/item-outcome.ts';
import { spread } from '../evaluate/spread.ts';
import { fitToModel } from '../fit-to-model.ts';
import { modelOf } from '../jobs/stored-model.ts';
import type { ModelParams } from './point-params.ts';
import { type LabelledItem, storedItems } from './sweep-data.ts';

/** What the boards of a model share: all that does not depend on where it runs. */
export interface PreparedModel {
  /** As it is compiled. */
  readonly graph: Graph;
  readonly lowered: Graph;
  readonly macs: number;
  /** dB against float; null: it is float. Absent where nobody asked. */
  readonly sqnr?: number | null;
  /** Percent of labelled items; absent where there are none. */
  readonly accuracy?: number;
}

/** Inputs that calibrate, and those that SQNR is measured on: of labelled data some calibrate, and all others measure. */
const CALIBRATED = 1;
const MEASURED = 2;
const CALIBRATED_OF_DATA = 8;

interface Inputs {
  readonly calibrate: readonly Sample[];
  readonly measure: readonly Sample[];
  /** Classes of those that measure. */
  readonly labels?: readonly number[];
}

interface PointModel {
  /** As it is compiled. */
  readonly graph: Graph;
  readonly float: Graph;
  readonly inputs: Inputs;
}

/** The model of a point, unmeasured. Throws what the builder and the quantiser throw. */
export async function pointModel(params: ModelParams, store: Store): Promise<PointModel> {
  const { bits, data } = params;
  const model = await modelOf(params, store);
  const float = optimize(model);
  const inputs =
    data === undefined ? seededInputs(float) : labelledInputs(float, await storedItems(data, float, store));
  return { graph: bits === 'float' ? model : quantized(float, inputs), float, inputs };
}

/** Throws what the builder, the quantiser and the runtime throw. */
export async function prepareModel(params: ModelParams, store: Store): Promise<PreparedModel> {
  const { graph, float, inputs } = await pointModel(params, store);
  const isFloat = params.bits === 'float';
  const optimized = isFloat ? float : optimize(graph);
  const asksNoise = params.sqnr && !isFloat;
  const found = asksNoise || inputs.labels ? inputs.measure.map((one) => outputsOf(optimized, one)) : [];
  return {
    graph,
    lowered: lowerForKernels(optimized),
    macs: graphMacs(float),
    ...(params.sqnr && { sqnr: asksNoise ? signalToNoise(float, optimized, { ...inputs, found }) : null }),
    ...(inputs.labels && { accuracy: accuracyOf(optimized, found, inputs.labels) }),
  };
}

function outputsOf(graph: Graph, { inputs }: Sample): ReadonlyMap<string, Tensor> {
  return interpret(graph, inputsFor(graph, inputs));
}

function seededInputs(model: Graph): Inputs {
  return {
    calibrate: seededSamples(model, CALIBRATED),
    measure: seededSamples(model, MEASURED, 1 + CALIBRATED),
  };
}

/** The first items in an even spread calibrate. Throws `sweep/data` where they are too few. */
function labelledInputs(model: Graph, items: readonly LabelledItem[]): Inputs {
  const calibrating = new Set(spread(items.length, CALIBRATED_OF_DATA));
  if (items.length <= CALIBRATED_OF_DATA)
    throw new CompileError(
      'sweep/data',
      `expected more than ${CALIBRATED_OF_DATA} items, found ${items.length}`,
    );
  const name = itemAt(model.inputs, 0).name;
  const asSample = ({ tensor }: LabelledItem, i: number): Sample => ({
    name: `item ${i}`,
    inputs: new Map([[name, tensor]]),
  });
  const measuring = items.filter((_, i) => !calibrating.has(i));
  return {
    calibrate: items.filter((_, i) => calibrating.has(i)).map(asSample),
    measure: measuring.map(asSample),
    labels: measuring.map(({ label }) => label),
  };
}

function quantized(float: Graph, { calibrate }: Inputs): Graph {
  return quantize(lowerForQuantizer(float), calibrate, { io: 'int8' }).graph;
}

/** Over the outputs for some inputs; null where nothing differs. */
function signalToNoise(
  float: Graph,
  integers: Graph,
  { measure, found }: Pick<Inputs, 'measure'> & { readonly found: readonly ReadonlyMap<string, Tensor>[] },
): number | null {
  const total = new SignalToNoise();
  measure.forEach(({ inputs }, i) => {
    const want = interpret(float, inputs);
    integers.outputs.forEach(({ name, value }) => {
      const got = realValues(entryOf(itemAt(found, i), name), value.type.quant);
      total.add(toNumbers(entryOf(want, name)), toNumbers(got));
    });
  });
  return total.decibels === Number.POSITIVE_INFINITY ? null : total.decibels;
}

/** Percent of the items whose class has the largest score. */
function accuracyOf(
  model: Graph,
  found: readonly ReadonlyMap<string, Tensor>[],
  labels: readonly number[],
): number {
  const { name } = itemAt(model.outputs, 0);
  const right = labels.filter(
    (label, i) => itemOutcome(toNumbers(entryOf(itemAt(found, i), name)), label).rank === 0,
  );
  return (100 * right.length) / labels.length;
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
