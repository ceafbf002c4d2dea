import { CompileError, fromNumbers, mulberry32, numElements, type Tensor, toNumbers } from '@ghostc/ir';

/** Weights by their published parameter names. */
export type StateDict = ReadonlyMap<string, Tensor>;

/** Where a builder gets its weights: made from a seed, or a state dict. */
export type Weights = { readonly seed: number } | { readonly stateDict: StateDict };

/** What a parameter is for: sets how it is initialised and whether it counts as trained. */
export type ParameterKind = 'weight' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance';

export interface ParameterSpec {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly shape: readonly number[];
  /** Seeded values are this many times the usual ones: 1 if absent. */
  readonly gain?: number;
}

/** Gives parameters by name and remembers which were asked for. */
export class ParameterSource {
  readonly asked: ParameterSpec[] = [];
  readonly #weights: Weights;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  get(spec: ParameterSpec): Tensor {
    this.asked.push(spec);
    if ('seed' in this.#weights) return initialParameter(spec, this.#weights.seed);
    const found = this.#weights.stateDict.get(spec.name);
    return found && sameShape(found.shape, spec.shape) && isFloatOf32(found)
      ? widened(found)
      : fromNumbers('f32', spec.shape, []);
  }

  /** Throws `ghostnet/state-dict` with every parameter that is missing, unexpected or of another shape. */
  check(): void {
    if ('seed' in this.#weights) return;
    const notes = stateProblems(this.asked, this.#weights.stateDict);
    if (notes.length)
      throw new CompileError(
        'ghostnet/state-dict',
        `the state dict does not fit the model: ${notes.length} problems`,
        {},
        notes.slice(0, 20),
      );
  }
}

/** Whether float32 has every value of the type. */
function isFloatOf32({ dtype }: Tensor): boolean {
  return dtype === 'f32' || dtype === 'f16' || dtype === 'bf16';
}

function widened(tensor: Tensor): Tensor {
  return tensor.dtype === 'f32' ? tensor : fromNumbers('f32', tensor.shape, toNumbers(tensor));
}

function stateProblems(asked: readonly ParameterSpec[], state: StateDict): string[] {
  const wanted = new Set(asked.map(({ name }) => name));
  const unexpected = [...state.keys()].filter(
    (name) => !wanted.has(name) && !name.endsWith('.num_batches_tracked'),
  );
  const bad = asked.flatMap(({ name, shape }) => {
    const found = state.get(name);
    if (!found) return [`missing: ${name} f32[${shape.join(',')}]`];
    if (sameShape(found.shape, shape) && isFloatOf32(found)) return [];
    return [`${name}: expected f32[${shape.join(',')}], found ${found.dtype}[${found.shape.join(',')}]`];
  });
  return [...bad, ...unexpected.map((name) => `unexpected: ${name}`)];
}

/**
 * Seeded values that depend on seed, name and shape only: weights uniform with the variance 1 / fan_in (LeCun et al. 1998:
 * residual sums stay small), batch-norm parameters near 1 and 0 but not at them.
 */
function initialParameter({ name, kind, shape, gain = 1 }: ParameterSpec, seed: number): Tensor {
  const next = mulberry32(hashName(name) ^ Math.imul(seed, 0x9e3779b1));
  const count = numElements(shape);
  const fanIn = count / (shape[0] || 1);
  const [center, spread] = ranges[kind](fanIn);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = gain * (center + spread * (2 * next() - 1));
  return fromNumbers('f32', shape, values);
}

const ranges: Readonly<Record<ParameterKind, (fanIn: number) => readonly [number, number]>> = {
  weight: (fanIn) => [0, Math.sqrt(3 / fanIn)],
  bias: () => [0, 0.1],
  scale: () => [1, 0.3],
  shift: () => [0, 0.2],
  mean: () => [0, 0.2],
  variance: () => [1, 0.4],
};

/** 32-bit FNV-1a. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
