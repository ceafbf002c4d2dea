import { CompileError, itemAt, numElements, type Value } from '@ghostc/ir';
import { Formulas, fixedShape, inFloat32 } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';

export const normalizationRows: readonly OpRow[] = [
  ['BatchNormalization', readBatchNormalization],
  ['GroupNormalization', inFloat32(readGroupNormalization)],
  ['InstanceNormalization', inFloat32(readInstanceNormalization)],
  ['LRN', inFloat32(readLrn)],
  ['LayerNormalization', readLayerNormalization],
  ['MeanVarianceNormalization', inFloat32(readMeanVarianceNormalization)],
  ['RMSNormalization', readRmsNormalization],
];

function axesFrom(axis: number, rank: number): number[] {
  const first = axis < 0 ? axis + rank : axis;
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

/** Channel parameters [C] as [1,C,1,..] against a tensor of `rank`; a vector has one channel. */
function perChannel(f: Formulas, scale: Value, rank: number): Value {
  if (rank === 1) return scale;
  return f.reshape(scale, [1, -1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);
}

function readBatchNormalization(node: NodeReader): Value | readonly Value[] {
  const training = node.int('training_mode', 0) === 1;
  const epsilon = node.float('epsilon', 1e-5);
  if (node.opset < 7 && node.int('is_test', 0) === 0)
    throw new CompileError(
      'onnx/unsupported',
      'BatchNormalization of opset 6 in training form is not supported',
    );
  if (node.opset < 9 && node.int('spatial', 1) === 0)
    throw new CompileError('onnx/unsupported', 'BatchNormalization with spatial = 0 is not supported');
  const [x, scale, shift, mean, variance] = [
    node.input(0),
    node.input(1),
    node.input(2),
    node.input(3),
    node.input(4),
  ];
  if (!training) return node.emit('batch_norm', [x, scale, shift, mean, variance], { epsilon });
  // as in ONNX Runtime, half floats are computed in float32, in which the variance does not overflow
  const f = new Formulas(node);
  const wide = (value: Value): Value => f.cast(value, value.type.dtype === 'f64' ? 'f64' : 'f32');
  const results = trainingBatchNorm(
    f,
    [wide(x), wide(scale), wide(shift), wide(mean), wide(variance)],
    epsilon,
  );
  return [x, mean, variance].map(({ type }, i) => f.cast(itemAt(results, i), type.dtype));
}

/** Normalised by the batch's own statistics; running ones are momentum * old + (1 - momentum) * new. */
function trainingBatchNorm(
  f: Formulas,
  [x, scale, shift, oldMean, oldVariance]: readonly [Value, Value, Value, Value, Value],
  epsilon: number,
): readonly Value[] {
  const rank = x.type.shape.length;
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const mean = f.mean(x, axes);
  const centred = f.sub(x, mean);
  const variance = f.mean(f.mul(centred, centred), axes);
  const normal = f.div(centred, f.emit('sqrt', [f.add(variance, epsilon)]));
  const y = f.add(f.mul(normal, perChannel(f, scale, rank)), perChannel(f, shift, rank));
  const momentum = f.node.float('momentum', Math.fround(0.9));
  const running = (old: Value, now: Value): Value =>
    f.add(f.mul(old, momentum), f.mul(f.reshape(now, [-1]), 1 - momentum));
  return [y, running(oldMean, mean), running(oldVariance, variance)];
}

function readInstanceNormalization(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const rank = x.type.shape.length;
  const { y } = f.normalize(x, axesFrom(2, rank), node.float('epsilon', 1e-5));
  return f.add(f.mul(y, perChannel(f, node.input(1), rank)), perChannel(f, node.input(2), rank));
}

/** Each of `num_groups` groups of channels is normalised as one; scale and shift by group before opset 21, then by channel. */
function readGroupNormalization(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const shape = fixedShape(node, x);
  const groups = node.int('num_groups', 1);
  const [n = 1, channels = 1, ...spatial] = shape;
  const perGroup = channels / groups;
  const grouped = f.reshape(x, [n, groups, perGroup, ...spatial]);
  const { y } = f.normalize(grouped, axesFrom(2, shape.length + 1), node.float('epsilon', 1e-5));
  const [scale, shift] = [node.input(1), node.input(2)];
  if (node.opset < 21) {
    const wide = (value: Value): Value => f.reshape(value, [1, groups, 1, ...spatial.map(() => 1)]);
    return f.reshape(f.add(f.mul(y, wide(scale)), wide(shift)), shape);
  }
  const flat = f.reshape(y, shape);
  return f.add(f.mul(flat, perChannel(f, scale, shape.length)), perChannel(f, shift, shape.length));
}

/** Computed in float32 whatever the input's type, as `stash_type` asks. Outputs: y; mean and inverse deviation in float32. */
function readLayerNormalization(node: NodeReader): Value | readonly Value[] {
  const f = new Formulas(node);
  const x = node.input(0);
  const { dtype, shape } = x.type;
  if (isWholeLayerNorm(node)) {
    const attrs = { axis: node.int('axis', -1), epsilon: node.float('epsilon', 1e-5) };
    return node.emit('layer_norm', [x, node.input(1), node.optional(2)], attrs);
  }
  const wide = f.cast(x, dtype === 'f64' ? 'f64' : 'f32');
  const axes = axesFrom(node.int('axis', -1), shape.length);
  const { y, mean, inverse } = f.normalize(wide, axes, node.float('epsilon', 1e-5));
  const scaled = f.mul(f.cast(y, dtype), node.input(1));
  const shifted = node.has(2) ? f.add(scaled, node.input(2)) : scaled;
  return [shifted, f.cast(mean, 'f32'), f.cast(inverse, 'f32')];
}

/** Whether it is one op: of float32, with parameters of the sizes that are normalised, and its first output is all that is read. */
function isWholeLayerNorm(node: NodeReader): boolean {
  const [x, ...parameters] = node.inputs();
  const sizes = axesFrom(node.int('axis', -1), x?.type.shape.length ?? 0).map((axis) => x?.type.shape[axis]);
  return (
    x?.type.dtype === 'f32' &&
    parameters.every(({ type }) => type.shape.join() === sizes.join()) &&
    !node.outputNames.slice(1).some(Boolean)
  );
}

function readRmsNormalization(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const { dtype, shape } = x.type;
  const wide = f.cast(x, dtype === 'f64' ? 'f64' : 'f32');
  const power = f.mean(f.mul(wide, wide), axesFrom(node.int('axis', -1), shape.length));
  const deviation = f.emit('sqrt', [f.add(power, node.float('epsilon', 1e-5))]);
  return f.mul(f.cast(f.div(wide, deviation), dtype), node.input(1));
}

/** (x - mean) / (sqrt(mean of squares - squared mean) + 1e-9), with the variance as mean of (x - mean)^2. */
function readMeanVarianceNormalization(node: NodeReader): Value {
  const f = new Formulas(node);
  const axes = node.ints('axes') ?? [0, 2, 3];
  const centred = f.sub(node.input(0), f.mean(node.input(0), axes));
  const variance = f.mean(f.mul(centred, centred), axes);
  return f.div(centred, f.add(f.emit('sqrt', [variance]), 1e-9));
}

/** x / (bias + alpha / size * sum of squares over `size` neighbouring channels)^beta: an average pool along channels. */
function readLrn(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const shape = fixedShape(node, x);
  const [n = 1, channels = 1, ...spatial] = shape;
  const size = node.int('size', 1);
  const before = Math.floor((size - 1) / 2);
  const squares = f.reshape(f.mul(x, x), [n, 1, channels, numElements(spatial)]);
  const mean = f.emit('average_pool', [squares], {
    kernel_shape: [size, 1],
    pads: [before, 0, size - 1 - before, 0],
    count_include_pad: true,
  });
  const base = f.add(f.mul(f.reshape(mean, shape), node.float('alpha', 1e-4)), node.float('bias', 1));
  return f.div(x, f.emit('pow', [base, f.number(x, node.float('beta', 0.75))]));
}
