import {
  entryOf,
  type Graph,
  itemAt,
  type Node,
  numElements,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { dequantizeLinear, evaluateOne, evaluateOp, lookup, type Rounding } from '@ghostc/ops';
import { first, type Sample, type Samples } from './calibrate.ts';
import { type FittedRow, fitRows, roundRows } from './fit-layer.ts';
import { GraphQuantizer } from './graph-quantizer.ts';
import { ColumnReader, type LayerShape, layerShape } from './layer-columns.ts';
import { Moments } from './least-squares.ts';
import type { QuantPlan } from './quant-plan.ts';
import type { ChosenWeight } from './quantize-weight.ts';
import { rowsOf } from './weight-scale.ts';

/** Larger products are not solved: computing their covariances would take too long. */
const MOST_TAPS = 1536;
/** What is fitted: each layer's bias, or its weights too. */
export type Fitted = 'biases' | 'weights';

/** Number of columns over all samples: per tap, and at least. */
const COLUMNS_PER_TAP = 3;
const LEAST_COLUMNS = 1024;

/** Maximum bytes of the values of all samples together. */
const MOST_BYTES = 2 ** 30;

export interface FitOptions {
  readonly plan: QuantPlan;
  readonly fit: Fitted;
  readonly rounding: Rounding;
  /** Called after each layer. */
  readonly onLayer?: ((done: number) => void) | undefined;
}

/**
 * Weights and biases chosen layer by layer for the inputs that the integer layers before produce: those whose
 * sums are nearest to the float layer's over the samples (only the first ones if their values would take more
 * than 1 GB). Returns a plan with them.
 */
export function fitWeights(
  graph: Graph,
  samples: Samples,
  { plan, fit, rounding, onLayer }: FitOptions,
): QuantPlan {
  const most = Math.max(4, Math.floor(MOST_BYTES / bytesOf(graph)));
  const runs = first(samples, most).map((sample) => new PairedRun(graph, sample));
  const chosen = new Map<Node, ChosenWeight>();
  const weightOf = (node: Node, input: Value): ChosenWeight | undefined => {
    for (const run of runs) run.advance(quantizer.graph);
    const found = chooseWeight(node, { input, runs, fit, plan });
    if (found) chosen.set(node, found);
    return found;
  };
  let done = 0;
  const quantizer = new GraphQuantizer(graph, { ...plan, weightOf }, { io: 'float', rounding }, (node) => {
    for (const run of runs) run.advance(quantizer.graph);
    for (const run of runs) run.finish(node, quantizer);
    done++;
    onLayer?.(done);
  });
  quantizer.run();
  return { ...plan, weightOf: (node) => chosen.get(node) };
}

/** One sample during evaluation of both graphs. */
class PairedRun {
  readonly exact = new Map<Value, Tensor>();
  readonly quantized = new Map<Value, Tensor>();
  readonly #pending = new Map<Value, number>();
  #last: Node | undefined;

  constructor(graph: Graph, { inputs }: Sample) {
    for (const input of graph.inputs) this.exact.set(input, entryOf(inputs, input.name));
  }

  /** Evaluates what was added to the quantised graph. */
  advance(quantized: Graph): void {
    for (const input of quantized.inputs)
      if (!this.quantized.has(input)) {
        const [, tensor] = [...this.exact].find(([{ name }]) => name === input.name) ?? [];
        if (tensor) this.quantized.set(input, tensor);
      }
    let node = this.#last ? this.#last.next : quantized.first;
    for (; node; node = node.next) {
      evaluateInto(this.quantized, node);
      this.#last = node;
    }
  }

  /** Computes the float node too, and drops values no longer needed. */
  finish(node: Node, quantizer: GraphQuantizer): void {
    evaluateInto(this.exact, node);
    for (const value of new Set(node.inputs)) {
      if (!value || value.constant) continue;
      const left = (this.#pending.get(value) ?? value.users.size) - 1;
      this.#pending.set(value, left);
      if (left > 0) continue;
      this.exact.delete(value);
      for (const form of ['f32', 'i8', 'i16'] as const) {
        const converted = quantizer.existing(value, form);
        if (converted) this.quantized.delete(converted);
      }
    }
  }
}

function evaluateInto(tensors: Map<Value, Tensor>, node: Node): void {
  const inputs = node.inputs.map((value) => value && (value.constant ?? entryOf(tensors, value)));
  evaluateOp(lookup(node.op), inputs, node.attrs).forEach((result, i) => {
    const output = node.outputs[i];
    if (output) tensors.set(output, result);
  });
}

/** All values of one run. */
function bytesOf(graph: Graph): number {
  let elements = 0;
  for (const node of graph.nodes())
    for (const { type } of node.outputs) elements += numElements(type.shape.map(Number));
  return 4 * Math.max(1, elements);
}

interface Choice {
  /** The layer's input in integers. */
  readonly input: Value;
  readonly runs: readonly PairedRun[];
  readonly fit: Fitted;
  readonly plan: QuantPlan;
}

function chooseWeight(node: Node, { input, runs, fit, plan }: Choice): ChosenWeight | undefined {
  const shape = layerShape(node);
  const weight = node.inputs[1]?.constant;
  if (!shape || !weight) return undefined;
  const order = fit === 'weights' && shape.taps <= MOST_TAPS ? 2 : 1;
  const rows = rowsOf(toNumbers(weight), shape.taps);
  const scaleOf = plan.scaleOf(node);
  const biases = node.inputs[2]?.constant && toNumbers(node.inputs[2].constant);
  const sources = runs.map((run) => {
    const exact = entryOf(run.exact, itemAt(node.inputs, 0));
    return { exact, quantized: toNumbers(evaluateOne(dequantizeLinear, [entryOf(run.quantized, input)])) };
  });
  const most = Math.ceil(Math.max(LEAST_COLUMNS, COLUMNS_PER_TAP * shape.taps) / runs.length);
  const readers = sources.map(({ exact }) => new ColumnReader(node, exact, most));
  const reals = new Float32Array(rows.length * shape.taps);
  const scale: number[] = [];
  const bias: number[] = [];
  for (let group = 0; group < shape.groups; group++) {
    const halves = momentsOf(group, { shape, sources, readers, order });
    const own = rows.slice(group * shape.rows, (group + 1) * shape.rows);
    const fitted: FittedRow[] =
      order === 2 ? fitRows(own, halves, scaleOf) : roundRows(own, halves[0].plus(halves[1]), scaleOf);
    fitted.forEach((row, i) => {
      const m = group * shape.rows + i;
      row.levels.forEach((level, k) => {
        reals[m * shape.taps + k] = level * row.scale;
      });
      scale.push(row.scale);
      bias.push(Number(biases?.[m] ?? 0) + row.shift);
    });
  }
  return {
    weight: tensor('f32', weight.shape, reals),
    bias: tensor('f32', [bias.length], Float32Array.from(bias)),
    scale,
  };
}

function momentsOf(
  group: number,
  {
    shape,
    sources,
    readers,
    order,
  }: {
    order: 1 | 2;
    shape: LayerShape;
    sources: readonly { exact: Tensor; quantized: ArrayLike<number> }[];
    readers: readonly ColumnReader[];
  },
): [Moments, Moments] {
  const halves: [Moments, Moments] = [new Moments(shape.taps, order), new Moments(shape.taps, order)];
  sources.forEach(({ exact, quantized }, i) => {
    const reader = itemAt(readers, i);
    itemAt(halves, i % 2).add(reader.read(toNumbers(exact), group), reader.read(quantized, group));
  });
  return halves;
}
