import { type Node, type QuantParams, type Tensor, tensor, type Value } from '@ghostc/ir';
import { integerRange, lookup, withDefaults } from '@ghostc/ops';
import { NodeWriter } from './node-writer.ts';
import type { OnnxAttrs } from './onnx-graph.ts';

/**
 * A node on integers while it is written as QDQ: the float op between DequantizeLinear of its inputs and QuantizeLinear of
 * its output. The writers of the float ops serve as they are: they see dequantised inputs, float attributes with the clamp
 * as an activation, and their last ONNX node is followed by QuantizeLinear.
 */
export class QuantizedWriter extends NodeWriter {
  override attrs<A>(): A {
    return { ...floatAttrs(this.node) } as A;
  }

  override input(index: number): string {
    const value = this.node.inputs[index];
    return value?.type.quant ? this.dequantized(value) : super.input(index);
  }

  /** The float op's node, then QuantizeLinear. */
  override last(op: string, inputs: readonly string[], attrs: OnnxAttrs = {}): void {
    this.quantize(this.step(op, inputs, attrs));
  }

  override floats(values: number | readonly number[], what: string): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [list.length];
    return this.target.initializer(
      tensor('f32', shape, Float32Array.from(list)),
      `${this.node.output.name}_${what}`,
    );
  }

  /** QuantizeLinear of a float ONNX value into the node's output. */
  quantize(x: string): void {
    super.last('QuantizeLinear', [x, ...this.parameters(this.node.output)]);
  }

  /** ONNX name of the float value of an integer one; one DequantizeLinear serves all users. */
  dequantized(value: Value): string {
    return this.target.once(value, 'dequantized', () => {
      const inputs = [this.nameOf(value), ...this.parameters(value)];
      const { axis } = value.type.quant as QuantParams;
      return this.target.node('DequantizeLinear', inputs, {
        attrs: axis === undefined ? {} : { axis },
        output: this.target.fresh(`${value.name}_dequantized`),
        name: this.target.fresh(`${value.name}_DequantizeLinear`),
      });
    });
  }

  /** Scale and zero point initializers of a value: scalars, or vectors along its axis. */
  parameters(value: Value): string[] {
    const { scale, zeroPoint, axis } = value.type.quant as QuantParams;
    const shape = axis === undefined ? [] : [scale.length];
    return [
      this.target.once(value, 'scale', () =>
        this.target.initializer(tensor('f32', shape, Float32Array.from(scale)), `${value.name}_scale`),
      ),
      this.target.once(value, 'zero_point', () =>
        this.target.initializer(zeroPoints(value, shape, zeroPoint), `${value.name}_zero_point`),
      ),
    ];
  }
}

function zeroPoints({ type: { dtype } }: Value, shape: number[], zeroPoint: readonly number[]): Tensor {
  const arrays = { i8: Int8Array, u8: Uint8Array, i16: Int16Array, i32: Int32Array } as const;
  return tensor(dtype, shape, arrays[dtype as keyof typeof arrays].from(zeroPoint));
}

/** Attributes of the float op that a quantised node stands for. */
function floatAttrs(node: Node): Record<string, unknown> {
  const { y_scale, y_zero_point, y_dtype, clamp, rounding, ...own } = withDefaults(
    lookup(node.op).attrs,
    node.attrs,
  );
  return { activation: 'none', activation_params: [], ...own, ...clampActivation(node) };
}

/** The clamp of a requantised output as relu or clip. */
function clampActivation({ attrs, output }: Node): object {
  const [low = 0, high = 0] = (attrs.clamp as readonly number[] | undefined) ?? [];
  const { scale, zeroPoint } = output.type.quant ?? { scale: [1], zeroPoint: [0] };
  const [s = 1, z = 0] = [scale[0], zeroPoint[0]];
  const [lowest, highest] = integerRange(output.type.dtype);
  if (attrs.clamp === undefined || (low === lowest && high === highest) || low >= high) return {};
  if (low === z && high === highest) return { activation: 'relu' };
  return { activation: 'clip', activation_params: [Math.fround(s * (low - z)), Math.fround(s * (high - z))] };
}
