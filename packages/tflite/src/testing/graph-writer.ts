import {
  CompileError,
  type DType,
  type Graph,
  staticShape,
  type Tensor,
  toBytes,
  type Value,
} from '@ghostc/ir';
import type { ModelSpec, OperatorSpec, TensorSpec } from './build-model.ts';
import type { Options } from './options.ts';

/** A tensor of the model in the making: its place in the list and its shape. */
export interface Placed {
  readonly index: number;
  readonly shape: readonly number[];
}

const types: Partial<Readonly<Record<DType, TensorSpec['type']>>> = {
  bool: 'BOOL',
  f32: 'FLOAT32',
  f64: 'FLOAT64',
  i8: 'INT8',
  i16: 'INT16',
  i32: 'INT32',
  i64: 'INT64',
  u8: 'UINT8',
};

/** Collects tensors and operators of a TFLite model. Throws `tflite/write` for types that it does not write. */
export class GraphWriter {
  readonly #tensors: TensorSpec[] = [];
  readonly #operators: OperatorSpec[] = [];
  readonly #places = new Map<Value, Placed>();

  /** The tensor of a value; constants are written when they are first asked for. */
  value(value: Value | null | undefined): Placed {
    if (!value) throw new CompileError('tflite/write', 'an input is missing');
    const known = this.#places.get(value);
    if (known) return known;
    const { dtype, quant } = value.type;
    if (quant) throw new CompileError('tflite/write', `%${value.name} is quantised`);
    const placed = this.#tensor(dtype, staticShape(value.type.shape), value.constant?.data);
    this.#places.set(value, placed);
    return placed;
  }

  place(value: Value, placed: Placed): void {
    this.#places.set(value, placed);
  }

  constant({ dtype, shape, data }: Tensor): Placed {
    return this.#tensor(dtype, shape, data);
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): Placed {
    return this.#tensor('i32', shape, Int32Array.from(values));
  }

  float(value: number): Placed {
    return this.#tensor('f32', [], Float32Array.of(value));
  }

  /** One operator with one output. */
  operator(
    code: OperatorSpec['code'],
    inputs: readonly (Placed | null)[],
    { dtype = 'f32', shape, options }: { dtype?: DType; shape: readonly number[]; options?: Options },
  ): Placed {
    const output = this.#tensor(dtype, shape);
    const places = inputs.map((input) => input?.index ?? -1);
    this.#operators.push({ code, inputs: places, outputs: [output.index], ...(options && { options }) });
    return output;
  }

  spec(graph: Graph): ModelSpec {
    const outputs = graph.outputs.map(({ value }) => {
      const placed = this.value(value);
      if (value.producer) return placed;
      return this.operator('RESHAPE', [placed, this.ints(placed.shape)], {
        dtype: value.type.dtype,
        shape: placed.shape,
      });
    });
    return {
      tensors: this.#tensors,
      operators: this.#operators,
      inputs: graph.inputs.map((input) => this.value(input).index),
      outputs: outputs.map(({ index }) => index),
    };
  }

  #tensor(dtype: DType, shape: readonly number[], data?: Tensor['data']): Placed {
    const type = types[dtype];
    if (!type) throw new CompileError('tflite/write', `${dtype} has no TFLite kernels`);
    if (shape.includes(0)) throw new CompileError('tflite/write', `[${shape.join(',')}] has no elements`);
    const index = this.#tensors.length;
    this.#tensors.push({ name: `t${index}`, shape, type, ...(data && { data: toBytes(data) }) });
    return { index, shape };
  }
}
