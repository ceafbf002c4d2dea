import { type Tensor, toNumbers } from '@ghostc/ir';
import { dataTypeOf } from '@ghostc/onnx';
import {
  activationAttrs,
  averagePool,
  batchNorm,
  cast,
  cheapAttrs,
  clip,
  concat,
  conv2d,
  convTranspose2d,
  depthwiseConv2d,
  dfcPool,
  dfcResize,
  evaluateOne,
  expand,
  gemm,
  ghostModule,
  gridSample,
  halfPadded,
  layerNorm,
  mod,
  type OpsWith,
  pad,
  primaryAttrs,
  reduceMean,
  reshape,
  resize,
  slice,
  softmax,
  squeezeExcite,
  transpose,
  windowAttrs,
} from '@ghostc/ops';
import { indexRows } from './index-rows.ts';
import { windowForRank } from './line-form.ts';
import {
  activationStep,
  type NodeWriter,
  type WriteOp,
  writeActivation,
  writeWithActivation,
} from './node-writer.ts';
import { onnxFunctions } from './onnx-functions.ts';
import { floatAttr, type OnnxAttrs } from './onnx-graph.ts';
import { poolAttrs } from './pool-attrs.ts';
import { writeKept } from './write-kept.ts';
import { writeRecurrent } from './write-recurrent.ts';

const plain =
  (op: string): WriteOp =>
  (writer) =>
    writer.last(op, writer.inputs());

/** ONNX Runtime has no Where of truth values: (c and a) or (not c and b). */
const writeWhere: WriteOp = (writer) => {
  const [c, a, b] = [writer.input(0), writer.input(1), writer.input(2)];
  if (writer.value(1).type.dtype !== 'bool') return writer.last('Where', [c, a, b]);
  const other = writer.step('And', [writer.step('Not', [c]), b]);
  writer.last('Or', [writer.step('And', [c, a]), other]);
};

const binary =
  (op: string): WriteOp =>
  (writer) =>
    writeWithActivation(writer, op, [writer.input(0), writer.input(1)]);

/** ReduceSum takes its axes as an input from opset 13 on, the others from 18. No axes are all axes. */
const reduce =
  (op: string): WriteOp =>
  (writer) => {
    const { axes, keepdims } = writer.attrs(reduceMean);
    const common = { keepdims: keepdims ? 1 : 0 };
    if (op === 'ReduceSum' || writer.opset >= 18)
      writer.last(op, [writer.input(0), ...(axes.length ? [writer.ints(axes, 'axes')] : [])], common);
    else writer.last(op, [writer.input(0)], axes.length ? { ...common, axes } : common);
  };

/** What optimised graphs have in floats. */
type WrittenOp = OpsWith<'unary' | 'binary' | 'kernel' | 'general' | 'composite' | 'kept'>;
type FunctionOp = keyof typeof onnxFunctions;

const functionRows = Object.fromEntries(
  Object.entries(onnxFunctions).map(([op, one]) => [op, one.write]),
) as { readonly [K in FunctionOp]: WriteOp };

const rows = {
  ...functionRows,
  ...indexRows,
  add: binary('Add'),
  average_pool: (writer) =>
    writer.last('AveragePool', writer.inputs(), {
      ...poolAttrs(writer),
      count_include_pad: writer.attrs(averagePool).count_include_pad ? 1 : 0,
    }),
  batch_norm: writeBatchNorm,
  cast: writeCast,
  clip: writeClip,
  concat: (writer) => writer.last('Concat', writer.inputs(), { axis: writer.attrs(concat).axis }),
  conv2d: (writer) => writeConv(writer, writer.attrs(conv2d).group),
  conv_transpose2d: writeConvTranspose,
  depthwise_conv2d: writeDepthwise,
  dfc_attention: writeDfcAttention,
  div: binary('Div'),
  equal: plain('Equal'),
  expand: (writer) =>
    writer.last('Expand', [writer.input(0), writer.ints(writer.attrs(expand).shape, 'shape')]),
  fully_connected: (writer) => writeWithActivation(writer, 'Gemm', writer.inputs(), { transB: 1 }),
  gemm: writeGemm,
  ghost_module: writeGhostModule,
  global_average_pool: plain('GlobalAveragePool'),
  grid_sample: writeGridSample,
  layer_norm: (writer) => {
    const { axis, epsilon } = writer.attrs(layerNorm);
    writer.last('LayerNormalization', writer.inputs(), { axis, epsilon: floatAttr(epsilon) });
  },
  less: plain('Less'),
  less_equal: plain('LessOrEqual'),
  logical_and: plain('And'),
  logical_not: plain('Not'),
  logical_or: plain('Or'),
  logical_xor: plain('Xor'),
  matmul: plain('MatMul'),
  max_pool: (writer) => writer.last('MaxPool', writer.inputs(), poolAttrs(writer)),
  maximum: binary('Max'),
  minimum: binary('Min'),
  mod: (writer) => writer.last('Mod', writer.inputs(), { fmod: writer.attrs(mod).fmod ? 1 : 0 }),
  mul: binary('Mul'),
  onnx_node: writeKept,
  pad: writePad,
  pow: binary('Pow'),
  prelu: binary('PRelu'),
  recurrent: writeRecurrent,
  reduce_max: reduce('ReduceMax'),
  reduce_mean: reduce('ReduceMean'),
  reduce_min: reduce('ReduceMin'),
  reduce_prod: reduce('ReduceProd'),
  reduce_sum: reduce('ReduceSum'),
  reshape: (writer) =>
    writer.last('Reshape', [writer.input(0), writer.ints(writer.attrs(reshape).shape, 'shape')]),
  resize: writeResize,
  silu: (writer) => writer.last('Mul', [writer.input(0), writer.step('Sigmoid', [writer.input(0)])]),
  slice: writeSlice,
  softmax: (writer) => writer.last('Softmax', writer.inputs(), { axis: writer.attrs(softmax).axis }),
  squeeze_excite: writeSqueezeExcite,
  sub: binary('Sub'),
  transpose: (writer) => writer.last('Transpose', writer.inputs(), { perm: writer.attrs(transpose).perm }),
  where: writeWhere,
} satisfies { readonly [K in WrittenOp]: WriteOp };

/** How each IR op is written. */
export const opTable: ReadonlyMap<string, WriteOp> = new Map(Object.entries(rows));

function writeBatchNorm(writer: NodeWriter): void {
  writer.last('BatchNormalization', writer.inputs(), { epsilon: floatAttr(writer.attrs(batchNorm).epsilon) });
}

function windowOf(writer: NodeWriter): OnnxAttrs {
  const { strides, pads, dilations } = writer.attrs({ attrs: windowAttrs });
  const kernel = writer.value(1).type.shape.slice(2).map(Number);
  return windowForRank({ kernel_shape: kernel, strides, pads, dilations }, writer.rank);
}

function writeConv(writer: NodeWriter, group: number): void {
  const inputs = [writer.input(0), writer.weight(1), ...(writer.has(2) ? [writer.input(2)] : [])];
  finishConv(writer, inputs, { ...windowOf(writer), group });
}

/** Conv, then the residual and the activation, if present. */
function finishConv(writer: NodeWriter, inputs: readonly string[], onnxAttrs: OnnxAttrs): void {
  const attrs = writer.attrs({ attrs: activationAttrs });
  if (!writer.has(3)) {
    writeWithActivation(writer, 'Conv', inputs, onnxAttrs);
    return;
  }
  const sum = [writer.step('Conv', inputs, onnxAttrs), writer.input(3)];
  if (attrs.activation === 'none') writer.last('Add', sum);
  else writeActivation(writer, writer.step('Add', sum), attrs);
}

function writeConvTranspose(writer: NodeWriter): void {
  const { group, output_padding, strides, pads, dilations } = writer.attrs(convTranspose2d);
  const kernel = writer.value(1).type.shape.slice(2).map(Number);
  const inputs = [writer.input(0), turnedWeight(writer, group), writer.input(2)];
  const window = windowForRank({ kernel_shape: kernel, strides, pads, dilations }, writer.rank);
  const extra = output_padding.slice(-(writer.rank - 2));
  const attrs: OnnxAttrs = {
    ...window,
    group,
    ...(extra.some((size) => size > 0) && { output_padding: extra }),
  };
  writeWithActivation(writer, 'ConvTranspose', writer.has(2) ? inputs : inputs.slice(0, 2), attrs);
}

/** The graph's weight [M,C/g,..] is [C,M/g,..] in ONNX: a constant is converted, a computed weight is transposed by nodes. */
function turnedWeight(writer: NodeWriter, group: number): string {
  const { type, constant } = writer.value(1);
  const [m = 1, perGroup = 1, ...kernel] = type.shape.map(Number);
  const groups = [group, m / group, perGroup, ...kernel];
  const perm = [0, 2, 1, 3, 4];
  const shape = [group * perGroup, m / group, ...(writer.rank === 3 ? kernel.slice(1) : kernel)];
  if (constant) {
    const { quant, ...plain } = asGroups(constant, group);
    const turned = evaluateOne(transpose, [{ ...plain, shape: groups }], { perm });
    return writer.tensor({ ...turned, shape, ...(quant && { quant }) }, 'weight');
  }
  const reshaped = (x: string, to: readonly number[]): string =>
    writer.step('Reshape', [x, writer.ints(to, 'shape')]);
  return reshaped(writer.step('Transpose', [reshaped(writer.input(1), groups)], { perm }), shape);
}

/**
 * A weight [M,C/g,..] with the scales that [C,M/g,..] has along axis 1: ONNX has one for the same channel of all groups. As
 * floats where they differ.
 */
function asGroups(weight: Tensor, group: number): Tensor {
  const { scale, zeroPoint, axis } = weight.quant ?? { scale: [], zeroPoint: [] };
  if (axis === undefined) return weight;
  const count = scale.length / group;
  if (scale.every((s, m) => s === scale[m % count]))
    return {
      ...weight,
      quant: { scale: scale.slice(0, count), zeroPoint: zeroPoint.slice(0, count), axis: 1 },
    };
  const size = weight.data.length / scale.length;
  const real = Float32Array.from(toNumbers(weight), (w, i) => Number(w) * (scale[Math.floor(i / size)] ?? 1));
  return { dtype: 'f32', shape: weight.shape, data: real };
}

/** A grouped Conv. ONNX requires whole groups: if channels are trimmed, so is the input, or the last group is separate. */
function writeDepthwise(writer: NodeWriter): void {
  const { multiplier } = writer.attrs(depthwiseConv2d);
  const channels = Number(writer.value(0).type.shape[1]);
  const kept = Number(writer.value(1).type.shape[0]);
  const x = trimmedInput(writer, writer.input(0), { channels, kept, multiplier });
  const bias = writer.has(2) ? [writer.input(2)] : [];
  finishConv(writer, [x.name, writer.weight(1), ...bias], { ...windowOf(writer), group: x.groups });
}

interface Trim {
  readonly channels: number;
  readonly kept: number;
  readonly multiplier: number;
}

/** The channels that `kept` outputs read, as the input of a grouped Conv with one input channel per group. */
function trimmedInput(
  writer: NodeWriter,
  x: string,
  { channels, kept, multiplier }: Trim,
): { name: string; groups: number } {
  if (kept === channels * multiplier) return { name: x, groups: channels };
  if (kept % multiplier === 0)
    return { name: sliceChannels(writer, x, [0, kept / multiplier]), groups: kept / multiplier };
  const source = Array.from({ length: kept }, (_, m) => Math.floor(m / multiplier));
  return { name: writer.moved('Gather', [x, writer.ints(source, 'channels')], { axis: 1 }), groups: kept };
}

function sliceChannels(writer: NodeWriter, x: string, [from, to]: readonly [number, number]): string {
  return writer.moved('Slice', [
    x,
    writer.ints([from], 'starts'),
    writer.ints([to], 'ends'),
    writer.ints([1], 'axes'),
  ]);
}

function writeGhostModule(writer: NodeWriter): void {
  const attrs = writer.attrs(ghostModule);
  const { type } = writer.value(0);
  const init = Number(writer.value(1).type.shape[0]);
  const primary = primaryAttrs(attrs, type);
  const conv = [writer.input(0), writer.weight(1), ...(writer.has(2) ? [writer.input(2)] : [])];
  const kernel = ghostWindow(writer, attrs.kernel_size, primary);
  if (!writer.has(3)) {
    // the slice of this module keeps no cheap channel
    writeWithActivation(writer, 'Conv', conv, kernel);
    return;
  }
  const sloped = (x: string, at: number): string =>
    writer.has(at) ? writer.step('PRelu', [x, writer.input(at)]) : x;
  const x1 = sloped(activationStep(writer, writer.step('Conv', conv, kernel), primary), 5);
  writer.nextPart();
  const { multiplier, pads, ...activation } = cheapAttrs(attrs, type);
  const source = trimmedInput(writer, x1, { channels: init, kept: attrs.oup - init, multiplier });
  const cheap = [source.name, writer.weight(3), ...(writer.has(4) ? [writer.input(4)] : [])];
  const window = ghostWindow(writer, attrs.dw_size, { pads });
  const x2 = activationStep(
    writer,
    writer.step('Conv', cheap, { ...window, group: source.groups }),
    activation,
  );
  const y = [x1, sloped(x2, 6)];
  writer.nextPart();
  if (!writer.leaves(y)) writer.last('Concat', y, { axis: 1 });
}

function ghostWindow(
  { rank }: NodeWriter,
  size: number,
  window: { readonly strides?: readonly number[]; readonly pads: readonly number[] },
): OnnxAttrs {
  const { strides, pads } = window;
  return windowForRank({ kernel_shape: [size, size], ...(strides && { strides }), pads }, rank);
}

function writeSqueezeExcite(writer: NodeWriter): void {
  const attrs = writer.attrs(squeezeExcite);
  const mean = writer.step('GlobalAveragePool', [writer.input(0)]);
  writer.nextPart();
  const reduced = activationStep(writer, writer.step('Conv', [mean, writer.weight(1), writer.input(2)]), {
    activation: attrs.reduce_activation,
    activation_params: attrs.reduce_activation_params,
  });
  writer.nextPart();
  const expanded = writer.step('Conv', [reduced, writer.weight(3), writer.input(4)]);
  const weights = activationStep(writer, expanded, {
    activation: attrs.gate,
    activation_params: attrs.gate_params,
  });
  writer.nextPart();
  writer.last('Mul', [writer.input(0), weights]);
}

function writeDfcAttention(writer: NodeWriter): void {
  const conv = (x: string, at: number): string => {
    const { shape } = writer.value(at).type;
    const inputs = [x, writer.input(at), ...(writer.has(at + 1) ? [writer.input(at + 1)] : [])];
    const window: OnnxAttrs = { kernel_shape: shape.slice(2).map(Number), ...halfPadded(shape) };
    writer.nextPart();
    return writer.step('Conv', inputs, at > 2 ? { ...window, group: Number(shape[0]) } : window);
  };
  const pooled = writer.step('AveragePool', [writer.input(0)], { ...dfcPool });
  const gate = writer.step('Sigmoid', [conv(conv(conv(pooled, 2), 4), 6)]);
  const { sizes, ...modes } = dfcResize(writer.value(1).type.shape);
  writer.nextPart();
  const large = writer.step('Resize', [gate, '', '', writer.ints(sizes, 'sizes')], modes);
  writer.nextPart();
  writer.last('Mul', [writer.input(1), large]);
}

function writeCast(writer: NodeWriter): void {
  const { to, saturate } = writer.attrs(cast);
  const attrs = { to: dataTypeOf(writer.node.output.type.dtype) };
  writer.last('Cast', writer.inputs(), to.startsWith('f8') && !saturate ? { ...attrs, saturate: 0 } : attrs);
}

function writeClip(writer: NodeWriter): void {
  const { min, max } = writer.attrs(clip);
  writeActivation(writer, writer.input(0), { activation: 'clip', activation_params: [min, max] });
}

function writeGridSample(writer: NodeWriter): void {
  const { mode, padding_mode, align_corners } = writer.attrs(gridSample);
  const older = { linear: 'bilinear', nearest: 'nearest', cubic: 'bicubic' } as const;
  writer.last('GridSample', writer.inputs(), {
    mode: writer.opset < 20 ? older[mode] : mode,
    padding_mode,
    align_corners: align_corners ? 1 : 0,
  });
}

function writeGemm(writer: NodeWriter): void {
  const { alpha, beta, trans_a, trans_b } = writer.attrs(gemm);
  writer.last('Gemm', writer.inputs(), {
    alpha: floatAttr(alpha),
    beta: floatAttr(beta),
    transA: trans_a ? 1 : 0,
    transB: trans_b ? 1 : 0,
  });
}

function writePad(writer: NodeWriter): void {
  const { pads, value, mode } = writer.attrs(pad);
  const constant = mode === 'constant' ? [writer.floats(value, 'value')] : [];
  writer.last('Pad', [writer.input(0), writer.ints(pads, 'pads'), ...constant], { mode });
}

function writeResize(writer: NodeWriter): void {
  const { sizes, scales, mode, coordinate_transformation_mode, nearest_mode } = writer.attrs(resize);
  const axes = [...sizes.keys()].filter((axis) => sizes[axis] !== 0);
  const changed = axes.map((axis) => sizes[axis] ?? 0);
  const target = sizes.length ? ['', writer.ints(changed, 'sizes')] : [writer.floats32(scales, 'scales')];
  const modes = { mode, coordinate_transformation_mode, ...(mode === 'nearest' ? { nearest_mode } : {}) };
  const partly = axes.length < sizes.length;
  writer.last('Resize', [writer.input(0), '', ...target], partly ? { ...modes, axes } : modes);
}

function writeSlice(writer: NodeWriter): void {
  const { starts, ends, axes, steps } = writer.attrs(slice);
  const inputs = [
    writer.input(0),
    writer.ints(starts, 'starts'),
    writer.ints(ends, 'ends'),
    writer.ints(axes, 'axes'),
  ];
  writer.last('Slice', steps.length ? [...inputs, writer.ints(steps, 'steps')] : inputs);
}
