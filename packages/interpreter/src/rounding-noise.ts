import {
  entryOf,
  type Graph,
  isFloat,
  itemAt,
  mulberry32,
  type Node,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { type ErrorBound, lookup, nodeMacs, sizedFor, withDefaults } from '@ghostc/ops';
import { evaluate } from './bound-step.ts';
import { eachNumber, exactly, widened } from './bounded.ts';
import { lastUses } from './last-uses.ts';
import { type Deviation, deviationOf } from './noise-deviation.ts';
import { outputStep } from './output-step.ts';
import { ownError } from './own-error.ts';
import { partsGraph } from './parts-graph.ts';

/** An output in exact arithmetic, and how far rounding moves it. */
export interface NoisyOutput extends Deviation {
  /** In double precision. */
  readonly value: Tensor;
  /** Whether an error may become a step on the way: a quantiser, a comparison, an index. */
  readonly discontinuous: boolean;
  /** Distance between neighbouring values, if the output is quantised; otherwise 0. */
  readonly step: number;
}

/** What an engine computes float32 in: TF32 rounds the operands of products, 16-bit floats every result too. */
export type Arithmetic = 'f32' | 'tf32' | 'f16' | 'bf16';

export interface NoiseOptions {
  /** How often the graph is run with other roundings. Default 8. */
  readonly runs?: number;
  /** Default `f32`: every value is rounded to its own type. */
  readonly arithmetic?: Arithmetic;
  /** Called with each value as it is computed. */
  readonly observe?: (value: Value, noise: NoisyOutput) => void;
}

/** Roundings in addition to those of float32, as parts of the value. */
interface Coarse {
  /** Of the operands of products. */
  readonly operands: number;
  readonly results: number;
}

const coarse: Readonly<Record<Arithmetic, Coarse>> = {
  f32: { operands: 0, results: 0 },
  tf32: { operands: 2 ** -11, results: 0 },
  f16: { operands: 2 ** -11, results: 2 ** -11 },
  bf16: { operands: 2 ** -8, results: 2 ** -8 },
};

/** A value without rounding, and in every noisy run: null if rounding cannot affect it. */
interface Noisy {
  readonly exact: Tensor;
  readonly runs: readonly Tensor[] | null;
  readonly discontinuous: boolean;
}

/**
 * Runs a graph in double precision, once without noise and a few times with random errors at every node, of
 * the size of its rounding (`ownError`): how far the outputs of two correct engines may differ. Unlike a
 * bound, which adds up the worst case of every node, this stays tight after any number of layers (stochastic
 * arithmetic: Vignes 1993, Parker 1997).
 */
export function roundingNoise(
  model: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  { runs = 8, arithmetic = 'f32', observe }: NoiseOptions = {},
): Map<string, NoisyOutput> {
  const graph = sizedFor(model, inputs);
  const known = new Map<Value, Noisy>();
  for (const input of graph.inputs) {
    const tensor = inputs.get(input.name);
    if (tensor) known.set(input, still(input.type.quant ? { ...tensor, quant: input.type.quant } : tensor));
  }
  for (const value of graph.constants) if (value.constant) known.set(value, still(value.constant));
  const noise = new Noise(runs, coarse[arithmetic]);
  const last = lastUses(graph);
  for (const node of graph.nodes()) {
    noise.into(known, node);
    if (observe) for (const value of node.outputs) observe(value, outputOf(value, entryOf(known, value)));
    for (const value of last.get(node) ?? []) known.delete(value);
  }
  return new Map(graph.outputs.map(({ name, value }) => [name, outputOf(value, entryOf(known, value))]));
}

function outputOf(value: Value, { exact, runs, discontinuous }: Noisy): NoisyOutput {
  return { value: exact, discontinuous, step: outputStep(value), ...deviationOf(exact, runs ?? []) };
}

function still(tensor: Tensor): Noisy {
  return { exact: exactly(tensor).tensor, runs: null, discontinuous: false };
}

class Noise {
  readonly #random: readonly (() => number)[];
  readonly #coarse: Coarse;

  constructor(runs: number, coarse: Coarse) {
    this.#coarse = coarse;
    this.#random = Array.from({ length: runs }, (_, r) => mulberry32(0x9e3779b9 * (r + 1)));
  }

  /** Adds the values of a node to those that are known. */
  into(known: Map<Value, Noisy>, node: Node): void {
    const given = node.inputs.map((value) => value && entryOf(known, value));
    const attrs = withDefaults(lookup(node.op).attrs, node.attrs);
    const parts = partsGraph(node, attrs);
    if (parts) {
      this.#through(parts, known, node);
      return;
    }
    const exact = given.map((input) => input && { tensor: input.exact, error: null });
    const { results, errors: fine } = ownError({ node, attrs, inputs: exact });
    const errors = results.map((y, i) => withCoarse(node, y, { fine: fine[i], part: this.#coarse.results }));
    const moving =
      given.some((input) => input?.runs) ||
      errors.some(Boolean) ||
      (this.#coarse.operands > 0 && nodeMacs(node) > 0) ||
      node.op === 'quantize_linear';
    const runs = moving ? this.#random.map((_, r) => this.#run(node, given, { errors, r })) : [];
    const jumping = isDiscontinuous(node);
    node.outputs.forEach((value, i) => {
      const tensors = runs.map((tensors) => itemAt(tensors, i));
      const noisy = tensors.some((tensor) => differs(tensor, itemAt(results, i)));
      known.set(value, {
        exact: itemAt(results, i),
        runs: noisy ? tensors : null,
        discontinuous: given.some((input) => input?.discontinuous) || (jumping && moving),
      });
    });
  }

  /** A composite op rounds in each of its parts. */
  #through(parts: Graph, known: Map<Value, Noisy>, node: Node): void {
    const given = node.inputs.filter((value) => value !== null);
    const inside = new Map(parts.inputs.map((value, i) => [value, entryOf(known, itemAt(given, i))]));
    for (const value of parts.constants) if (value.constant) inside.set(value, still(value.constant));
    for (const part of parts.nodes()) this.into(inside, part);
    parts.outputs.forEach(({ value }, i) => {
      known.set(itemAt(node.outputs, i), entryOf(inside, value));
    });
  }

  #run(
    node: Node,
    given: readonly (Noisy | null)[],
    { errors, r }: { errors: readonly (Float64Array | null)[]; r: number },
  ): readonly Tensor[] {
    const next = itemAt(this.#random, r);
    const attrs = withDefaults(lookup(node.op).attrs, node.attrs);
    const part = nodeMacs(node) > 0 ? this.#coarse.operands : 0;
    const inputs = given.map((input) => input && roundedBy(part, input.runs?.[r] ?? input.exact, next));
    const own =
      node.op === 'quantize_linear' && !isPowerOfTwo(Number(attrs.y_scale))
        ? [jittered(itemAt(inputs, 0), next), ...inputs.slice(1)]
        : inputs;
    return evaluate(node.op, { attrs }, own).map((tensor, i) => shaken(widened(tensor), errors[i], next));
  }
}

/** Each element moved by a random part of its error. */
function shaken(tensor: Tensor, error: Float64Array | null | undefined, next: () => number): Tensor {
  if (!error || error.length !== tensor.data.length) return tensor;
  const data = new Float64Array(toNumbers(tensor));
  for (let i = 0; i < data.length; i++) {
    const e = error[i] ?? 0;
    if (e !== 0) data[i] = (data[i] ?? 0) + e * (2 * next() - 1);
  }
  return { ...tensor, data };
}

/** x / scale is rounded in float32 by some, x times 1 / scale by others: they part on ties. */
function jittered(x: Tensor, next: () => number): Tensor {
  if (!isFloat(x.dtype)) return x;
  const error = Float64Array.from(toNumbers(x), (v) => 2 ** -22 * Math.abs(Number(v)));
  return shaken(widened(x), error, next);
}

function roundedBy(part: number, x: Tensor, next: () => number): Tensor {
  return part === 0 || !isFloat(x.dtype) ? x : shaken(widened(x), sized(part, x), next);
}

const sized = (part: number, x: Tensor): Float64Array => {
  const values = toNumbers(x);
  const sizeOf = (v: number): number => (Number.isFinite(v) ? part * Math.abs(v) : 0);
  return eachNumber(values.length, (i) => sizeOf(values[i] ?? 0));
};

/** The error of a result, with that of an engine that stores fewer bits. */
function withCoarse(
  node: Node,
  y: Tensor,
  { fine, part }: { fine: Float64Array | null | undefined; part: number },
): Float64Array | null {
  if (part === 0 || !isFloat(y.dtype) || lookup(node.op).traits.has('movement')) return fine ?? null;
  const size = sized(part, y);
  return fine ? size.map((s, i) => s + (fine[i] ?? 0)) : size;
}

/** Such quotients are exact. */
function isPowerOfTwo(scale: number): boolean {
  return Number.isInteger(Math.log2(scale));
}

/** Errors after which a result is another step. */
const jumps: ReadonlySet<ErrorBound['kind']> = new Set(['stepped', 'remainder', 'quantized']);

function isDiscontinuous({ op, output }: Node): boolean {
  const { error, traits } = lookup(op);
  return jumps.has(error.kind) || (!isFloat(output.type.dtype) && !traits.has('movement'));
}

function differs(a: Tensor, b: Tensor): boolean {
  if (a.data.length !== b.data.length) return true;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return true;
  return false;
}
