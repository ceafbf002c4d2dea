import { type Graph, isStatic, numElements, type Tensor, type Value } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import { ConstantWork } from './constant-work.ts';
import { nodeWork } from './count-macs.ts';
import { evaluateOp } from './define-op.ts';

/** Larger values are data, not shapes, axes or bounds. */
const MAX_ELEMENTS = 4096;

/** Evaluates values computed only from constants, when a reader needs them as numbers. */
export class ConstantCone {
  readonly #known = new Map<Value, Tensor | undefined>();
  readonly #graph: Graph;
  #work: ConstantWork | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The value's elements; undefined if it depends on an input, is large, or takes much work. */
  tensorOf(value: Value): Tensor | undefined {
    if (value.constant) return value.constant;
    // Uses an explicit stack: the path back to the constants may exceed the call stack.
    const pending = [value];
    for (let next = pending.at(-1); next; next = pending.at(-1)) {
      const open = this.#open(next);
      if (open.length === 0) {
        pending.pop();
        if (!this.#known.has(next)) this.#evaluate(next);
      } else for (const input of open) pending.push(input);
    }
    return this.#known.get(value);
  }

  /** Inputs that must be evaluated first; none if the value is too large anyway. */
  #open({ producer, type: { shape } }: Value): Value[] {
    if (!producer || !shape.every(isStatic) || numElements(shape) > MAX_ELEMENTS) return [];
    const inputs = new Set(producer.inputs.filter((input) => input !== null));
    if ([...inputs].some((input) => this.#known.has(input) && !this.#known.get(input))) return [];
    return [...inputs].filter((input) => !input.constant && !this.#known.has(input));
  }

  #evaluate(value: Value): void {
    const { producer, type } = value;
    this.#known.set(value, undefined);
    if (!producer || !type.shape.every(isStatic) || numElements(type.shape) > MAX_ELEMENTS) return;
    const inputs = producer.inputs.map((input) => input && (input.constant ?? this.#known.get(input)));
    if (inputs.some((input) => input === undefined)) return;
    this.#work ??= new ConstantWork(this.#graph);
    if (!this.#work.take(nodeWork(producer))) return;
    const results = evaluateOp(lookup(producer.op), inputs as (Tensor | null)[], producer.attrs);
    producer.outputs.forEach((output, i) => {
      this.#known.set(output, results[i]);
    });
  }
}
