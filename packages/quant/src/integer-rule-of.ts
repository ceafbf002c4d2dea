import { type Attrs, type Node, numElements, sameType, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import {
  activationAttrs,
  attrsOf,
  clampAttrs,
  type IntegerForm,
  lookup,
  unaryTable,
  withDefaults,
} from '@ghostc/ops';
import { type IntegerRule, outputAttrs, type Rewriting } from './integer-rule.ts';
import { isNearest, linearInPlanes } from './linear-in-planes.ts';
import type { ActivationDType } from './quant-range.ts';
import { quantizeWeight } from './quantize-weight.ts';
import { rowsOf } from './weight-scale.ts';

type Requantizing = Extract<IntegerForm, { kind: 'requantized' }>;

const activationTypes = { int8: 'i8', int16: 'i16' } as const;

/** How a float op becomes an integer op; undefined if it stays in float between conversions. */
export function integerRuleOf(op: string): IntegerRule | undefined {
  const { integerForm: form } = lookup(op);
  switch (form.kind) {
    case 'table':
      return tableRule;
    case 'clamp':
      return clampRule;
    case 'carried':
      return carriedRule(form.when);
    case 'resized':
      return resizedRule(form.op);
    case 'weighted':
      return weightedRule(form.op);
    case 'requantized':
      return requantizedRule(form);
    case 'softmax':
      return softmaxRule(form.op);
    case 'integer':
    case 'none':
      return undefined;
  }
}

/** y = conv(x, w) + b in integers: weights int8 per output channel, bias int32, a fused relu or clip as the clamp. */
function weightedRule(op: string): IntegerRule {
  return (node, to, precision) => {
    const [x, weight, bias] = node.inputs;
    if (!x || !weight?.constant || (bias && !bias.constant)) return null;
    const dtype = activationTypes[precision];
    const attrs = requantizedAttrs(node, to, dtype);
    if (!attrs) return null;
    const input = to.form(x, dtype);
    const quantized = quantizeWeight({
      ...(to.plan.weightOf?.(node, input) ?? {
        ...{ weight: weight.constant, bias: bias?.constant ?? null },
        scale: weightScales(node, weight.constant, to),
      }),
      xScale: input.type.quant?.scale[0] ?? 1,
      biasType: dtype === 'i8' ? 'i32' : 'i64',
    });
    const b = quantized.bias && to.constant(bias?.name ?? `${node.output.name}_bias`, quantized.bias);
    return to.add(op, [input, to.constant(weight.name, quantized.weight), b], attrs);
  };
}

function weightScales(node: Node, weight: Tensor, { plan }: Rewriting): number[] {
  const taps = numElements(weight.shape.slice(1));
  return rowsOf(toNumbers(weight), taps).map(plan.scaleOf(node));
}

/** An op without weights that requantises its output. */
function requantizedRule({ op, coarsest }: Requantizing): IntegerRule {
  return (node, to, precision) => {
    const dtype = activationTypes[precision];
    const attrs = requantizedAttrs(node, to, dtype);
    if (!attrs) return null;
    const most = (coarsest?.[dtype] ?? Infinity) * Number(attrs.y_scale);
    return to.add(
      op,
      node.inputs.map((input) => input && withScaleUpTo(most, to.form(input, dtype), to)),
      attrs,
    );
  };
}

/**
 * A value with a finer scale if its scale exceeds `most`, as it may for a value that is always zero. Values
 * that then saturate are far beyond the output's range.
 */
function withScaleUpTo(most: number, value: Value, to: Rewriting): Value {
  const { dtype, quant } = value.type;
  if ((quant?.scale[0] ?? 0) <= most) return value;
  const attrs = { y_scale: Math.fround(most), y_zero_point: 0, y_dtype: dtype };
  return to.add('requantize', [value], { ...attrs, rounding: to.options.rounding });
}

/**
 * The node's attributes without its activation, the output's quantisation, and the clamp; undefined if the
 * activation is not a clamp.
 */
function requantizedAttrs(node: Node, to: Rewriting, dtype: ActivationDType): Attrs | undefined {
  const quant = to.plan.quantOf(node.output, dtype);
  const { activation: _, activation_params: __, ...own } = node.attrs;
  const clamp = clampAttrs(attrsOf({ attrs: activationAttrs }, node), quant, dtype);
  if (!clamp) return undefined;
  return { ...own, ...outputAttrs(quant, dtype), ...clamp, rounding: to.options.rounding };
}

/** A separate relu or clip is a requantisation with a clamp. */
function clampRule(node: Node, to: Rewriting, precision: 'int8' | 'int16'): Value | null {
  const [x] = node.inputs;
  if (!x) return null;
  const dtype = activationTypes[precision];
  const quant = to.plan.quantOf(node.output, dtype);
  const { min = 0, max = 0 } = withDefaults(lookup(node.op).attrs, node.attrs);
  const clamp = clampAttrs(
    { activation: node.op as 'relu' | 'clip', activation_params: [Number(min), Number(max)] },
    quant,
    dtype,
  );
  const { rounding } = to.options;
  return to.add('requantize', [to.form(x, dtype)], { ...outputAttrs(quant, dtype), ...clamp, rounding });
}

/** Any function of one int8 is a table of 256 bytes. */
function tableRule(node: Node, to: Rewriting, precision: 'int8' | 'int16'): Value | null {
  const [x] = node.inputs;
  if (!x) return null;
  const dtype = activationTypes[precision];
  const input = to.form(x, dtype);
  const attrs = outputAttrs(to.plan.quantOf(node.output, dtype), dtype);
  const table = unaryTable(node.op, node.attrs, input.type, { ...attrs, rounding: to.options.rounding });
  return to.add('qlinear_lookup', [input, to.constant(`${node.output.name}_table`, table)], attrs);
}

/** Integers pass through unchanged: in 16 bits if all inputs exist only in 16 bits. */
function carriedRule(when: (attrs: Attrs) => boolean): IntegerRule {
  return (node, to) => {
    if (!when(node.attrs)) return null;
    const inputs = node.inputs.filter((input) => input !== null);
    const wide = inputs.every((input) => to.existing(input, 'i16') && !to.existing(input, 'i8'));
    const form = wide ? 'i16' : 'i8';
    return to.add(
      node.op,
      inputs.map((input) => to.form(input, form)),
      node.attrs,
    );
  };
}

/** Linear interpolation in 8 bits, with the scale of the input. */
function resizedRule(op: string): IntegerRule {
  return (node, to, precision) => {
    if (isNearest(node)) return carriedRule(() => true)(node, to, precision);
    const [x] = node.inputs;
    const attrs = linearInPlanes(node);
    return x && attrs && precision === 'int8' ? to.add(op, [to.form(x, 'i8')], attrs) : null;
  };
}

/**
 * TFLite's softmax has the output scale 1/256 and the zero point -128; for any other plan a requantisation is
 * added.
 */
function softmaxRule(op: string): IntegerRule {
  return (node, to) => {
    const [x] = node.inputs;
    const planned = to.plan.quantOf(node.output, 'i8');
    if (!x || planned.zeroPoint[0] === 0) return null;
    const fixed = outputAttrs({ scale: [1 / 256], zeroPoint: [-128] }, 'i8');
    const y = to.add(op, [to.form(x, 'i8')], { ...node.attrs, ...fixed });
    if (sameType({ ...y.type, quant: planned }, y.type)) return y;
    return to.add('requantize', [y], { ...outputAttrs(planned, 'i8'), rounding: to.options.rounding });
  };
}
