import { type Attrs, fromNumbers, isStatic, type Value } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';

/** Writes formulas of values: what an ONNX op with no op of its own in the graph is read as. */
export class Formulas {
  readonly node: NodeReader;

  constructor(node: NodeReader) {
    this.node = node;
  }

  /** A scalar of x's element type. */
  number(x: Value, value: number): Value {
    return this.node.addConstant(fromNumbers(x.type.dtype, [], [value]), `${this.node.name}_${value}`);
  }

  #operand(x: Value, b: Value | number): Value {
    return typeof b === 'number' ? this.number(x, b) : b;
  }

  emit(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    return this.node.emit(op, inputs, attrs);
  }

  add(a: Value, b: Value | number): Value {
    return this.emit('add', [a, this.#operand(a, b)]);
  }

  sub(a: Value, b: Value | number): Value {
    return this.emit('sub', [a, this.#operand(a, b)]);
  }

  mul(a: Value, b: Value | number): Value {
    return this.emit('mul', [a, this.#operand(a, b)]);
  }

  div(a: Value, b: Value | number): Value {
    return this.emit('div', [a, this.#operand(a, b)]);
  }

  less(a: Value, b: Value | number): Value {
    return this.emit('less', [a, this.#operand(a, b)]);
  }

  mean(x: Value, axes: readonly number[]): Value {
    return this.emit('reduce_mean', [x], { axes: [...axes], keepdims: true });
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.emit('reshape', [x], { shape: [...shape] });
  }

  cast(x: Value, to: string): Value {
    return x.type.dtype === to ? x : this.emit('cast', [x], { to });
  }

  /** (x - mean) / sqrt(variance + epsilon) over `axes`, with the mean and the inverse deviation. */
  normalize(x: Value, axes: readonly number[], epsilon: number): { y: Value; mean: Value; inverse: Value } {
    const mean = this.mean(x, axes);
    const centred = this.sub(x, mean);
    const variance = this.mean(this.mul(centred, centred), axes);
    const deviation = this.emit('sqrt', [this.add(variance, epsilon)]);
    const inverse = this.emit('reciprocal', [deviation]);
    return { y: this.div(centred, deviation), mean, inverse };
  }
}

/** The dimensions of a value as numbers; throws when one is symbolic. */
export function fixedShape(node: NodeReader, x: Value): number[] {
  const { shape } = x.type;
  if (shape.every(isStatic)) return [...shape];
  throw node.needsSizes(shape);
}
