import { readFileSync } from 'node:fs';
import { isQuantized, lowerForKernels, optimize, readModel } from '@ghostc/compiler';
import { seededSamples, withOneImage } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { type Attrs, type Graph, itemAt, type Node, parseGraph } from '@ghostc/ir';
import { buildNode, qlinearAveragePool, registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { type ProbeKind, probe } from './mcu-probes.ts';
import { needTiny, type TinyModel } from './mlperf-tiny.ts';

export type Networks = Readonly<Record<string, () => Graph>>;

/** Networks, besides probes, to which the costs of `ghostc fit` are fitted. */
export const fitted: Networks = {
  'MLPerf Tiny ic int8': () => tiny('ic_int8'),
  'MLPerf Tiny kws int8': () => tiny('kws_int8'),
  'GhostNet on Fashion-MNIST int8': () => inInt8(fashion()),
  'GhostNet 0.5x 96 int8': () => inInt8(spec('ghostnet:0.5@96')),
  'MLPerf Tiny ic float': () => tiny('ic_float'),
  'MLPerf Tiny kws float': () => tiny('kws_float'),
  'GhostNet on Fashion-MNIST float': fashion,
};

/** How many probes of each kind. */
const seeds = {
  ...{ mixed: 13, windows: 6, spectra: 16, streams: 12, tiny: 12 },
  ...{ cameras: 12, vectors: 10, states: 12 },
  ...{ ends: 7, narrow: 6, groups: 8, handfuls: 6, slopes: 4, dense: 8 },
} as const;

/** So many of each kind take and give floats in int8 too. */
const WITH_FLOAT_EDGES = 1;

/** Seeded layers of many sizes, in float and int8: layers that the networks do not have. */
export const probes: Networks = Object.fromEntries(
  (Object.keys(seeds) as ProbeKind[]).flatMap((kind) =>
    Array.from({ length: seeds[kind] }, (_, i) => parsed(probe(i + 1, kind))).flatMap((graph, i) =>
      formsOf(kind, graph, i),
    ),
  ),
);

type Named = readonly [string, () => Graph];

/** A probe in float and int8. */
function formsOf(kind: ProbeKind, graph: Graph, i: number): Named[] {
  const name = `${kind} probe ${i + 1}`;
  const integers: Named = [`${name} int8`, () => inInt8(graph)];
  const own: Named = [`${name} int8, pools as of TFLite`, () => withOwnScale(inInt8(graph))];
  const edges: Named = [`${name} int8, float edges`, () => inInt8(graph, 'float')];
  if (isQuantized(graph)) return [[`${name} int8`, () => graph]];
  return [
    integers,
    [`${name} float`, () => graph],
    ...(kind === 'cameras' ? [own] : []),
    ...(i < WITH_FLOAT_EDGES ? [edges] : []),
  ];
}

/** Networks that the costs have not seen: other sizes, other families, and layers as small projects have them. */
export const unseen: Networks = {
  'MLPerf Tiny vww int8': () => tiny('vww_int8'),
  'GhostNet 1.0x 112 int8': () => inInt8(spec('ghostnet:1.0@112')),
  'RepGhostNet 0.5x 80 int8': () => inInt8(spec('repghostnet:0.5@80')),
  'GhostNetV2 0.5x 64 int8': () => inInt8(spec('ghostnetv2:0.5@64')),
  'digits (5x5, max pool, dense) int8': () => inInt8(parsed(digits)),
  'gestures (over time, 1x5) int8': () => inInt8(parsed(gestures)),
  'digits float': () => parsed(digits),
  'gestures float': () => parsed(gestures),
  'GhostNetV3 0.5x 64 float': () => spec('ghostnetv3:0.5@64'),
};

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

/** A model as a board would get it: a float .onnx in int8. */
export function asDeployed(file: string): Graph {
  const graph = withOneImage(readModel(readFileSync(file), { file }), 32);
  return file.endsWith('.onnx') && !isQuantized(graph) ? inInt8(graph) : graph;
}

/** Average pools have the scale of what they take, as TFLite has them: these divide. What follows is typed anew. */
function withOwnScale(graph: Graph): Graph {
  for (const node of graph.nodes()) {
    const { op, inputs, outputs } = node;
    const again = buildNode(graph, { op, inputs, attrs: ownScale(node), before: node });
    for (const [i, output] of outputs.entries()) graph.replaceAllUses(output, itemAt(again.outputs, i));
    graph.remove(node);
  }
  return graph;
}

function ownScale({ op, inputs, attrs }: Node): Attrs {
  const quant = inputs[0]?.type.quant;
  if (op !== qlinearAveragePool.name || !quant) return attrs;
  return { ...attrs, y_scale: itemAt(quant.scale, 0), y_zero_point: itemAt(quant.zeroPoint, 0) };
}

function inInt8(model: Graph, io: 'int8' | 'float' = 'int8'): Graph {
  const lowered = lowerForKernels(optimize(model));
  return quantize(lowered, seededSamples(lowered, 1), { io }).graph;
}
