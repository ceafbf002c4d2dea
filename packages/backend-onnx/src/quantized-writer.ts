import {
  type Attrs,
  constantOf,
  type Node,
  type QuantParams,
  quantOf,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { roundingKey } from '@ghostc/onnx';
import {
  type Activation,
  integerRange,
  lookup,
  onnxRounding,
  type Rounding,
  withDefaults,
} from '@ghostc/ops';
import { NodeWriter } from './node-writer.ts';
import type { OnnxAttrs } from './onnx-graph.ts';

/**
 * An integer node while it is written as QDQ: the float op between DequantizeLinear of its inputs and
 * QuantizeLinear of its output. The writers of the float ops are reused: they see dequantised inputs, float
 * attributes with the clamp as an activation, and their last ONNX node is followed by QuantizeLinear.
 */
export class QuantizedWriter extends NodeWriter {
  /** How the node rounds, if its attributes do not say. */
  rounding: Rounding | undefined;

  protected override given(): Attrs {
    return floatAttrs(this.node);
  }

  /** Indices and other integers without a scale are what they are. */
  override input(index: number): string {
    const value = this.node.inputs[index];
    const whole = !value?.type.quant && !this.#isBias(index);
    if (!value || value.type.dtype === 'f32' || whole) return super.input(index);
    return this.#dequantized(value, index);
  }

  /** The float op's node, then QuantizeLinear. */
  override last(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): void {
    this.quantize(this.step(op, inputs, attrs));
  }

  /**
   * Moved elements keep their scale: QuantizeLinear and DequantizeLinear after the movement restore the
   * integers.
   */
  override moved(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): string {
    const x = this.value(0);
    const parameters = this.#parameters(x, quantOf(x.type));
    const integers = this.step('QuantizeLinear', [this.step(op, inputs, attrs), ...parameters]);
    return this.step('DequantizeLinear', [integers, ...parameters]);
  }

  /** Integers with their scales, dequantised. */
  override tensor(value: Tensor, what: string): string {
    const name = super.tensor(value, what);
    if (!value.quant) return name;
    const { scale, zeroPoint, axis } = value.quant;
    const shape = axis === undefined ? [] : [scale.length];
    const scales = this.constant(tensor('f32', shape, Float32Array.from(scale)), `${what}_scale`);
    const zeros = this.constant(tensor('i8', shape, Int8Array.from(zeroPoint)), `${what}_zero_point`);
    return this.step('DequantizeLinear', [name, scales, zeros], axisOf(value.quant));
  }

  override floats(values: number | readonly number[], what: string): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [list.length];
    const data = Float32Array.from(list);
    return this.target.initializer(tensor('f32', shape, data), `${this.node.output.name}_${what}`);
  }

  /** QuantizeLinear of a float ONNX value into the node's output. */
  quantize(x: string): void {
    const { output } = this.node;
    super.last('QuantizeLinear', [x, ...this.#parameters(output, quantOf(output.type))]);
    this.#noteRounding();
  }

  /** ONNX does not define the rounding of integer ops: a non-default one is in the node's metadata. */
  #noteRounding(): void {
    const { rounding = this.rounding } = withDefaults(lookup(this.node.op).attrs, this.node.attrs);
    if (rounding && rounding !== onnxRounding) this.target.note(roundingKey, String(rounding));
  }

  /** DequantizeLinear of the node's input into its output. */
  dequantize(): void {
    const x = this.value(0);
    const quant = quantOf(x.type);
    super.last('DequantizeLinear', [this.nameOf(x), ...this.#parameters(x, quant)], axisOf(quant));
  }

  /** A node on the integers themselves, which produces the output. */
  lastOnIntegers(op: string, inputs: readonly string[]): void {
    super.last(op, inputs);
  }

  /** An initializer. */
  constant(value: Tensor, what: string): string {
    return this.target.initializer(value, `${this.node.output.name}_${what}`);
  }

  /** Is a value of i8 written as u8? */
  isUnsigned(value: Value): boolean {
    return this.target.unsigned.has(value);
  }

  /** ONNX name of an input's integers. */
  integers(index: number): string {
    return super.input(index);
  }

  /** ONNX name of the float value of an integer one; one DequantizeLinear serves all users. */
  #dequantized(value: Value, index: number): string {
    return this.target.once(value, 'dequantized', () => {
      const quant = this.#quantOf(value, index);
      if (value.type.dtype === 'i64' || (this.target.floatBiases && this.#isBias(index)))
        return this.target.initializer(realBias(value, quant), `${value.name}_real`);
      return this.target.node('DequantizeLinear', [this.nameOf(value), ...this.#parameters(value, quant)], {
        attrs: axisOf(quant),
        output: this.target.fresh(`${value.name}_dequantized`),
        name: this.target.fresh(`${value.name}_DequantizeLinear`),
      });
    });
  }

  #isBias(index: number): boolean {
    return lookup(this.node.op).inputs[index] === 'bias?';
  }

  /** A bias has the scale of the products, x_scale * w_scale[m]. */
  #quantOf(value: Value, index: number): QuantParams {
    if (!this.#isBias(index)) return quantOf(value.type);
    const [x, w] = [quantOf(this.value(0).type), quantOf(this.value(1).type)];
    const scale = Array.from({ length: Number(value.type.shape[0]) }, (_, m) =>
      Math.fround((x.scale[0] ?? 1) * (w.scale[w.axis === undefined ? 0 : m] ?? 1)),
    );
    return { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  }

  /** Scale and zero point initializers of a value: scalars, or vectors along its axis. */
  #parameters(value: Value, { scale, zeroPoint, axis }: QuantParams): string[] {
    const shape = axis === undefined ? [] : [scale.length];
    const scales = (): Tensor => tensor('f32', shape, Float32Array.from(scale));
    const zeros = (): Tensor =>
      this.isUnsigned(value)
        ? tensor(
            'u8',
            shape,
            Uint8Array.from(zeroPoint, (zero) => zero + 128),
          )
        : zeroPoints(value, shape, zeroPoint);
    const make = (what: string, from: () => Tensor): string =>
      this.target.once(value, what, () => this.target.initializer(from(), `${value.name}_${what}`));
    return [make('scale', scales), make('zero_point', zeros)];
  }
}

function axisOf({ axis }: QuantParams): OnnxAttrs {
  return axis === undefined ? {} : { axis };
}

function zeroPoints({ type: { dtype } }: Value, shape: number[], zeroPoint: readonly number[]): Tensor {
  const arrays = { i8: Int8Array, u8: Uint8Array, i16: Int16Array, i32: Int32Array } as const;
  return tensor(dtype, shape, arrays[dtype as keyof typeof arrays].from(zeroPoint));
}

/** ONNX dequantises no int64: the bias of a 16-bit layer is written as float. */
function realBias(value: Value, { scale }: QuantParams): Tensor {
  const numbers = toNumbers(constantOf(value));
  return tensor(
    'f32',
    [numbers.length],
    Float32Array.from(numbers, (q, m) => q * (scale[m] ?? 1)),
  );
}

/** Attributes of the float op that corresponds to a quantised node. */
function floatAttrs(node: Node): Attrs {
  const filled = withDefaults(lookup(node.op).attrs, node.attrs);
  const { y_scale, y_zero_point, y_dtype, clamp, rounding, ...own } = filled;
  return { ...own, ...clampActivation(node) };
}

/** The clamp of a requantised output as relu or clip. */
function clampActivation({ attrs, output }: Node): Activation & Attrs {
  const [lowest, highest] = integerRange(output.type.dtype);
  const [low = lowest, high = highest] = (attrs.clamp as readonly number[] | undefined) ?? [];
  const [scale = 1, zero = 0] = [output.type.quant?.scale[0], output.type.quant?.zeroPoint[0]];
  if (low === lowest && high === highest) return { activation: 'none', activation_params: [] };
  if (low === zero && high === highest) return { activation: 'relu', activation_params: [] };
  const real = (level: number): number => Math.fround(scale * (level - zero));
  return { activation: 'clip', activation_params: [real(low), real(high)] };
}
