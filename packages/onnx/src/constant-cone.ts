import { isStatic, numElements, type Tensor, type Value } from '@ghostc/ir';
import { evaluateOp, lookup } from '@ghostc/ops';

/** Larger values are data, not shapes, axes or bounds. */
const MAX_ELEMENTS = 4096;

/** Evaluates values that are computed from constants alone, when the reader needs one as a number. */
export class ConstantCone {
  readonly #known = new Map<Value, Tensor | undefined>();

  /** The value's elements; undefined if it depends on an input, or is large. */
  tensorOf(value: Value): Tensor | undefined {
    if (value.constant) return value.constant;
    if (!this.#known.has(value)) this.#known.set(value, this.#evaluate(value));
    return this.#known.get(value);
  }

  #evaluate(value: Value): Tensor | undefined {
    const { producer } = value;
    const { shape } = value.type;
    if (!producer || !shape.every(isStatic) || numElements(shape) > MAX_ELEMENTS) return undefined;
    const inputs = producer.inputs.map((input) => input && this.tensorOf(input));
    if (inputs.some((input) => input === undefined)) return undefined;
    const results = evaluateOp(lookup(producer.op), inputs as (Tensor | null)[], producer.attrs);
    producer.outputs.forEach((output, i) => {
      this.#known.set(output, results[i]);
    });
    return this.#known.get(value);
  }
}
