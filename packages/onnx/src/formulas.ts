import { type Attrs, fromNumbers, isStatic, type Value } from '@ghostc/ir';
import type { NodeReader, ReadOp } from './node-reader.ts';

/** Formulas with squares overflow in float16 long before their result does: they are read in float32, and rounded once. */
export const inFloat32 =
  (read: ReadOp): ReadOp =>
  (node) => {
    if (node.input(0).type.dtype !== 'f16') return read(node);
    const f = new Formulas(node);
    const wide = Array.from({ length: node.inputCount }, (_, i) => {
      const x = node.optional(i);
      return x?.type.dtype === 'f16' ? f.cast(x, 'f32') : x;
    });
    const results = [read(node.withInputs(wide))].flat();
    return results.map((y) => (y.type.dtype === 'f32' ? f.cast(y, 'f16') : y));
  };

/** Writes formulas of values: how an ONNX operator without an op in the graph is read. */
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
