import type { Attrs, Node, QuantParams, Tensor, Value } from '@ghostc/ir';
import type { OutputQuant, Rounding } from '@ghostc/ops';
import type { QuantPlan } from './quant-plan.ts';
import type { ActivationDType } from './quant-range.ts';

export interface RewriteOptions {
  /** Element type of the graph's inputs and outputs. */
  readonly io: 'float' | 'int8';
  readonly rounding: Rounding;
}

/** Element types in which a value of the float graph exists in the quantised one. */
export type Form = 'f32' | ActivationDType;

/** The tools with which a rule creates the integer form of a node. */
export interface Rewriting {
  readonly plan: QuantPlan;
  readonly options: RewriteOptions;
  /** The value as f32, i8 or i16; converted if it exists in another form. */
  form(value: Value, wanted: Form): Value;
  /** The value in a form that it already has. */
  existing(value: Value, form: Form): Value | undefined;
  /** Adds a node derived from the current one, with the name of its output. */
  add(op: string, inputs: readonly (Value | null)[], attrs?: Attrs): Value;
  constant(name: string, tensor: Tensor): Value;
}

/** The integer form of a float node; null if there is none. */
export type IntegerRule = (node: Node, to: Rewriting, precision: 'int8' | 'int16') => Value | null;

/** Attributes for the quantisation of an output. */
export function outputAttrs(quant: QuantParams, dtype: ActivationDType): OutputQuant & Attrs {
  return { y_scale: quant.scale[0] ?? 1, y_zero_point: quant.zeroPoint[0] ?? 0, y_dtype: dtype };
}
