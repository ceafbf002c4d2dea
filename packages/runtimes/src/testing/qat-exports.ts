import { type DType, mulberry32, type Tensor, tensor } from '@ghostc/ir';
import { dataTypeOf, encodeModel, fromTensor } from '@ghostc/onnx';

/**
 * How exporters write one fake-quantised Ghost block. `eager`: PyTorch's torch.ao in 7 bits of u8 (Clip, Identity, weights that a
 * quotient and a batch norm follow), averages and relus without a scale. `converted`: its quantised modules (Cast to the same type,
 * biases of int32 with zero points that are computed). `pt2e`: int8 per channel, one hard-swish in two scales. `unfused`: batch norms
 * between two quantised values.
 */
export const qatForms = ['eager', 'converted', 'pt2e', 'unfused'] as const;
export type QatForm = (typeof qatForms)[number];

const CHANNELS = 8;

/** The ONNX model of a form: a stem, a Ghost module, squeeze-and-excite, a shortcut, a classifier; x is [1,3,12,12]. */
export function qatExport(form: QatForm): Uint8Array {
  return new Export(form).bytes();
}

interface Layer {
  readonly shape: readonly number[];
  readonly attrs?: Readonly<Record<string, number | readonly number[]>>;
  readonly act?: 'Relu' | 'HardSwish' | undefined;
}

class Export {
  readonly #form: QatForm;
  readonly #nodes: unknown[] = [];
  readonly #constants: Tensor[] = [];
  readonly #names: string[] = [];
  readonly #draw = mulberry32(7);
  #count = 0;

  constructor(form: QatForm) {
    this.#form = form;
  }

  bytes(): Uint8Array {
    const act = this.#form === 'pt2e' ? 'HardSwish' : 'Relu';
    const stem = this.#conv(this.#fake('x', 0.02), { shape: [CHANNELS, 3, 3, 3], attrs: same(3), act });
    const primary = this.#conv(this.#fake(stem, 0.05), { shape: [CHANNELS, CHANNELS, 1, 1], act });
    const first = this.#fake(primary, 0.05);
    const cheap = this.#conv(first, {
      shape: [CHANNELS, 1, 3, 3],
      attrs: { ...same(3), group: CHANNELS },
      act,
    });
    // the same activation in another scale, where the exporter has one for the concat
    const kept = this.#form === 'pt2e' ? this.#fake(primary, 0.07) : first;
    const other = this.#fake(cheap, this.#form === 'pt2e' ? 0.07 : 0.04);
    const ghost = this.#fake(this.#node('Concat', [kept, other], { axis: 1 }), 0.07);
    const gate = this.#gate(ghost, 2 * CHANNELS);
    const gated = this.#fake(this.#node('Mul', [ghost, gate]), 0.06);
    const last = this.#conv(gated, { shape: [CHANNELS, 2 * CHANNELS, 1, 1] });
    const sum = this.#fake(this.#node('Add', [this.#fake(last, 0.06), this.#fake(stem, 0.05)]), 0.08);
    const mean = this.#mean(sum);
    const flat = this.#node('Flatten', [mean], { axis: 1 });
    const weight = this.#weight([5, CHANNELS], 0.01);
    const bias = this.#floats([5], 0.2);
    const y = this.#fake(this.#node('Gemm', [flat, weight, bias], { transB: 1 }), 0.05);
    const info = (name: string, dims: readonly number[]) => ({
      name,
      type: {
        tensor_type: { elem_type: 1, shape: { dim: dims.map((dim) => ({ dim_value: dim })) } },
      },
    });
    const graph = {
      name: 'qat',
      input: [info('x', [1, 3, 12, 12])],
      output: [info(y, [1, 5])],
      initializer: this.#constants.map((one, i) => fromTensor(one, this.#names[i] ?? '')),
      node: this.#nodes,
    };
    return encodeModel({ ir_version: 8, opset_import: [{ domain: '', version: 17 }], graph });
  }

  /** Squeeze-and-excite; eager mode observes neither the mean nor the relu. */
  #gate(x: string, channels: number): string {
    const few = this.#conv(this.#mean(x), { shape: [4, channels, 1, 1] });
    const relu = this.#node('Relu', [this.#fake(few, 0.03)]);
    const kept = this.#form === 'eager' ? relu : this.#fake(relu, 0.03);
    const many = this.#conv(kept, { shape: [channels, 4, 1, 1] });
    const gate = this.#node('HardSigmoid', [this.#fake(many, 0.05)], { alpha: 1 / 6, beta: 0.5 });
    return this.#fake(gate, 1 / 128, 0);
  }

  #mean(x: string): string {
    const mean = this.#node('GlobalAveragePool', [x]);
    return this.#form === 'eager' ? mean : this.#fake(mean, 0.04);
  }

  /** A convolution with what the form has after it. */
  #conv(x: string, { shape, attrs = {}, act }: Layer): string {
    const [m = 1] = shape;
    const weight = this.#weight(shape, this.#form === 'eager' ? 0.02 : 0.01);
    const bias = this.#form === 'converted' ? this.#integerBias(m) : this.#floats([m], 0.2);
    const activated = (y: string): string => {
      if (!act) return y;
      // hard-swish is a table: it has integers before it
      return this.#node(act, [act === 'HardSwish' ? this.#fake(y, 0.06) : y]);
    };
    if (this.#form === 'eager') {
      const y = this.#node('Conv', [x, weight], attrs);
      return activated(this.#norm(this.#node('Div', [y, this.#around([1, m, 1, 1], 2)]), m));
    }
    const y = this.#node('Conv', [x, weight, bias], attrs);
    return activated(this.#form === 'unfused' ? this.#norm(this.#fake(y, 0.05), m) : y);
  }

  #norm(x: string, m: number): string {
    const parts = [
      this.#around([m], 1),
      this.#floats([m], 0.2),
      this.#floats([m], 0.2),
      this.#around([m], 1),
    ];
    return this.#node('BatchNormalization', [x, ...parts]);
  }

  /** A constant in the integers that the exporter stores, and DequantizeLinear; eager mode stores floats. */
  #weight(shape: readonly number[], scale: number): string {
    const [m = 1] = shape;
    if (this.#form === 'eager' || this.#form === 'unfused') {
      const [s, z] = [this.#constant(single(scale)), this.#constant(integers('i8', [], [0]))];
      const q = this.#node('QuantizeLinear', [this.#floats(shape, 80 * scale), s, z]);
      return this.#node('DequantizeLinear', [q, s, z]);
    }
    const size = shape.reduce((a, b) => a * b, 1);
    const levels = Array.from({ length: size }, () => Math.round(254 * this.#draw() - 127));
    const perChannel = this.#form === 'pt2e';
    const scales = Array.from({ length: perChannel ? m : 1 }, (_, i) => scale * (1 + i / 8));
    const inputs = [
      this.#constant(integers('i8', shape, levels)),
      this.#constant(tensor('f32', [scales.length], Float32Array.from(scales))),
      this.#constant(
        integers(
          'i8',
          [scales.length],
          scales.map(() => 0),
        ),
      ),
    ];
    return this.#node('DequantizeLinear', inputs, perChannel ? { axis: 0 } : {});
  }

  /** int32 in a scale of its own, with a zero point of int64 that a Cast makes int32. */
  #integerBias(m: number): string {
    const levels = Array.from({ length: m }, () => Math.round(400 * this.#draw() - 200));
    const zero = this.#node('Cast', [this.#constant(integers('i64', [1], [0]))], { to: dataTypeOf('i32') });
    const inputs = [this.#constant(integers('i32', [m], levels)), this.#constant(single(0.001, [1])), zero];
    return this.#node('DequantizeLinear', inputs, { axis: 0 });
  }

  /** QuantizeLinear and DequantizeLinear as the form has them. */
  #fake(x: string, scale: number, lowest = 118): string {
    const signed = this.#form === 'pt2e';
    const seven = this.#form === 'eager';
    const zero = signed ? lowest - 128 : seven ? lowest >> 1 : lowest;
    const dtype = signed ? 'i8' : 'u8';
    const s = this.#constant(single(seven ? 2 * scale : scale));
    const z = this.#constant(integers(dtype, [], [zero]));
    const q = this.#node('QuantizeLinear', [x, s, z]);
    const held = seven ? this.#node('Clip', [q, '', this.#constant(integers('u8', [], [127]))]) : q;
    const same = seven ? this.#node('Identity', [held]) : held;
    const cast = this.#form === 'converted' ? this.#node('Cast', [same], { to: dataTypeOf('u8') }) : same;
    return this.#node('DequantizeLinear', [cast, s, z]);
  }

  #floats(shape: readonly number[], size: number): string {
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => size * (2 * this.#draw() - 1),
    );
    return this.#constant(tensor('f32', shape, data));
  }

  #around(shape: readonly number[], middle: number): string {
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => middle * (0.75 + this.#draw() / 2),
    );
    return this.#constant(tensor('f32', shape, data));
  }

  #constant(value: Tensor): string {
    const name = `c${this.#constants.length}`;
    this.#constants.push(value);
    this.#names.push(name);
    return name;
  }

  #node(op: string, inputs: readonly string[], attrs: Layer['attrs'] = {}): string {
    const output = `v${this.#count++}`;
    const attribute = Object.entries(attrs).map(([name, value]) => {
      if (typeof value !== 'number') return { name, type: 7, ints: value };
      return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
    });
    this.#nodes.push({ op_type: op, name: output, input: inputs, output: [output], attribute });
    return output;
  }
}

function same(kernel: number): { pads: readonly number[] } {
  return { pads: new Array<number>(4).fill(kernel >> 1) };
}

function single(value: number, shape: readonly number[] = []): Tensor {
  return tensor('f32', shape, Float32Array.of(value));
}

function integers(
  dtype: DType & ('i8' | 'u8' | 'i32' | 'i64'),
  shape: readonly number[],
  levels: readonly number[],
): Tensor {
  if (dtype === 'i8') return tensor(dtype, shape, Int8Array.from(levels));
  if (dtype === 'u8') return tensor(dtype, shape, Uint8Array.from(levels));
  if (dtype === 'i32') return tensor(dtype, shape, Int32Array.from(levels));
  return tensor(dtype, shape, BigInt64Array.from(levels, BigInt));
}
