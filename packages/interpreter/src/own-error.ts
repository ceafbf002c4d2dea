import { numElements, toNumbers } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import { boundNode } from './bound-node.ts';
import { type Step, unitOf } from './bound-step.ts';
import { type Bounded, exactly, unitRoundoff } from './bounded.ts';
import { termsOf } from './sum-terms.ts';

const SINGLE = unitRoundoff('f32');

/** Where nothing is known of an op: this many roundings of a value of its size. */
const UNKNOWN_ROUNDINGS = 16;

export interface OwnError {
  /** The results of exact inputs, in double precision. */
  readonly results: readonly Bounded['tensor'][];
  /** Size of the rounding error of the op itself, by element; null if it has none. */
  readonly errors: readonly (Float64Array | null)[];
}

/**
 * The typical rounding error of one op by itself. A sum of n terms t has a bound of gamma_n times sum
 * |t|, reached only if all roundings go in one direction. In practice they go both ways, and the partial sums
 * random-walk: u sum |t| for terms of both signs, u sqrt(n/3) |y| for terms of one sign, and u sqrt(n/3) |b|
 * where a bias b is the first term. Sums of 16-bit floats are computed in float32 and rounded once.
 */
export function ownError({ node, attrs, inputs }: Step): OwnError {
  const bounded = boundNode({ node, attrs, inputs: inputs.map((input) => input && exactly(input.tensor)) });
  const unit = unitOf(node);
  const terms = termsOf(node);
  const share = Math.min(unit, SINGLE) / unit;
  const wandering = Math.sqrt(terms / 3) * unit;
  const biasOf = firstTerm(node, inputs);
  const sizeOf = (bound: number, y: number, i: number): number => {
    const known = Number.isFinite(bound) ? bound / terms : UNKNOWN_ROUNDINGS * unit * y;
    const own = share * Math.max(known, wandering * Math.max(y, biasOf(i)));
    return share < 1 ? own + unit * y : own;
  };
  return {
    results: bounded.map(({ tensor }) => tensor),
    errors: bounded.map(({ tensor, error }) => {
      if (!error || tensor.dtype !== 'f64' || unit === 0) return null;
      const values = toNumbers(tensor);
      const sizes = new Float64Array(error.length);
      for (let i = 0; i < sizes.length; i++) {
        const e = error[i] ?? 0;
        if (e !== 0) sizes[i] = sizeOf(e, Math.abs(values[i] ?? 0) || 0, i);
      }
      return sizes;
    }),
  };
}

/** The size of the bias of each element of a layer's output [N,M,...]; 0 if it has none. */
function firstTerm(node: Step['node'], inputs: Step['inputs']): (i: number) => number {
  const bias = inputs[lookup(node.op).inputs.indexOf('bias?')];
  if (!bias) return () => 0;
  const sizes = Array.from(toNumbers(bias.tensor), (b) => Math.abs(Number(b)) || 0);
  const plane = numElements(node.output.type.shape.slice(2).map(Number));
  return (i) => sizes[Math.floor(i / plane) % sizes.length] ?? 0;
}
