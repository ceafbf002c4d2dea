import { type DType, dataOf, isFloat, itemAt, type Node, type Tensor, toNumbers } from '@ghostc/ir';
import {
  type Errors,
  evaluate,
  everywhere,
  isExact,
  type Results,
  type Step,
  spreadTo,
  unitOf,
} from './bound-step.ts';
import { difference, eachNumber, errorTensor, shifted, unitRoundoff } from './bounded.ts';
import { functionError } from './function-error.ts';

/** Exact inputs give exact outputs; otherwise nothing is known. */
export function selected(step: Step, results: Results): Errors {
  return results.map((y) => (isExact(step) ? null : everywhere(y, Number.POSITIVE_INFINITY)));
}

export function unknown(_: Step, results: Results): Errors {
  return results.map((y) => everywhere(y, Number.POSITIVE_INFINITY));
}

export function passed({ inputs }: Step): Errors {
  return [inputs[0]?.error ?? null];
}

/** The errors move as the elements do. */
export function moved(step: Step): Errors {
  const { node, attrs, inputs } = step;
  if (isExact(step)) return [null];
  const carried = inputs.map((input, i) => input && (isIndex(node, i) ? input.tensor : errorTensor(input)));
  const plain = 'value' in attrs ? { ...attrs, value: 0 } : attrs;
  return [dataOf(evaluate(node.op, { attrs: plain }, carried)[0], 'f64')];
}

/** The second input of the gathers selects the elements. */
function isIndex(node: Node, place: number): boolean {
  return node.op.startsWith('gather') && place === 1;
}

/**
 * For functions that rise or fall between x - e and x + e: the larger change at both ends, plus the op's own error. Where one end
 * is infinite or NaN and the result is not so, as the logarithm of a sum that cancels, it may be anything.
 */
export function interval(step: Step, results: Results, own: (x: number, y: number) => number): Errors {
  const { node, inputs } = step;
  const y = itemAt(results, 0);
  if (!isFloat(y.dtype) && isExact(step)) return [null];
  const values = toNumbers(y);
  const ends = isExact(step)
    ? []
    : [-1, 1].map((side) =>
        toNumbers(
          evaluate(
            node.op,
            step,
            inputs.map((input) => input && shifted(input, side)),
          )[0],
        ),
      );
  const x = inputs.length === 1 && inputs[0] ? toNumbers(inputs[0].tensor) : [];
  const error = eachNumber(values.length, (i) => {
    const v = Number(values[i]);
    let change = 0;
    for (const end of ends) change = Math.max(change, difference(Number(end[i]), v));
    return Number.isFinite(v) ? change + own(Number(x[i] ?? 0), v) : change;
  });
  return [error.some((e) => e !== 0) ? error : null];
}

/** Slopes of at most 1.5, and roundings of the size of |x|. */
export function sloped(step: Step, [y]: Results): Errors {
  const x = itemAt(step.inputs, 0);
  const unit = unitOf(step.node);
  const values = toNumbers(x.tensor);
  return [
    Float64Array.from(
      toNumbers(y),
      (v, i) => 1.5 * (x.error?.[i] ?? 0) + functionError(step, Number(values[i]), Number(v), unit),
    ),
  ];
}

/** true and false are uncertain if the operands' intervals overlap. */
export function compared(step: Step, [y]: Results): Errors {
  if (isExact(step)) return [null];
  const [a, b] = [itemAt(step.inputs, 0), itemAt(step.inputs, 1)];
  const spread = spreadTo(y);
  const [left, right] = [spread(a.tensor), spread(b.tensor)];
  const [ea, eb] = [spread(errorTensor(a)), spread(errorTensor(b))];
  const values = toNumbers(y);
  return [
    Float64Array.from(values, (_, i) =>
      Math.abs(Number(left[i]) - Number(right[i])) <= (ea[i] ?? 0) + (eb[i] ?? 0) &&
      (ea[i] ?? 0) + (eb[i] ?? 0) > 0
        ? 1
        : 0,
    ),
  ];
}

/** The error of the selected value; if the condition is uncertain, also the distance to the other. */
export function chosen(step: Step, [y]: Results): Errors {
  if (isExact(step)) return [null];
  const [condition, a, b] = [itemAt(step.inputs, 0), itemAt(step.inputs, 1), itemAt(step.inputs, 2)];
  const pick = (c: Tensor, left: Tensor, right: Tensor): ArrayLike<number> =>
    toNumbers(evaluate('where', step, [c, left, right])[0]);
  const own = pick(condition.tensor, errorTensor(a), errorTensor(b));
  if (!condition.error) return [Float64Array.from(own, Number)];
  const flipped = {
    ...condition.tensor,
    data: dataOf(condition.tensor, 'bool').map((v) => (v ? 0 : 1)),
  };
  const [other, otherError] = [
    pick(flipped, a.tensor, b.tensor),
    pick(flipped, errorTensor(a), errorTensor(b)),
  ];
  const doubt = spreadTo(y)(errorTensor(condition));
  const values = toNumbers(y);
  return [
    Float64Array.from(values, (v, i) =>
      doubt[i]
        ? Math.abs(Number(v) - Number(other[i])) + Math.max(own[i] ?? 0, otherError[i] ?? 0)
        : (own[i] ?? 0),
    ),
  ];
}

/** One correct rounding: exact of exact inputs, else the change over the interval. */
export function converted(step: Step, [y]: Results): Errors {
  const x = itemAt(step.inputs, 0);
  if (!x.error) return [null];
  const unit = unitRoundoff(step.attrs.to as DType);
  const values = toNumbers(x.tensor);
  if (unit > 0) return [x.error.map((e, i) => e + unit * (Math.abs(Number(values[i])) + e))];
  if (x.tensor.dtype === 'bool') return [x.error];
  return interval(step, [y], () => 0);
}

/** One step if the quotient, rounded in float32, may round to the other side of a tie. */
export function quantized(step: Step, [y]: Results): Errors {
  const x = itemAt(step.inputs, 0);
  const values = toNumbers(x.tensor);
  const error = Float64Array.from(values, (v, i) => (x.error?.[i] ?? 0) + 2 ** -22 * Math.abs(Number(v)));
  return interval({ ...step, inputs: [{ tensor: x.tensor, error }] }, [y], () => 0);
}
