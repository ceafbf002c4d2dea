import { CompileError, type Graph, type Node, staticShape, withLocation } from '@ghostc/ir';
import {
  activationAttrs,
  attrsOf,
  clip,
  concat as concatOp,
  elu,
  hardSigmoid as hardSigmoidOp,
  leakyRelu,
  normalAxis,
  pad as padOp,
  reduceMean,
  slice as sliceOp,
  sliceRanges,
  softmax as softmaxOp,
  transpose,
} from '@ghostc/ops';
import type { ModelSpec, OperatorSpec } from './build-model.ts';
import { GraphWriter, type Placed } from './graph-writer.ts';
import {
  concatenation,
  leaky as leakyOptions,
  reducer,
  softmax as softmaxOptions,
  stridedSlice,
} from './options.ts';
import { averagePool, convolution, depthwise, maxPool, refuse } from './write-images.ts';

/** Writes one node; gives its first output. */
type Row = (writer: GraphWriter, node: Node) => Placed;
type Code = OperatorSpec['code'];

/**
 * A float graph of fixed shapes as a TFLite model with plain float kernels: images stand between transposes. Throws
 * `tflite/write` for what has no form there. It exists to hold TFLite's kernels against ours, not to deploy.
 */
export function writeGraph(graph: Graph): ModelSpec {
  const writer = new GraphWriter();
  for (const input of graph.inputs) writer.value(input);
  for (const node of graph.nodes())
    withLocation({ node: node.origin[0] ?? node.output.name, op: node.op }, () => writeNode(writer, node));
  return writer.spec(graph);
}

function writeNode(writer: GraphWriter, node: Node): void {
  const row = rows.get(node.op);
  if (!row)
    throw new CompileError('tflite/write', `${node.op} of ${node.output.type.dtype} has no TFLite form here`);
  if (node.outputs.length > 1) refuse('it has several outputs');
  writer.place(node.output, activated(writer, node, row(writer, node)));
}

const shapeOf = (node: Node): number[] => staticShape(node.output.type.shape);
const typed = (node: Node) => ({ dtype: node.output.type.dtype, shape: shapeOf(node) });

/** Operator on the node's inputs as they are. */
const plain =
  (code: Code): Row =>
  (writer, node) =>
    writer.operator(
      code,
      node.inputs.map((input) => writer.value(input)),
      typed(node),
    );

const arithmetic: ReadonlySet<string> = new Set(['f32', 'i32', 'i64']);

/** The same on types whose numbers stand for themselves: TFLite takes others to be quantised. */
const numeric =
  (code: Code): Row =>
  (writer, node) => {
    const { dtype } = node.inputs[0]?.type ?? node.output.type;
    if (!arithmetic.has(dtype)) refuse(`${node.op} of ${dtype}`);
    return plain(code)(writer, node);
  };

/** x to [lo, hi]; infinite limits are none. */
function clamped(writer: GraphWriter, x: Placed, [lo = 0, hi = 0]: readonly number[]): Placed {
  const low = lo === Number.NEGATIVE_INFINITY ? x : writer.operator('MAXIMUM', [x, writer.float(lo)], x);
  return hi === Number.POSITIVE_INFINITY ? low : writer.operator('MINIMUM', [low, writer.float(hi)], x);
}

function hardSigmoid(writer: GraphWriter, x: Placed, [alpha = 0, beta = 0]: readonly number[]): Placed {
  const scaled = writer.operator('MUL', [x, writer.float(alpha)], x);
  return clamped(writer, writer.operator('ADD', [scaled, writer.float(beta)], x), [0, 1]);
}

function leaky(writer: GraphWriter, x: Placed, alpha: number): Placed {
  return writer.operator('LEAKY_RELU', [x], { shape: x.shape, options: leakyOptions(alpha) });
}

function silu(writer: GraphWriter, x: Placed, type: Parameters<GraphWriter['operator']>[2]): Placed {
  return writer.operator('MUL', [x, writer.operator('LOGISTIC', [x], x)], type);
}

/** The fused activation of a node as operators of their own. */
function activated(writer: GraphWriter, node: Node, x: Placed): Placed {
  if (node.attrs.activation === undefined) return x;
  const { activation, activation_params: parameters } = attrsOf({ attrs: activationAttrs }, node);
  const unary = (code: Code): Placed => writer.operator(code, [x], x);
  const forms: Partial<Record<typeof activation, () => Placed>> = {
    none: () => x,
    relu: () => unary('RELU'),
    clip: () => clamped(writer, x, parameters),
    hard_sigmoid: () => hardSigmoid(writer, x, parameters),
    hard_swish: () => unary('HARD_SWISH'),
    sigmoid: () => unary('LOGISTIC'),
    tanh: () => unary('TANH'),
    leaky_relu: () => leaky(writer, x, parameters[0] ?? 0),
    silu: () => silu(writer, x, x),
  };
  const form = forms[activation];
  if (!form) throw new CompileError('tflite/write', `${activation} has no TFLite form here`);
  return form();
}

const reduce =
  (code: Code): Row =>
  (writer, node) => {
    const x = writer.value(node.inputs[0]);
    const { axes, keepdims } = attrsOf(reduceMean, node);
    const all = axes.length ? axes.map((axis) => normalAxis(axis, x.shape.length)) : [...x.shape.keys()];
    return writer.operator(code, [x, writer.ints(all)], {
      ...typed(node),
      options: reducer(keepdims ? 'keep' : 'drop'),
    });
  };

function globalMean(writer: GraphWriter, node: Node): Placed {
  const x = writer.value(node.inputs[0]);
  const axes = [...x.shape.keys()].slice(2);
  return writer.operator('MEAN', [x, writer.ints(axes)], { ...typed(node), options: reducer('keep') });
}

function softmax(writer: GraphWriter, node: Node): Placed {
  const x = writer.value(node.inputs[0]);
  if (normalAxis(attrsOf(softmaxOp, node).axis, x.shape.length) !== x.shape.length - 1)
    refuse('softmax over an axis that is not the last');
  return writer.operator('SOFTMAX', [x], { ...typed(node), options: softmaxOptions(1) });
}

function concat(writer: GraphWriter, node: Node): Placed {
  const axis = normalAxis(attrsOf(concatOp, node).axis, shapeOf(node).length);
  const inputs = node.inputs.map((input) => writer.value(input));
  return writer.operator('CONCATENATION', inputs, { ...typed(node), options: concatenation(axis) });
}

function slice(writer: GraphWriter, node: Node): Placed {
  const x = writer.value(node.inputs[0]);
  const ranges = sliceRanges(x.shape, attrsOf(sliceOp, node));
  const parts = x.shape.map((size, axis) => ranges[axis] ?? { start: 0, step: 1, count: size });
  if (parts.some(({ step }) => Number(step) < 0)) refuse('a slice with a negative step');
  const starts = parts.map(({ start }) => Number(start));
  const steps = parts.map(({ step }) => Number(step));
  const ends = parts.map(({ start, step, count }) => Number(start) + (Number(count) - 1) * Number(step) + 1);
  const inputs = [x, ...[starts, ends, steps].map((values) => writer.ints(values))];
  return writer.operator('STRIDED_SLICE', inputs, { ...typed(node), options: stridedSlice(0, 0, 0) });
}

function pad(writer: GraphWriter, node: Node): Placed {
  const { pads, value, mode } = attrsOf(padOp, node);
  if (mode !== 'constant' || node.output.type.dtype !== 'f32') refuse(`pad of mode ${mode}`);
  if (pads.some((count) => count < 0)) refuse('a negative pad');
  const x = writer.value(node.inputs[0]);
  const rank = x.shape.length;
  const pairs = x.shape.flatMap((_, axis) => [pads[axis] ?? 0, pads[axis + rank] ?? 0]);
  return writer.operator('PADV2', [x, writer.ints(pairs, [rank, 2]), writer.float(value)], typed(node));
}

/** y = x w^T + b; a bias of none is absent. */
function fullyConnected(writer: GraphWriter, node: Node): Placed {
  const [x, weight, bias] = node.inputs;
  const inputs = [writer.value(x), writer.value(weight), bias ? writer.value(bias) : null];
  return writer.operator('FULLY_CONNECTED', inputs, typed(node));
}

function matmul(writer: GraphWriter, node: Node): Placed {
  const inputs = node.inputs.map((input) => writer.value(input));
  if (inputs.some(({ shape }) => shape.length < 2)) refuse('a product with a vector');
  return writer.operator('BATCH_MATMUL', inputs, typed(node));
}

/** Operator whose second input is a list from an attribute. */
const withInts =
  (code: Code, name: string): Row =>
  (writer, node) => {
    const list = name === 'shape' ? shapeOf(node) : attrsOf(transpose, node).perm;
    return writer.operator(code, [writer.value(node.inputs[0]), writer.ints(list ?? [])], typed(node));
  };

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['abs', numeric('ABS')],
  ['add', numeric('ADD')],
  ['average_pool', averagePool],
  ['cast', plain('CAST')],
  ['ceil', plain('CEIL')],
  [
    'clip',
    (writer, node) => {
      const { min, max } = attrsOf(clip, node);
      if (node.output.type.dtype !== 'f32') refuse(`clip of ${node.output.type.dtype}`);
      return clamped(writer, writer.value(node.inputs[0]), [min, max]);
    },
  ],
  ['concat', concat],
  ['conv2d', convolution],
  ['depthwise_conv2d', depthwise],
  ['div', numeric('DIV')],
  ['dropout', withInts('RESHAPE', 'shape')],
  [
    'elu',
    (writer, node) => {
      if (attrsOf(elu, node).alpha !== 1) refuse('elu with an alpha other than 1');
      return numeric('ELU')(writer, node);
    },
  ],
  ['equal', numeric('EQUAL')],
  ['exp', numeric('EXP')],
  ['expand', withInts('BROADCAST_TO', 'shape')],
  ['floor', plain('FLOOR')],
  ['fully_connected', fullyConnected],
  ['global_average_pool', globalMean],
  [
    'hard_sigmoid',
    (writer, node) => {
      const { alpha, beta } = attrsOf(hardSigmoidOp, node);
      return hardSigmoid(writer, writer.value(node.inputs[0]), [alpha, beta]);
    },
  ],
  ['hard_swish', plain('HARD_SWISH')],
  ['identity', withInts('RESHAPE', 'shape')],
  [
    'leaky_relu',
    (writer, node) => leaky(writer, writer.value(node.inputs[0]), attrsOf(leakyRelu, node).alpha),
  ],
  ['less', numeric('LESS')],
  ['less_equal', numeric('LESS_EQUAL')],
  ['log', numeric('LOG')],
  ['logical_and', plain('LOGICAL_AND')],
  ['logical_not', plain('LOGICAL_NOT')],
  ['logical_or', plain('LOGICAL_OR')],
  ['matmul', matmul],
  ['max_pool', maxPool],
  ['maximum', numeric('MAXIMUM')],
  ['minimum', numeric('MINIMUM')],
  ['mul', numeric('MUL')],
  ['neg', numeric('NEG')],
  ['pad', pad],
  ['pow', numeric('POW')],
  ['prelu', plain('PRELU')],
  [
    'reciprocal',
    (writer, node) => writer.operator('DIV', [writer.float(1), writer.value(node.inputs[0])], typed(node)),
  ],
  ['reduce_max', reduce('REDUCE_MAX')],
  ['reduce_mean', reduce('MEAN')],
  ['reduce_min', reduce('REDUCE_MIN')],
  ['reduce_prod', reduce('REDUCE_PROD')],
  ['reduce_sum', reduce('SUM')],
  ['relu', numeric('RELU')],
  ['reshape', withInts('RESHAPE', 'shape')],
  ['round', plain('ROUND')],
  ['sigmoid', plain('LOGISTIC')],
  ['sign', numeric('SIGN')],
  ['silu', (writer, node) => silu(writer, writer.value(node.inputs[0]), typed(node))],
  ['slice', slice],
  ['softmax', softmax],
  ['sqrt', numeric('SQRT')],
  ['sub', numeric('SUB')],
  ['tanh', plain('TANH')],
  ['transpose', withInts('TRANSPOSE', 'perm')],
  ['where', plain('SELECT_V2')],
]);
