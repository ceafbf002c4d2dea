import { interpret } from '@ghostc/interpreter';
import { CompileError, type Graph, type Tensor, toNumbers, type Value, withLocation } from '@ghostc/ir';
import { ValueStatistics } from './value-statistics.ts';

/** One calibration input: a tensor for every input of the graph, and a name for errors. */
export interface Sample {
  readonly name: string;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/**
 * Calibration data: iterated once per pass over the data, so a generator function may create samples on
 * demand.
 */
export type Samples = Iterable<Sample>;

/** The first samples. */
export function first(samples: Samples, count: number): Sample[] {
  const taken: Sample[] = [];
  for (const sample of samples) {
    if (taken.length >= count) break;
    taken.push(sample);
  }
  return taken;
}

/** What `observeValues` reports while it runs. */
export interface ObserveOptions {
  /** Called after each sample with the number done. */
  readonly onSample?: ((done: number) => void) | undefined;
}

/**
 * Runs every sample and passes each float value of the graph, including inputs, to `see`. Returns the number
 * of samples.
 */
export function observeValues(
  graph: Graph,
  samples: Samples,
  see: (value: Value, elements: ArrayLike<number>) => void,
  { onSample }: ObserveOptions = {},
): number {
  let done = 0;
  for (const { name, inputs } of samples) {
    withLocation({ file: name }, () => {
      for (const input of graph.inputs) see(input, toNumbers(sampleInput(input, inputs)));
      interpret(graph, inputs, { observe: (value, tensor) => see(value, toNumbers(tensor)) });
    });
    done++;
    onSample?.(done);
  }
  return done;
}

/** Every value of the graph for one sample, inputs included. */
export function observeTensors(graph: Graph, { name, inputs }: Sample): Map<Value, Tensor> {
  const tensors = new Map<Value, Tensor>();
  withLocation({ file: name }, () => {
    for (const input of graph.inputs) tensors.set(input, sampleInput(input, inputs));
    interpret(graph, inputs, { observe: (value, tensor) => tensors.set(value, tensor) });
  });
  return tensors;
}

function sampleInput(input: Value, inputs: ReadonlyMap<string, Tensor>): Tensor {
  const tensor = inputs.get(input.name);
  if (tensor) return tensor;
  throw new CompileError('quant/calibration', `calibration data has no input ${input.name}`);
}

/** Statistics of each value from calibration. */
export interface Calibration {
  readonly statistics: ReadonlyMap<Value, ValueStatistics>;
  readonly samples: number;
  /** Values that are constant, and other suspicious findings that can still be quantised. */
  readonly warnings: readonly string[];
}

/**
 * Statistics of every float value over the calibration data. Throws `quant/calibration` for unusable data:
 * none, of another shape or type, with NaN or infinities, or one constant throughout.
 */
export function calibrate(graph: Graph, samples: Samples, options: ObserveOptions = {}): Calibration {
  const statistics = new Map<Value, ValueStatistics>();
  const seen = new Set<string>();
  const see = (value: Value, elements: ArrayLike<number>): void => {
    if (value.type.dtype !== 'f32') return;
    const known = statistics.get(value) ?? new ValueStatistics();
    statistics.set(value, known);
    known.add(elements);
    if (known.histogram.nonFinite > 0) throw nonFinite(graph, value);
  };
  const count = observeValues(graph, remember(graph, samples, seen), see, options);
  if (count === 0)
    throw new CompileError('quant/calibration', 'expected at least one calibration sample, found none');
  checkInputs(graph, statistics);
  const warnings = [...duplicateWarning(seen.size, count), ...constantWarnings(graph, statistics)];
  return { statistics, samples: count, warnings };
}

function nonFinite(graph: Graph, value: Value): CompileError {
  const what = graph.inputs.includes(value) ? `input ${value.name}` : `%${value.name}`;
  return new CompileError('quant/calibration', `${what} expects finite numbers, found NaN or infinity`, {
    node: value.producer?.origin[0],
    op: value.producer?.op,
  });
}

/** Records a fingerprint of each sample as it passes. */
function* remember(graph: Graph, samples: Samples, seen: Set<string>): Iterable<Sample> {
  for (const sample of samples) {
    const parts = graph.inputs.map((input) => fingerprint(sample.inputs.get(input.name)));
    seen.add(parts.join());
    yield sample;
  }
}

/** A sum and a weighted sum: equal for equal tensors, and almost never for others. */
function fingerprint(tensor: Tensor | undefined): string {
  const numbers = tensor ? toNumbers(tensor) : [];
  let [sum, weighted] = [0, 0];
  for (let i = 0; i < numbers.length; i++) {
    sum += numbers[i] ?? 0;
    weighted += (numbers[i] ?? 0) * Math.sin(i + 1);
  }
  return `${sum}:${weighted}`;
}

function checkInputs(graph: Graph, statistics: ReadonlyMap<Value, ValueStatistics>): void {
  for (const input of graph.inputs) {
    const histogram = statistics.get(input)?.histogram;
    if (histogram && histogram.count > 1 && histogram.min === histogram.max)
      throw new CompileError(
        'quant/calibration',
        `input ${input.name} is ${histogram.min} throughout the calibration data; expected data like the model will see`,
      );
  }
}

function duplicateWarning(distinct: number, count: number): string[] {
  return distinct < count ? [`${count - distinct} of ${count} calibration samples repeat another`] : [];
}

function constantWarnings(graph: Graph, statistics: ReadonlyMap<Value, ValueStatistics>): string[] {
  const warnings: string[] = [];
  for (const node of graph.nodes()) {
    const histogram = statistics.get(node.output)?.histogram;
    if (histogram && histogram.count > 1 && histogram.min === histogram.max)
      warnings.push(
        `${node.origin[0] ?? node.output.name} (${node.op}) is ${histogram.min} on all calibration data: its scale says nothing`,
      );
  }
  return warnings;
}
