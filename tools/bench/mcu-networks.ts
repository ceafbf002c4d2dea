import { readFileSync } from 'node:fs';
import { lowerForKernels, optimize, readModel } from '@ghostc/compiler';
import { seededSamples, withOneImage } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { needTiny, type TinyModel } from './mlperf-tiny.ts';

export type Networks = Readonly<Record<string, () => Graph>>;

/** Networks of several families, in float and int8, whose layers the costs of `ghostc fit` are fitted to. */
export const fitted: Networks = {
  'MLPerf Tiny ic int8': () => tiny('ic_int8'),
  'MLPerf Tiny kws int8': () => tiny('kws_int8'),
  'MLPerf Tiny vww int8': () => tiny('vww_int8'),
  'GhostNet on Fashion-MNIST int8': () => inInt8(fashion()),
  'GhostNet 0.5x 96 int8': () => inInt8(spec('ghostnet:0.5@96')),
  'GhostNetV2 0.5x 96 int8': () => inInt8(spec('ghostnetv2:0.5@96')),
  'GhostNetV3 1.0x 64 int8': () => inInt8(spec('ghostnetv3:1.0@64')),
  'MLPerf Tiny ic float': () => tiny('ic_float'),
  'MLPerf Tiny kws float': () => tiny('kws_float'),
  'MLPerf Tiny vww float': () => tiny('vww_float'),
  'GhostNet on Fashion-MNIST float': fashion,
  'GhostNet 0.5x 96 float': () => spec('ghostnet:0.5@96'),
  'plain int8': () => inInt8(parsed(plain)),
  'over time int8': () => inInt8(parsed(overTime)),
  'plain float': () => parsed(plain),
  'over time float': () => parsed(overTime),
};

/** Networks that the costs have not seen: other sizes, other families, and layers as small projects have them. */
export const unseen: Networks = {
  'GhostNet 1.0x 112 int8': () => inInt8(spec('ghostnet:1.0@112')),
  'RepGhostNet 0.5x 80 int8': () => inInt8(spec('repghostnet:0.5@80')),
  'GhostNetV2 0.5x 64 int8': () => inInt8(spec('ghostnetv2:0.5@64')),
  'digits (5x5, max pool, dense) int8': () => inInt8(parsed(digits)),
  'gestures (over time, 1x5) int8': () => inInt8(parsed(gestures)),
  'digits float': () => parsed(digits),
  'gestures float': () => parsed(gestures),
  'GhostNetV3 0.5x 64 float': () => spec('ghostnetv3:0.5@64'),
};

const plain = `graph @plain(%x: f32[1,3,32,32])
  const %w1: f32[12,3,5,5] = random(1)
  const %b1: f32[12] = random(2)
  const %w2: f32[24,12,3,3] = random(3)
  const %b2: f32[24] = random(4)
  const %w3: f32[20,24,5,5] = random(5)
  const %b3: f32[20] = random(6)
  const %w4: f32[48,180] = random(7)
  const %b4: f32[48] = random(8)
  const %w5: f32[12,48] = random(9)
  const %b5: f32[12] = random(10)
  %a = conv2d %x, %w1, %b1 {pads=[2,2,2,2]}
  %b = relu %a
  %c = max_pool %b {kernel_shape=[2,2], strides=[2,2]}
  %d = conv2d %c, %w2, %b2 {pads=[1,1,1,1]}
  %e = relu %d
  %f = max_pool %e {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}
  %g = conv2d %f, %w3, %b3 {pads=[1,1,1,1]}
  %h = relu %g
  %i = max_pool %h {kernel_shape=[2,2], strides=[2,2]}
  %j = reshape %i {shape=[1,180]}
  %k = fully_connected %j, %w4, %b4
  %l = relu %k
  %m = fully_connected %l, %w5, %b5
  %y = softmax %m {axis=1}
  return %y`;

const overTime = `graph @over_time(%x: f32[1,8,1,200])
  const %w1: f32[16,8,1,9] = random(1)
  const %b1: f32[16] = random(2)
  const %w2: f32[16,1,1,7] = random(3)
  const %b2: f32[16] = random(4)
  const %w3: f32[32,16,1,1] = random(5)
  const %b3: f32[32] = random(6)
  const %w4: f32[40,32,1,3] = random(7)
  const %b4: f32[40] = random(8)
  const %w5: f32[5,40] = random(9)
  const %b5: f32[5] = random(10)
  %a = conv2d %x, %w1, %b1 {pads=[0,4,0,4]}
  %b = relu %a
  %c = depthwise_conv2d %b, %w2, %b2 {pads=[0,3,0,3], strides=[1,2]}
  %d = relu %c
  %e = conv2d %d, %w3, %b3
  %f = relu %e
  %g = max_pool %f {kernel_shape=[1,2], strides=[1,2]}
  %h = conv2d %g, %w4, %b4
  %i = relu %h
  %j = global_average_pool %i
  %k = reshape %j {shape=[1,40]}
  %l = fully_connected %k, %w5, %b5
  %y = softmax %l {axis=1}
  return %y`;

const digits = `graph @digits(%x: f32[1,1,28,28])
  const %w1: f32[8,1,5,5] = random(1)
  const %b1: f32[8] = random(2)
  const %w2: f32[16,8,5,5] = random(3)
  const %b2: f32[16] = random(4)
  const %w3: f32[64,400] = random(5)
  const %b3: f32[64] = random(6)
  const %w4: f32[10,64] = random(7)
  const %b4: f32[10] = random(8)
  %a = conv2d %x, %w1, %b1 {pads=[2,2,2,2]}
  %b = relu %a
  %c = max_pool %b {kernel_shape=[2,2], strides=[2,2]}
  %d = conv2d %c, %w2, %b2
  %e = relu %d
  %f = max_pool %e {kernel_shape=[2,2], strides=[2,2]}
  %g = reshape %f {shape=[1,400]}
  %h = fully_connected %g, %w3, %b3
  %i = relu %h
  %y = fully_connected %i, %w4, %b4
  return %y`;

const gestures = `graph @gestures(%x: f32[1,6,1,128])
  const %w1: f32[24,6,1,5] = random(1)
  const %b1: f32[24] = random(2)
  const %w2: f32[24,1,1,5] = random(3)
  const %b2: f32[24] = random(4)
  const %w3: f32[48,24,1,1] = random(5)
  const %b3: f32[48] = random(6)
  const %w4: f32[6,48] = random(7)
  const %b4: f32[6] = random(8)
  %a = conv2d %x, %w1, %b1 {pads=[0,2,0,2], strides=[1,2]}
  %b = relu %a
  %c = depthwise_conv2d %b, %w2, %b2 {pads=[0,2,0,2]}
  %d = relu %c
  %e = conv2d %d, %w3, %b3
  %f = relu %e
  %g = global_average_pool %f
  %h = reshape %g {shape=[1,48]}
  %i = fully_connected %h, %w4, %b4
  %y = softmax %i {axis=1}
  return %y`;

function parsed(text: string): Graph {
  return parseGraph(text, { registry });
}

function spec(text: string): Graph {
  return buildFromSpec(text, { seed: 1 });
}

function tiny(name: TinyModel): Graph {
  return readModel(needTiny(name), { file: `${name}.tflite` });
}

function fashion(): Graph {
  const file = 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx';
  return withOneImage(readModel(readFileSync(file), { file }), 1);
}

function inInt8(model: Graph): Graph {
  const lowered = lowerForKernels(optimize(model));
  return quantize(lowered, seededSamples(lowered, 1), { io: 'int8' }).graph;
}
