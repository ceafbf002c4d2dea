import { CompileError, type Node, staticShape, type Tensor } from '@ghostc/ir';
import { attrsOf, averagePool as averagePoolOp, conv2d, depthwiseConv2d, windowAttrs } from '@ghostc/ops';
import { permuteTensor } from '../tensor-table.ts';
import type { GraphWriter, Placed } from './graph-writer.ts';
import { conv, depthwise as depthwiseOptions, pool as poolOptions, VALID } from './options.ts';

export function refuse(what: string): never {
  throw new CompileError('tflite/write', `${what} has no TFLite form here`);
}

/** Of a convolution or a pool. */
const windowOf = (node: Node) => attrsOf({ attrs: windowAttrs }, node);
const outputShape = (node: Node): number[] => staticShape(node.output.type.shape);

const toNhwc = ([n = 1, c = 1, h = 1, w = 1]: readonly number[]): number[] => [n, h, w, c];

function transposed(writer: GraphWriter, x: Placed, perm: readonly number[]): Placed {
  return writer.operator('TRANSPOSE', [x, writer.ints(perm)], {
    shape: perm.map((axis) => x.shape[axis] ?? 1),
  });
}

/** The image with channels last, with `value` around it where there are pads: the windows below have none. */
function padded(writer: GraphWriter, node: Node, value: number): Placed {
  const x = writer.value(node.inputs[0]);
  if (x.shape.length !== 4) refuse(`a window over ${x.shape.length - 2} axes`);
  if (node.output.type.dtype !== 'f32') refuse(`${node.op} of ${node.output.type.dtype}`);
  const image = transposed(writer, x, [0, 2, 3, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = windowOf(node).pads;
  if (!(top || left || bottom || right)) return image;
  const [n = 1, h = 1, w = 1, c = 1] = image.shape;
  const pads = writer.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  const shape = [n, h + top + bottom, w + left + right, c];
  return writer.operator('PADV2', [image, pads, writer.float(value)], { shape });
}

/** The result with channels second, as the graph has it, cut where a window of ours is smaller than VALID. */
function back(writer: GraphWriter, y: Placed): Placed {
  return transposed(writer, y, [0, 3, 1, 2]);
}

function constantOf(node: Node, index: number): Tensor {
  const constant = node.inputs[index]?.constant;
  return constant ?? refuse('a weight that is not constant');
}

/** TFLite wants a bias: zeros where there is none. */
function biasOf(writer: GraphWriter, node: Node, channels: number): Placed {
  const bias = node.inputs[2];
  if (bias) return writer.value(bias);
  return writer.constant({ dtype: 'f32', shape: [channels], data: new Float32Array(channels) });
}

export function convolution(writer: GraphWriter, node: Node): Placed {
  const { group, strides, dilations } = attrsOf(conv2d, node);
  if (node.inputs[3]) refuse('a convolution with a residual');
  const weight = constantOf(node, 1);
  const [m = 1] = weight.shape;
  const options = conv(VALID, strides, { dilations });
  if (group > 1 && m % group !== 0) refuse('uneven groups');
  const inputs = [
    padded(writer, node, 0),
    writer.constant(permuteTensor(weight, [0, 2, 3, 1])),
    biasOf(writer, node, m),
  ];
  return back(writer, writer.operator('CONV_2D', inputs, { shape: toNhwc(outputShape(node)), options }));
}

export function depthwise(writer: GraphWriter, node: Node): Placed {
  const { multiplier, strides, dilations } = attrsOf(depthwiseConv2d, node);
  const weight = constantOf(node, 1);
  const [m = 1] = weight.shape;
  if (m !== multiplier * Number(node.inputs[0]?.type.shape[1]))
    refuse('a depthwise convolution with fewer outputs');
  if (node.inputs[3]) refuse('a convolution with a residual');
  const options = depthwiseOptions(VALID, multiplier, { strides, dilations });
  const inputs = [
    padded(writer, node, 0),
    writer.constant(permuteTensor(weight, [1, 2, 3, 0])),
    biasOf(writer, node, m),
  ];
  return back(
    writer,
    writer.operator('DEPTHWISE_CONV_2D', inputs, { shape: toNhwc(outputShape(node)), options }),
  );
}

export function averagePool(writer: GraphWriter, node: Node): Placed {
  const { pads, count_include_pad: counted } = attrsOf(averagePoolOp, node);
  if (!counted && pads.some((count) => count > 0)) refuse('an average that leaves out the padding');
  return pool(writer, node, { code: 'AVERAGE_POOL_2D', around: 0 });
}

export function maxPool(writer: GraphWriter, node: Node): Placed {
  return pool(writer, node, { code: 'MAX_POOL_2D', around: -3.4028234663852886e38 });
}

function pool(
  writer: GraphWriter,
  node: Node,
  { code, around }: { code: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'; around: number },
): Placed {
  const { kernel_shape: kernel, strides, dilations, ceil_mode: ceil } = attrsOf(averagePoolOp, node);
  if (dilations.some((step) => step !== 1)) refuse('a dilated pool');
  if (ceil) refuse('a pool in ceil mode');
  const options = poolOptions(VALID, strides, kernel);
  const image = padded(writer, node, around);
  return back(writer, writer.operator(code, [image], { shape: toNhwc(outputShape(node)), options }));
}
