import { errorBounds, interpret, KnownResults } from '@ghostc/interpreter';
import { type Graph, isStatic, mulberry32, numElements, type Tensor, toNumbers } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/** Inputs on which two graphs that should compute the same differ by more than rounding explains, and the first such element. */
export interface Counterexample {
  readonly output: string;
  readonly index: number;
  readonly before: number;
  readonly after: number;
  /** The largest difference that rounding explains. */
  readonly allowed: number;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/** Largest float32, and the unit roundoff: a bound above their product belongs to magnitudes that overflow. */
const LARGEST = 3.4e38;
const UNIT = 2 ** -24;

/** Where no bound can be derived: relative to the largest element of the output. */
const FALLBACK = 1e-3;

/**
 * Runs both graphs in the interpreter on seeded inputs of several kinds (ordinary values; with zeros of both
 * signs and tiny values; large and huge values; infinities if only movement and exact ops see them) and
 * compares within the sum of their derived bounds. Symbolic dimensions get small seeded sizes.
 */
export function compareGraphs(before: Graph, after: Graph, seed = 1): Counterexample | null {
  const first = new Evaluation(before, seed);
  return compareEvaluations(first, new Evaluation(after, seed, first));
}

/** A graph's outputs on seeded inputs, each kind computed once. The graph must not change. */
export class Evaluation {
  readonly graph: Graph;
  readonly #seed: number;
  readonly #runs = new Map<Kind, Run>();
  readonly #shared: Shared;

  /** Graphs with the same inputs share what other evaluations of them have computed. */
  constructor(graph: Graph, seed: number, shared?: Evaluation) {
    this.graph = graph;
    this.#seed = seed;
    this.#shared = shared ? shared.#shared : { known: new KnownResults(), inputs: new Map() };
  }

  run(kind: Kind): Run {
    const known = this.#runs.get(kind);
    if (known) return known;
    const inputs = this.#shared.inputs.get(kind) ?? inputsOf(this.graph, kind, this.#seed);
    this.#shared.inputs.set(kind, inputs);
    const run = new Run(this.graph, inputs, this.#shared.known);
    this.#runs.set(kind, run);
    return run;
  }
}

interface Shared {
  readonly known: KnownResults;
  readonly inputs: Map<Kind, ReadonlyMap<string, Tensor>>;
}

class Run {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly #graph: Graph;
  #bounds: ReadonlyMap<string, Float64Array | null> | undefined;

  constructor(graph: Graph, inputs: ReadonlyMap<string, Tensor>, known: KnownResults) {
    this.#graph = graph;
    this.inputs = inputs;
    this.outputs = interpret(graph, inputs, { known });
  }

  /** Derived only if outputs differ at all. */
  bound(output: string): Float64Array | null {
    this.#bounds ??= errorBounds(this.#graph, this.inputs);
    return this.#bounds.get(output) ?? null;
  }
}

export function compareEvaluations(before: Evaluation, after: Evaluation): Counterexample | null {
  for (const kind of kindsFor(before.graph)) {
    const difference = compareRuns(before.run(kind), after.run(kind));
    if (difference) return difference;
  }
  return null;
}

const kinds = {
  ordinary: (random: number) => random * 2 - 1,
  tiny: (random: number) => (random < 0.2 ? 0 : random < 0.4 ? -0 : random < 0.6 ? 1e-30 : random * 2 - 1),
  large: (random: number) => (random * 2 - 1) * 1000,
  huge: (random: number) => (random < 0.1 ? -0 : (random * 2 - 1) * 1e30),
  infinite: (random: number) =>
    random < 0.1 ? Number.POSITIVE_INFINITY : random < 0.2 ? Number.NEGATIVE_INFINITY : random * 2 - 1,
} as const;

type Kind = keyof typeof kinds;

function kindsFor(graph: Graph): Kind[] {
  const exact = [...graph.nodes()].every(
    (node) => lookup(node.op).traits.has('movement') || lookup(node.op).traits.has('exact'),
  );
  return exact ? ['ordinary', 'tiny', 'large', 'huge', 'infinite'] : ['ordinary', 'tiny', 'large', 'huge'];
}

function inputsOf(graph: Graph, kind: Kind, seed: number): Map<string, Tensor> {
  const next = mulberry32(seed * 31 + kind.length);
  const sizes = new Map<string, number>();
  const sizeOf = (dim: string): number => {
    if (!sizes.has(dim)) sizes.set(dim, 1 + Math.floor(next() * 3));
    return sizes.get(dim) ?? 1;
  };
  return new Map(
    graph.inputs.map((input) => {
      const shape = input.type.shape.map((dim) => (isStatic(dim) ? dim : sizeOf(dim)));
      const data = Float32Array.from({ length: numElements(shape) }, () => kinds[kind](next()));
      return [input.name, { dtype: 'f32' as const, shape, data }];
    }),
  );
}

function compareRuns(before: Run, after: Run): Counterexample | null {
  for (const [output, want] of before.outputs) {
    const got = after.outputs.get(output);
    let derived: ((i: number) => number) | undefined;
    const allowed = (i: number): number => {
      derived ??= allowance(want, before.bound(output), after.bound(output));
      return derived(i);
    };
    const index = got ? firstDifference(toNumbers(want), toNumbers(got), allowed) : 0;
    if (index < 0) continue;
    return {
      output,
      index,
      before: Number(toNumbers(want)[index]),
      after: got ? Number(toNumbers(got)[index]) : Number.NaN,
      allowed: allowed(index),
      inputs: before.inputs,
    };
  }
  return null;
}

function allowance(
  want: Tensor,
  first: Float64Array | null,
  second: Float64Array | null,
): (i: number) => number {
  if (first && second) return (i) => (first[i] ?? 0) + (second[i] ?? 0) + 1e-37;
  const largest = Array.from(toNumbers(want), (v) => Math.abs(Number(v))).reduce(
    (most, v) => (Number.isFinite(v) ? Math.max(most, v) : most),
    0,
  );
  return () => largest * FALLBACK + 1e-37;
}

function firstDifference(
  want: ArrayLike<number>,
  got: ArrayLike<number>,
  allowed: (i: number) => number,
): number {
  if (want.length !== got.length) return 0;
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [want[i] ?? 0, got[i] ?? 0];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const most = allowed(i);
    if (overflows(most)) continue;
    if (!(Math.abs(a - b) <= most)) return i;
  }
  return -1;
}

/** Sums of magnitudes beyond float32: in another order they may be infinite, or not. */
function overflows(allowed: number): boolean {
  return Number.isNaN(allowed) || allowed > LARGEST * UNIT;
}
