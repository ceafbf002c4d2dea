import { type Attrs, entryOf, itemAt, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { type ErrorBound, lookup, withDefaults } from '@ghostc/ops';
import { batchNorm, divided, multilinear, raised, scattered, softmaxError } from './bound-arithmetic.ts';
import {
  chosen,
  compared,
  converted,
  interval,
  moved,
  passed,
  quantized,
  selected,
  sloped,
  unknown,
} from './bound-choices.ts';
import { sampled } from './bound-sampling.ts';
import { type Errors, evaluate, isExact, type Results, type Step, unitOf } from './bound-step.ts';
import { type Bounded, exactly, smallest, widened } from './bounded.ts';
import { functionError } from './function-error.ts';
import { partsGraph } from './parts-graph.ts';
import { mixedSum } from './sum-terms.ts';

/** Values and error bounds of a node's outputs. */
export function boundNode(step: Step): readonly Bounded[] {
  const { node, inputs } = step;
  const tensors = evaluate(
    node.op,
    step,
    inputs.map((input) => input?.tensor ?? null),
  );
  const errors = errorsOf(step, tensors);
  const { traits, error } = lookup(node.op);
  const least = traits.has('movement') ? 0 : (smallest[node.output.type.dtype] ?? 0);
  const doubted =
    tellsDoubt.has(error.kind) ||
    mixedSum(node) !== null ||
    inputs.some((input) => input?.error?.includes(Infinity));
  return tensors.map((tensor, i) => ({
    tensor: widened(tensor),
    error: cleaned(tensor, errors[i] ?? null, { least, doubted }),
  }));
}

/** Adds the values of a node, with their bounds, to those that are known. */
export function boundInto(known: Map<Value, Bounded>, node: Node): void {
  const inputs = node.inputs.map((value) => value && entryOf(known, value));
  const results = boundNode({ node, inputs, attrs: withDefaults(lookup(node.op).attrs, node.attrs) });
  node.outputs.forEach((value, i) => {
    known.set(value, itemAt(results, i));
  });
}

/** Rules that decide themselves which NaN and infinities might differ under other rounding. */
const tellsDoubt: ReadonlySet<ErrorBound['kind']> = new Set(['exact', 'function', 'quotient', 'stepped']);

interface Doubt {
  readonly least: number;
  readonly doubted: boolean;
}

/**
 * NaN and infinite results have to be met exactly: they have no error, unless they are in doubt, and their error infinite.
 * Others that have one are stored with `least` more.
 */
function cleaned(tensor: Tensor, error: Float64Array | null, { least, doubted }: Doubt): Float64Array | null {
  if (!error) return null;
  const values = toNumbers(tensor);
  const clean = new Float64Array(error.length);
  for (let i = 0; i < clean.length; i++) {
    const e = error[i] ?? 0;
    if (e === 0) continue;
    if (!Number.isFinite(values[i])) clean[i] = doubted && e === Infinity ? Infinity : 0;
    else clean[i] = Number.isNaN(e) ? Infinity : e + least;
  }
  return clean;
}

type Rule = (step: Step, results: Results) => Errors;

function errorsOf(step: Step, results: Results): Errors {
  return rules[lookup(step.node.op).error.kind](step, results);
}

/** Roundings of an activation that is computed by a library function, of numbers up to 1 or the result. */
const ACTIVATION_ROUNDINGS = 8;

/** Maxima and minima are exact; an activation of theirs need not be. */
function activationError({ node, attrs }: Step): (x: number, y: number) => number {
  if (isExactActivation(attrs)) return () => 0;
  const unit = ACTIVATION_ROUNDINGS * unitOf(node);
  return (_, y) => unit * Math.max(1, Math.abs(y));
}

const isExactActivation = (attrs: Attrs): boolean =>
  /^(none|relu|clip)$/.test(String(attrs.activation ?? 'none'));

const exact: Rule = (step, results) =>
  isExact(step) && isExactActivation(step.attrs)
    ? results.map(() => null)
    : interval(step, results, activationError(step));

const rules: { readonly [K in ErrorBound['kind']]: Rule } = {
  chosen,
  compared,
  converted,
  exact,
  function: (step, results) =>
    interval(step, results, (x, y) => functionError(step, x, y, unitOf(step.node))),
  interpolated: resized,
  moved,
  normalized: batchNorm,
  parts: composed,
  passed,
  power: raised,
  quantized,
  quotient: divided,
  remainder: selected,
  scattered,
  sampled,
  selected,
  softmax: softmaxError,
  steep: sloped,
  stepped: exact,
  sum: multilinear,
  unbounded: unknown,
};

/** Nearest moves elements, linear sums their products with weights. */
function resized(step: Step, results: Results): Errors {
  return step.attrs.mode === 'nearest' ? moved(step) : multilinear(step, results);
}

/** The error is computed through the parts. */
function composed({ node, inputs, attrs }: Step): Errors {
  const parts = partsGraph(node, attrs);
  if (!parts) throw new TypeError(`${node.op} has no parts`);
  const given = inputs.filter((input) => input !== null);
  const known = new Map(parts.inputs.map((value, i) => [value, itemAt(given, i)]));
  for (const value of parts.constants) if (value.constant) known.set(value, exactly(value.constant));
  for (const part of parts.nodes()) boundInto(known, part);
  return parts.outputs.map(({ value }) => known.get(value)?.error ?? null);
}
