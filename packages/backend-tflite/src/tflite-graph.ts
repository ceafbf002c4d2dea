import {
  CompileError,
  type DType,
  formatType,
  type Graph,
  itemAt,
  numElements,
  type QuantParams,
  staticShape,
  type Tensor,
  type TensorType,
  toBytes,
  type Value,
} from '@ghostc/ir';
import { evaluateOne, transpose } from '@ghostc/ops';
import {
  type ModelSpec,
  type OperatorOptions,
  type OperatorSpec,
  operatorOptions,
  type TensorSpec,
} from '@ghostc/tflite';

/** Name of an operator of TFLite. */
export type Code = OperatorSpec['code'];

/** A tensor of the model in the making: its place in the list, and its type with a fixed shape. */
export interface Placed {
  readonly index: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly quant?: QuantParams | undefined;
}

/** Type of an operator's output. */
export type PlacedType = Omit<Placed, 'index'>;

const types: Partial<Readonly<Record<DType, TensorSpec['type']>>> = {
  bool: 'BOOL',
  f16: 'FLOAT16',
  f32: 'FLOAT32',
  i8: 'INT8',
  i16: 'INT16',
  i32: 'INT32',
  i64: 'INT64',
  u8: 'UINT8',
};

/** Throws `tflite/write`: `what` has no form in TFLite. */
export function refuse(what: string): never {
  throw new CompileError('tflite/write', `${what} has no TFLite form`);
}

/** Type of a value whose shape is fixed. */
export function placedType({ dtype, shape, quant }: TensorType): PlacedType {
  return { dtype, shape: staticShape(shape), quant };
}

/** Collects the tensors and operators of a model. Throws `tflite/write` for element types and shapes that TFLite does not have. */
export class TfliteGraph {
  readonly #tensors: TensorSpec[] = [];
  readonly #operators: OperatorSpec[] = [];
  readonly #places = new Map<Value, Placed>();
  readonly #constants = new Map<string, Placed>();
  readonly #outputNames = new Map<Value, string>();
  readonly #names = new Set<string>();
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const { name, value } of graph.outputs) {
      this.#names.add(name);
      if (value.producer && !this.#outputNames.has(value)) this.#outputNames.set(value, name);
    }
    for (const input of graph.inputs) this.value(input);
  }

  /** The tensor of a value; constants are written when they are first asked for. */
  value(value: Value | null | undefined): Placed {
    if (!value) throw new CompileError('tflite/write', 'an input is missing');
    const known = this.#places.get(value);
    if (known) return known;
    const placed = this.#tensor(value.name, placedType(value.type), value.constant?.data);
    this.#places.set(value, placed);
    return placed;
  }

  /** Says that a tensor holds a value. */
  place(value: Value, placed: Placed): void {
    this.#places.set(value, placed);
  }

  /** A constant of a graph, its axes exchanged: written once for all that ask for the same. */
  permuted(value: Value, perm: readonly number[], what = (tensor: Tensor): Tensor => tensor): Placed {
    const { constant, name } = value;
    if (!constant) return this.transposed(this.value(value), perm);
    return this.#once(`${name} ${perm.join()}`, () =>
      this.constant(what(evaluateOne(transpose, [constant], { perm })), name),
    );
  }

  constant({ data, ...type }: Tensor, name = 'constant'): Placed {
    return this.#tensor(name, placedType(type), data);
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): Placed {
    return this.#once(`i32 ${values.join()} ${shape.join()}`, () =>
      this.constant({ dtype: 'i32', shape, data: Int32Array.from(values) }, 'shape'),
    );
  }

  float(value: number): Placed {
    return this.#once(`f32 ${value}`, () =>
      this.constant({ dtype: 'f32', shape: [], data: Float32Array.of(value) }, 'scalar'),
    );
  }

  transposed(x: Placed, perm: readonly number[]): Placed {
    const shape = perm.map((axis) => itemAt(x.shape, axis));
    return this.operator('TRANSPOSE', [x, this.ints(perm)], { ...x, shape });
  }

  /** To a scalar by SQUEEZE: a shape without elements is no tensor that TFLite reads. */
  reshaped(x: Placed, shape: readonly number[], name?: string): Placed {
    if (shape.length === 0)
      return this.operator('SQUEEZE', [x], { ...x, shape }, { options: operatorOptions.squeezeAll(), name });
    return this.operator(
      'RESHAPE',
      [x, this.ints(shape)],
      { ...x, shape },
      { options: operatorOptions.reshape(shape), name },
    );
  }

  /** One operator with one output of the given type. */
  operator(
    code: Code,
    inputs: readonly (Placed | null)[],
    type: PlacedType,
    { options, name = code }: { options?: OperatorOptions | undefined; name?: string | undefined } = {},
  ): Placed {
    const output = this.#tensor(name, type);
    const places = inputs.map((input) => input?.index ?? -1);
    this.#operators.push({ code, inputs: places, outputs: [output.index], ...(options && { options }) });
    return output;
  }

  /** The model, once every node is written. An output that no node makes, or one more name of a value, is a copy. */
  spec(): ModelSpec {
    const outputs = this.#graph.outputs.map(({ name, value }) => {
      const placed = this.value(value);
      if (this.#outputNames.get(value) !== name) {
        this.#names.delete(name);
        return this.reshaped(placed, placed.shape, name);
      }
      this.#rename(placed, name);
      return placed;
    });
    return {
      tensors: this.#tensors,
      operators: this.#operators,
      inputs: this.#graph.inputs.map((input) => this.value(input).index),
      outputs: outputs.map(({ index }) => index),
    };
  }

  #rename({ index }: Placed, name: string): void {
    this.#tensors[index] = { ...itemAt(this.#tensors, index), name };
  }

  #once(key: string, make: () => Placed): Placed {
    const known = this.#constants.get(key);
    if (known) return known;
    const made = make();
    this.#constants.set(key, made);
    return made;
  }

  #tensor(name: string, { dtype, shape, quant }: PlacedType, data?: Tensor['data']): Placed {
    const type = types[dtype];
    if (!type) refuse(`the element type ${dtype}`);
    if (numElements(shape) === 0) refuse(`a tensor without elements, [${shape.join(',')}],`);
    const placed = { index: this.#tensors.length, dtype, shape, quant };
    this.#tensors.push({
      name: this.#claim(name),
      shape,
      type,
      ...(data && { data: toBytes(data) }),
      ...(quant && writtenQuant(quant, { dtype, shape })),
    });
    return placed;
  }

  #claim(name: string): string {
    let unique = name;
    for (let i = 1; this.#names.has(unique); i++) unique = `${name}_${i}`;
    this.#names.add(unique);
    return unique;
  }
}

/** Scales are float32 in the file. Throws `tflite/write` if one would become 0 or infinite. */
function writtenQuant({ scale, zeroPoint, axis }: QuantParams, type: TensorType): Partial<TensorSpec> {
  const bad = scale.find((s) => !(Math.fround(s) > 0 && Math.fround(s) < Number.POSITIVE_INFINITY));
  if (bad !== undefined) refuse(`${formatType(type)} with the scale ${bad}`);
  return { scale, zeroPoint, ...(axis !== undefined && { axis }) };
}
