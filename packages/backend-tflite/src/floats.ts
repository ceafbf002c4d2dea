import { type DType, fromNumbers, type Node } from '@ghostc/ir';
import {
  argMax as argMaxOp,
  attrsOf,
  clip as clipOp,
  elu as eluOp,
  hardSigmoid as hardSigmoidOp,
  leakyRelu as leakyReluOp,
  lookup,
  normalAxis,
  qlinearSoftmax,
  reduceMean,
  withDefaults,
} from '@ghostc/ops';
import { type OperatorOptions, operatorOptions } from '@ghostc/tflite';
import {
  clamped,
  fusionOf,
  gated,
  hardSigmoid as hardSigmoidOf,
  scaledElu,
  softplus as softplusOf,
} from './activations.ts';
import { type Code, type Placed, placedType, refuse, type TfliteGraph } from './tflite-graph.ts';
import type { Row } from './windows.ts';

/** Types whose numbers are plain numbers: TFLite treats others as quantised. */
const arithmetic: readonly DType[] = ['f32', 'i32', 'i64'];

/** An operator on the node's unchanged inputs. */
export const plain =
  (code: Code, options?: OperatorOptions): Row =>
  (writer, node) => {
    const inputs = node.inputs.map((input) => writer.value(input));
    return writer.operator(code, inputs, placedType(node.output.type), { options, name: node.output.name });
  };

/** The same on numbers. */
export const numeric = (code: Code, options?: OperatorOptions): Row =>
  ofTypes(arithmetic, plain(code, options));
/** Of float32 only, and of int32 as well. */
export const real = (code: Code, options?: OperatorOptions): Row => ofTypes(['f32'], plain(code, options));
export const short = (code: Code): Row => ofTypes(['f32', 'i32'], plain(code));

function ofTypes(types: readonly DType[], row: Row): Row {
  return (writer, node) => {
    const { dtype } = node.inputs[0]?.type ?? node.output.type;
    if (!types.includes(dtype)) refuse(`${node.op} of ${dtype}`);
    return row(writer, node);
  };
}

/** RELU; of integers the larger of x and 0. */
export const relu: Row = (writer, node) => {
  const { dtype } = node.output.type;
  if (dtype === 'f32') return plain('RELU')(writer, node);
  const zero = (): Placed => writer.constant(fromNumbers(dtype, [], [0]), 'zero');
  return ofTypes(['i32', 'i64'], () =>
    writer.operator('MAXIMUM', [writer.value(node.inputs[0]), zero()], placedType(node.output.type)),
  )(writer, node);
};

const fusing = {
  ADD: (act: number) => operatorOptions.add(act),
  SUB: (act: number) => operatorOptions.sub(act),
  MUL: (act: number) => operatorOptions.mul(act),
  DIV: (act: number) => operatorOptions.div(act),
} as const;

/** ADD, SUB, MUL, DIV with the activation that they fuse. */
export const arithmeticPair =
  (code: keyof typeof fusing): Row =>
  (writer, node) => {
    const { fused, after } = fusionOf(node);
    const row = plain(code, fusing[code](fused));
    return after(writer, ofTypes(code === 'DIV' ? ['f32', 'i32'] : arithmetic, row)(writer, node));
  };

/** Other operators of two numbers, the activation after them. */
export const pair =
  (code: Code): Row =>
  (writer, node) => {
    const activation = String(node.attrs.activation ?? 'none');
    if (activation !== 'none') refuse(`${node.op} with the activation ${activation}`);
    return numeric(code)(writer, node);
  };

/** One number for each node, in float32. */
const float =
  (write: (writer: TfliteGraph, x: Placed, node: Node) => Placed): Row =>
  (writer, node) => {
    if (node.output.type.dtype !== 'f32') refuse(`${node.op} of ${node.output.type.dtype}`);
    return write(writer, writer.value(node.inputs[0]), node);
  };

export const clip = float((writer, x, node) => {
  const { min, max } = attrsOf(clipOp, node);
  return clamped(writer, x, [min, max]);
});

export const hardSigmoid = float((writer, x, node) => {
  const { alpha, beta } = attrsOf(hardSigmoidOp, node);
  return hardSigmoidOf(writer, x, [alpha, beta]);
});

export const leakyRelu = float((writer, x, node) =>
  writer.operator('LEAKY_RELU', [x], x, { options: operatorOptions.leaky(attrsOf(leakyReluOp, node).alpha) }),
);

export const elu = float((writer, x, node) =>
  scaledElu(writer, x, { alpha: attrsOf(eluOp, node).alpha, divisor: 1 }),
);

export const celu = float((writer, x, node) => {
  const { alpha } = attrsOf(eluOp, node);
  return scaledElu(writer, x, { alpha, divisor: alpha });
});

export const silu = float((writer, x) => gated(writer, x, writer.operator('LOGISTIC', [x], x)));
export const softplus = float((writer, x) => softplusOf(writer, x));
/** x tanh(ln(1 + e^x)). */
export const mish = float((writer, x) =>
  gated(writer, x, writer.operator('TANH', [softplusOf(writer, x)], x)),
);

export const reciprocal = float((writer, x) =>
  writer.operator('DIV', [writer.float(1), x], x, { options: operatorOptions.div() }),
);

/** MEAN and its like over constant axes. */
export const reduction =
  (code: Code): Row =>
  (writer, node) => {
    const { axes, keepdims } = attrsOf(reduceMean, node);
    const x = writer.value(node.inputs[0]);
    const rank = x.shape.length;
    const all = axes.length ? axes.map((axis) => normalAxis(axis, rank)) : [...x.shape.keys()];
    return writer.operator(code, [x, writer.ints(all)], placedType(node.output.type), {
      options: operatorOptions.reducer(keepdims ? 'keep' : 'drop'),
      name: node.output.name,
    });
  };

/** SOFTMAX over the last axis; another axis is transposed there and back. */
export const softmax =
  (beta: (node: Node) => number): Row =>
  (writer, node) => {
    const x = writer.value(node.inputs[0]);
    const rank = x.shape.length;
    const axis = normalAxis(Number(withDefaults(lookup(node.op).attrs, node.attrs).axis), rank);
    const options = operatorOptions.softmax(beta(node));
    const type = placedType(node.output.type);
    if (axis === rank - 1) return writer.operator('SOFTMAX', [x], type, { options, name: node.output.name });
    const swap = x.shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
    const moved = writer.transposed(x, swap);
    return writer.transposed(
      writer.operator('SOFTMAX', [moved], { ...type, shape: moved.shape }, { options }),
      swap,
    );
  };

export const floatSoftmax = softmax(() => 1);
export const integerSoftmax = softmax((node) => attrsOf(qlinearSoftmax, node).beta);

/** BATCH_MATMUL of up to five axes. */
const product =
  (row: typeof plain): Row =>
  (writer, node) => {
    const { length } = node.output.type.shape;
    if (length > 5) refuse(`a product of ${length} axes`);
    return row('BATCH_MATMUL', operatorOptions.batchMatmul(false, false))(writer, node);
  };

export const matmul = product(numeric);
export const quantizedMatmul = product(plain);

/** ARG_MAX and ARG_MIN: int64 indices, the axis dropped. */
export const argument =
  (code: 'ARG_MAX' | 'ARG_MIN'): Row =>
  (writer, node) => {
    const { axis, select_last_index: last } = attrsOf(argMaxOp, node);
    if (last) refuse(`${node.op} that takes the last of equals`);
    const x = writer.value(node.inputs[0]);
    const at = normalAxis(axis, x.shape.length);
    const shape = x.shape.filter((_, i) => i !== at);
    const options = code === 'ARG_MAX' ? operatorOptions.argMax() : operatorOptions.argMin('INT64');
    const y = writer.operator(code, [x, writer.ints([at])], { dtype: 'i64', shape }, { options });
    const type = placedType(node.output.type);
    return type.shape.length !== shape.length ? writer.reshaped(y, type.shape) : y;
  };
