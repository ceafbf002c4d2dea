import { type Graph, isFloat, mulberry32, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { lookup, sizedFor, withDefaults } from '@ghostc/ops';
import { evaluate } from './bound-step.ts';
import { exactly, widened } from './bounded.ts';
import { lastUses } from './last-uses.ts';
import { type Deviation, deviationOf } from './noise-deviation.ts';
import { outputStep } from './output-step.ts';
import { ownError } from './own-error.ts';

/** An output as exact arithmetic has it, and how far rounding takes it. */
export interface NoisyOutput extends Deviation {
  /** In double precision. */
  readonly value: Tensor;
  /** Whether an error may become a step on the way: a quantiser, a comparison, an index. */
  readonly discontinuous: boolean;
  /** Distance of neighbouring values, where the output has steps itself; 0 where it has none. */
  readonly step: number;
}

export interface NoiseOptions {
  /** How often the graph is run with other roundings. Default 8. */
  readonly runs?: number;
}

/** A value without rounding, and in every noisy run: null where rounding cannot reach it. */
interface Noisy {
  readonly exact: Tensor;
  readonly runs: readonly Tensor[] | null;
  readonly discontinuous: boolean;
}

/**
 * Runs a graph in double precision, once as it is and a few times with random errors at every node, of the size that rounding
 * has there (`ownError`): how far its outputs may be apart in two right engines. Unlike a bound, which adds up the worst of
 * every node, that stays tight behind any number of layers (stochastic arithmetic: Vignes 1993, Parker 1997).
 */
export function roundingNoise(
  model: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  { runs = 8 }: NoiseOptions = {},
): Map<string, NoisyOutput> {
  const graph = sizedFor(model, inputs);
  const known = new Map<Value, Noisy>();
  const still = (tensor: Tensor): Noisy => ({
    exact: exactly(tensor).tensor,
    runs: null,
    discontinuous: false,
  });
  for (const input of graph.inputs) {
    const tensor = inputs.get(input.name);
    if (tensor) known.set(input, still(input.type.quant ? { ...tensor, quant: input.type.quant } : tensor));
  }
  for (const value of graph.constants) if (value.constant) known.set(value, still(value.constant));
  const noise = new Noise(runs);
  const last = lastUses(graph);
  for (const node of graph.nodes()) {
    noise.into(known, node);
    for (const value of last.get(node) ?? []) known.delete(value);
  }
  return new Map(graph.outputs.map(({ name, value }) => [name, outputOf(value, known.get(value) as Noisy)]));
}

function outputOf(value: Value, { exact, runs, discontinuous }: Noisy): NoisyOutput {
  return { value: exact, discontinuous, step: outputStep(value), ...deviationOf(exact, runs ?? []) };
}

class Noise {
  readonly #random: readonly (() => number)[];

  constructor(runs: number) {
    this.#random = Array.from({ length: runs }, (_, r) => mulberry32(0x9e3779b9 * (r + 1)));
  }

  /** Adds the values of a node to those that are known. */
  into(known: Map<Value, Noisy>, node: Node): void {
    const given = node.inputs.map((value) => value && (known.get(value) as Noisy));
    const attrs = withDefaults(lookup(node.op).attrs, node.attrs);
    const exact = given.map((input) => input && { tensor: input.exact, error: null });
    const { results, errors } = ownError({ node, attrs, inputs: exact });
    const moving =
      given.some((input) => input?.runs) || errors.some(Boolean) || node.op === 'quantize_linear';
    const runs = moving ? this.#random.map((_, r) => this.#run(node, given, { errors, r })) : [];
    const jumps = isDiscontinuous(node);
    node.outputs.forEach((value, i) => {
      const tensors = runs.map((tensors) => tensors[i] as Tensor);
      const noisy = tensors.some((tensor) => differs(tensor, results[i] as Tensor));
      known.set(value, {
        exact: results[i] as Tensor,
        runs: noisy ? tensors : null,
        discontinuous: given.some((input) => input?.discontinuous) || (jumps && moving),
      });
    });
  }

  #run(
    node: Node,
    given: readonly (Noisy | null)[],
    { errors, r }: { errors: readonly (Float64Array | null)[]; r: number },
  ): readonly Tensor[] {
    const next = this.#random[r] as () => number;
    const attrs = withDefaults(lookup(node.op).attrs, node.attrs);
    const inputs = given.map((input) => input && (input.runs?.[r] ?? input.exact));
    const own =
      node.op === 'quantize_linear' && !isPowerOfTwo(Number(attrs.y_scale))
        ? [jittered(inputs[0] as Tensor, next), ...inputs.slice(1)]
        : inputs;
    return evaluate(node.op, { attrs }, own).map((tensor, i) => shaken(widened(tensor), errors[i], next));
  }
}

/** Each element moved by a random part of its error. */
function shaken(tensor: Tensor, error: Float64Array | null | undefined, next: () => number): Tensor {
  if (!error || error.length !== tensor.data.length) return tensor;
  const values = toNumbers(tensor);
  return { ...tensor, data: error.map((e, i) => Number(values[i]) + (e === 0 ? 0 : e * (2 * next() - 1))) };
}

/** x / scale is rounded in float32 by some, x times 1 / scale by others: they part on ties. */
function jittered(x: Tensor, next: () => number): Tensor {
  if (!isFloat(x.dtype)) return x;
  const error = Float64Array.from(toNumbers(x), (v) => 2 ** -22 * Math.abs(Number(v)));
  return shaken(widened(x), error, next);
}

/** Such quotients are exact. */
function isPowerOfTwo(scale: number): boolean {
  return Number.isInteger(Math.log2(scale));
}

const rounding: ReadonlySet<string> = new Set(['round', 'floor', 'ceil', 'sign', 'mod', 'quantize_linear']);

function isDiscontinuous({ op, output }: Node): boolean {
  return rounding.has(op) || (!isFloat(output.type.dtype) && !lookup(op).traits.has('movement'));
}

function differs(a: Tensor, b: Tensor): boolean {
  if (a.data.length !== b.data.length) return true;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return true;
  return false;
}
