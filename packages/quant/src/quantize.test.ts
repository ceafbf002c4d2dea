import { interpret } from '@ghostc/interpreter';
import {
  f32,
  type Graph,
  itemAt,
  parseGraph,
  randomTensor,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { calibrate, type Sample } from './calibrate.ts';
import { type QuantizeOptions, quantize } from './quantize.ts';

/** A lowered Ghost module, a squeeze-and-excite, a residual. */
const ghost = `graph @g(%x: f32[1,4,6,6])
  const %wp: f32[4,4,1,1] = random(1)
  const %bp: f32[4] = random(2)
  const %wc: f32[4,1,3,3] = random(3)
  const %ws: f32[8,8,1,1] = random(4)
  const %wo: f32[4,8,1,1] = random(5)
  %p = conv2d %x, %wp, %bp {activation="relu"} from "primary"
  %c = depthwise_conv2d %p, %wc {pads=[1, 1, 1, 1], activation="relu"} from "cheap"
  %j = concat %p, %c {axis=1} from "join"
  %m = global_average_pool %j from "mean"
  %s = conv2d %m, %ws {activation="hard_sigmoid", activation_params=[0.25, 0.5]} from "gate"
  %e = mul %j, %s from "excite"
  %o = conv2d %e, %wo from "out"
  %a = add %o, %x from "residual"
  return %a as "y"`;

const graphOf = (text: string): Graph => parseGraph(text, { registry });

function samplesOf(graph: Graph, count = 8): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `sample ${i}`,
    inputs: new Map(
      graph.inputs.map((input) => [
        input.name,
        randomTensor({ ...input.type, shape: input.type.shape.map(Number) }, i + 1),
      ]),
    ),
  }));
}

/** Signal to noise of the quantised outputs, in dB. */
function sqnr(graph: Graph, options: QuantizeOptions = {}): number {
  const quantized = quantize(graph, samplesOf(graph), options).graph;
  let [signal, noise] = [0, 0];
  for (const { inputs } of samplesOf(graph)) {
    const [want, got] = [graph, quantized].map((g) =>
      toNumbers([...interpret(g, inputs).values()][0] as Tensor),
    );
    want?.forEach((v, i) => {
      signal += Number(v) ** 2;
      noise += (Number(v) - Number(got?.[i])) ** 2;
    });
  }
  return 10 * Math.log10(signal / noise);
}

const opsOf = (graph: Graph): string[] => [...graph.nodes()].map((node) => node.op);

test('a Ghost module with squeeze-and-excite and a residual computes in integers between two conversions', () => {
  const { graph, leftInFloat } = quantize(graphOf(ghost), samplesOf(graphOf(ghost)));
  expect(opsOf(graph)).toEqual([
    'quantize_linear',
    'qlinear_conv2d',
    'qlinear_depthwise_conv2d',
    'concat',
    'qlinear_global_average_pool',
    'qlinear_conv2d',
    'qlinear_lookup',
    'qlinear_mul',
    'qlinear_conv2d',
    'qlinear_add',
    'dequantize_linear',
  ]);
  expect(leftInFloat).toEqual([]);
});

test('both parts of a Ghost module and the buffer that they write share one scale', () => {
  const { graph } = quantize(graphOf(ghost), samplesOf(graphOf(ghost)));
  const concat = [...graph.nodes()].find((node) => node.op === 'concat');
  const quants = [...(concat?.inputs ?? []), concat?.output].map((value) => value?.type.quant);
  expect(new Set(quants.map((quant) => JSON.stringify(quant))).size).toBe(1);
  expect(quants[0]?.scale).toHaveLength(1);
});

test.each(['const %i: i64[4] = [3, 900, 1, 1000]', '%i = arg_max %b {axis=1, keepdims=false}'])(
  'indices are no values: %s',
  (indices) => {
    const graph = graphOf(`graph @g(%x: f32[1,3,6,6], %b: f32[4,1001])
  const %w: f32[1001,3,1,1] = random(1)
  const %v: f32[4,4,1,1] = random(2)
  ${indices}
  %a = conv2d %x, %w
  %g = gather %a, %i {axis=1}
  %y = conv2d %g, %v
  return %y`);
    expect(sqnr(graph)).toBeGreaterThan(30);
  },
);

test('the error stays small, and every method and correction runs', () => {
  expect(sqnr(graphOf(ghost))).toBeGreaterThan(30);
  expect(sqnr(graphOf(ghost), { method: 'mse', equalize: true, fit: 'biases' })).toBeGreaterThan(30);
  expect(sqnr(graphOf(ghost), { rounding: 'single', method: 'percentile' })).toBeGreaterThan(30);
});

test('integer inputs and outputs on demand', () => {
  const { graph } = quantize(graphOf(ghost), samplesOf(graphOf(ghost)), { io: 'int8' });
  expect([graph.inputs[0]?.type.dtype, graph.outputs[0]?.value.type.dtype]).toEqual(['i8', 'i8']);
  expect(opsOf(graph)).not.toContain('quantize_linear');
});

test('an op without an integer form stays in float between conversions, with a warning', () => {
  const graph = graphOf(`graph @g(%x: f32[1,8])
  const %w: f32[8,8] = random(1)
  %0 = fully_connected %x, %w
  %1 = reduce_max %0 {axes=[1]} from "most"
  return %1`);
  const { leftInFloat, warnings, graph: quantized } = quantize(graph, samplesOf(graph));
  expect(leftInFloat.map((node) => node.op)).toEqual(['reduce_max']);
  expect(warnings).toEqual(['most (reduce_max) has no integer form and stays in float']);
  expect(opsOf(quantized)).toContain('qlinear_fully_connected');
});

test('images are resized in integers, by linear neighbours as by the nearest', () => {
  const graph = graphOf(`graph @g(%x: f32[1,4,5,6])
  const %w: f32[4,4,1,1] = random(1)
  %0 = conv2d %x, %w
  %1 = resize %0 {mode="linear", sizes=[1, 4, 10, 9]}
  %2 = resize %1 {mode="linear", coordinate_transformation_mode="align_corners", sizes=[1, 4, 7, 7]}
  %3 = resize %2 {mode="linear", coordinate_transformation_mode="asymmetric", scales=[1, 1, 2, 2]}
  %4 = resize %3 {mode="nearest", sizes=[1, 4, 5, 5]}
  return %4`);
  const { leftInFloat, graph: quantized } = quantize(graph, samplesOf(graph));
  expect(leftInFloat).toEqual([]);
  const resized = [...quantized.nodes()].filter(({ op }) => op.includes('resize'));
  expect(resized.map(({ op, attrs }) => [op, attrs.half_pixel_centers, attrs.align_corners])).toEqual([
    ['qlinear_resize', true, false],
    ['qlinear_resize', false, true],
    ['qlinear_resize', false, false],
    ['resize', undefined, undefined],
  ]);
  expect(sqnr(graph, {})).toBeGreaterThan(30);
  // other positions, other axes and 16 bits have no such form
  const other = graphOf(`graph @g(%x: f32[1,4,5,6])
  %0 = resize %x {mode="linear", coordinate_transformation_mode="pytorch_half_pixel", sizes=[1, 4, 10, 9]}
  %1 = resize %0 {mode="linear", sizes=[1, 8, 10, 9]}
  return %1`);
  expect(quantize(other, samplesOf(other)).leftInFloat).toHaveLength(2);
});

test('a node that stays in float keeps the names of its parts', () => {
  const graph = graphOf(`graph @g(%x: f32[1,8])
  %0 = reduce_max %x {axes=[1]} from "gate" | "most"
  return %0`);
  const { graph: quantized } = quantize(graph, samplesOf(graph));
  const kept = [...quantized.nodes()].find(({ op }) => op === 'reduce_max');
  expect(kept?.partOrigins).toEqual([['gate'], ['most']]);
});

test('equalisation keeps the float function and evens out channel ranges', () => {
  const graph = graphOf(`graph @g(%x: f32[1,2,4,4])
  const %w1: f32[2,2,1,1] = [8, 4, 0.01, 0.02]
  const %w2: f32[2,2,1,1] = [0.1, 20, 0.2, 10]
  %0 = conv2d %x, %w1 {activation="relu"}
  %1 = conv2d %0, %w2
  return %1`);
  const plain = sqnr(graph);
  expect(sqnr(graph, { equalize: true })).toBeGreaterThan(plain + 6);
});

test('bias correction takes out the mean error of rounded weights', () => {
  const graph = graphOf(`graph @g(%x: f32[1,1,4,4])
  const %w: f32[1,1,1,2] = [1, 0.0035]
  const %b: f32[1] = [0]
  %0 = conv2d %x, %w, %b
  return %0`);
  const shifted = samplesOf(graph).map(({ name, inputs }) => ({
    name,
    inputs: new Map(
      [...inputs].map(([key, x]) => [
        key,
        f32(
          x.shape,
          Array.from(toNumbers(x), (v) => Number(v) + 10),
        ),
      ]),
    ),
  }));
  const biasOf = (options: QuantizeOptions): number => {
    const node = [...quantize(graph, shifted, options).graph.nodes()].find(
      ({ op }) => op === 'qlinear_conv2d',
    );
    const { data, quant } = node?.inputs[2]?.constant ?? {};
    return Number(data?.[0]) * (quant?.scale[0] ?? 0);
  };
  expect(biasOf({})).toBe(0);
  // 0.0035 is 0.4445 steps of 1/127, and rounds to 0: 0.0035 * 10 is missing on average.
  expect(biasOf({ fit: 'biases' })).toBeCloseTo(0.035, 2);
});

describe('calibration data that says nothing', () => {
  const graph = graphOf(ghost);
  const sample = (tensor: Tensor): Sample[] => [{ name: 'bad.npy', inputs: new Map([['x', tensor]]) }];
  const constant = (value: number): Tensor => f32([1, 4, 6, 6], new Float32Array(144).fill(value));

  test.each([
    ['none', [], 'expected at least one calibration sample, found none'],
    [
      'a wrong shape',
      sample(f32([1, 4, 6, 5], new Float32Array(120))),
      'expects f32[1,4,6,6], found f32[1,4,6,5]',
    ],
    ['NaN', sample(constant(Number.NaN)), 'input x expects finite numbers, found NaN or infinity'],
    ['one constant', sample(constant(3)), 'input x is 3 throughout the calibration data'],
    ['another input', [{ name: 'bad.npy', inputs: new Map() }], 'has no input x'],
  ])('%s is refused', (_what, samples, message) => {
    expect(() => quantize(graph, samples)).toThrow(message);
  });

  test('constant layers and repeated samples are warned about', () => {
    const dead = graphOf(`graph @g(%x: f32[1,4])
  const %w: f32[4,4] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  %0 = fully_connected %x, %w from "dead"
  return %0`);
    const [one] = samplesOf(dead) as [Sample];
    expect(quantize(dead, [one, one]).warnings).toEqual([
      '1 of 2 calibration samples repeat another',
      'dead (fully_connected) is 0 on all calibration data: its scale says nothing',
    ]);
  });
});

describe('sensitivity of layers', () => {
  /** The second layer's weights span five orders of magnitude within each channel. */
  const graph = graphOf(`graph @g(%x: f32[1,4])
  const %w1: f32[4,4] = random(1)
  const %w2: f32[4,4] = [1000, 0.5, 0.5, 0.5, 0.5, 1000, 0.5, 0.5, 0.5, 0.5, 1000, 0.5, 0.5, 0.5, 0.5, 1000]
  const %w3: f32[4,4] = random(3)
  %0 = fully_connected %x, %w1 {activation="relu"} from "first"
  %1 = fully_connected %0, %w2 from "second"
  %2 = fully_connected %1, %w3 from "third"
  return %2`);
  const reportOf = (options: QuantizeOptions) => quantize(graph, samplesOf(graph), options);

  test('every layer is measured by itself, the worst first, and none is better than all together', () => {
    const { report } = reportOf({ reportSamples: 8 });
    expect(report?.layers.map(({ layer }) => layer).sort()).toEqual(['first', 'second', 'third']);
    const values = report?.layers.map(({ sqnr: one }) => one) ?? [];
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(report?.sqnr).toBeLessThan(values[0] ?? 0);
  });

  test('the worst layers stay in float, within the budget, and the outputs get better', () => {
    const plain = reportOf({ reportSamples: 8 }).report;
    const { report, graph: kept } = reportOf({ reportSamples: 8, keep: { keep: 'float', layers: 1 } });
    expect(report?.kept).toEqual([expect.objectContaining({ layer: plain?.layers[0]?.layer })]);
    expect(report?.sqnr).toBeGreaterThan(plain?.sqnr ?? 0);
    expect(opsOf(kept).filter((op) => op === 'fully_connected')).toHaveLength(1);
  });

  test('the search stops when the outputs are good enough', () => {
    const goal = (reportOf({ reportSamples: 8 }).report?.sqnr ?? 0) - 1;
    expect(reportOf({ keep: { keep: 'float', layers: 3, minSqnr: goal } }).report?.kept).toEqual([]);
  });

  test('16-bit activations come with 16-bit inputs and lift the outputs', () => {
    const { report, graph: wide } = reportOf({ reportSamples: 8, keep: { keep: 'int16', layers: 3 } });
    const types = [...wide.nodes()]
      .filter(({ op }) => op === 'qlinear_fully_connected')
      .map((node) => node.output.type.dtype);
    expect(types).toEqual(['i16', 'i16', 'i16']);
    expect(report?.sqnr).toBeGreaterThan(reportOf({ reportSamples: 8 }).report?.sqnr ?? 0);
  });
});

test('a budget that does not reach its goal is warned about', () => {
  const keep = { keep: 'float', layers: 1, minSqnr: 90 } as const;
  const { warnings } = quantize(graphOf(ghost), samplesOf(graphOf(ghost)), { keep, reportSamples: 1 });
  expect(warnings.join()).toMatch(/with 1 layers kept out of int8 the outputs reach \d+\.\d dB, not 90 dB/);
});

test.each([
  ['8', '1e-9', 0],
  ['16', '1e-5', 1],
])(
  'a term that is always zero takes nothing from a sum of small numbers in %s bits',
  (_, size, int16Part) => {
    const graph = graphOf(`graph @g(%x: f32[1,4,6,6])
  const %scale: f32[1] = [${size}]
  const %low: f32[1] = [-9]
  %y = mul %x, %scale
  %below = add %x, %low
  %zero = relu %below
  %sum = add %zero, %y
  return %sum as "sum"`);
    expect(sqnr(graph, { int16Part })).toBeGreaterThan(30);
  },
);

/** The u8 level that 99 % of a layer's inputs stay below, by the layer's name. */
function usualLevels(graph: Graph): Map<string, number> {
  const { statistics } = calibrate(graph, samplesOf(graph));
  return new Map(
    [...graph.nodes()].flatMap((node) => {
      const histogram = statistics.get(itemAt(node.inputs, 0) as Value)?.histogram;
      if (!histogram) return [];
      const [low, high] = [Math.min(0, histogram.min), Math.max(0, histogram.max)];
      return [[node.origin[0] ?? '', (255 * (histogram.quantile(0.99) - low)) / (high - low)] as const];
    }),
  );
}

/** Largest sum of two products with the usual level that x86's kernels add in 16 bits, of each layer by its name. */
function largestPairs({ graph }: { graph: Graph }, usual: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    [...graph.nodes()].flatMap((node) => {
      const weight = node.op.startsWith('qlinear_conv') ? node.inputs[1]?.constant : undefined;
      const level = usual.get(node.origin[0] ?? '') ?? 255;
      if (!weight) return [];
      const [m = 1, channels = 1] = weight.shape;
      const levels = [...toNumbers(weight)].map(Number);
      const places = levels.length / m / channels;
      const taps = channels * places;
      const at = (row: number, k: number): number =>
        k < taps ? (levels[(row * channels + (k % channels)) * places + Math.floor(k / channels)] ?? 0) : 0;
      const sums = levels.map((_, i) => {
        const [row, k] = [Math.floor(i / taps), i % taps];
        return k % 2 === 0 ? level * (at(row, k) + at(row, k + 1)) : 0;
      });
      return [[node.origin[0] ?? '', Math.max(...sums.map(Math.abs))] as const];
    }),
  );
}

const LARGEST_16 = 2 ** 15 - 1;

test.each([undefined, 'biases', 'weights'] as const)(
  'weights in pairs: no two neighbours, channels last, saturate 16 bits with 99 % of the inputs (fit %s)',
  (fit) => {
    const graph = parseGraph(
      `graph @g(%x: f32[1,6,5,5])
  const %wa: f32[8,6,1,1] = random(1)
  const %wb: f32[5,8,3,3] = random(2)
  const %wd: f32[5,1,3,3] = random(3)
  const %wc: f32[3,5,3,3] = random(4)
  %a = conv2d %x, %wa {activation="relu"} from "even"
  %b = conv2d %a, %wb {pads=[1, 1, 1, 1]} from "window"
  %d = depthwise_conv2d %b, %wd {pads=[1, 1, 1, 1]} from "depthwise"
  %c = conv2d %d, %wc from "odd"
  return %c as "y"`,
      { registry },
    );
    const levels = usualLevels(graph);
    const all = largestPairs(quantize(graph, samplesOf(graph), { fit }), levels);
    const pairs = largestPairs(quantize(graph, samplesOf(graph), { fit, weightLevels: 'pairs' }), levels);
    // fitted weights carry errors on, so that one may be a level beyond its scale
    const slack = fit === 'weights' ? 255 : 0;
    for (const layer of ['even', 'window', 'odd']) {
      expect(all.get(layer), layer).toBeGreaterThan(LARGEST_16);
      expect(pairs.get(layer), layer).toBeLessThanOrEqual(LARGEST_16 + slack);
    }
    expect(sqnr(graph, { fit, weightLevels: 'pairs' })).toBeGreaterThan(sqnr(graph, { fit }) - 3);
  },
);

test('weights in pairs: depthwise layers, whose products are added one by one, keep all levels', () => {
  const graph = graphOf(ghost);
  const weights = (['all', 'pairs'] as const).map((weightLevels) => {
    const quantized = quantize(graph, samplesOf(graph), { weightLevels }).graph;
    const cheap = [...quantized.nodes()].find((node) => node.op === 'qlinear_depthwise_conv2d');
    return [...toNumbers(cheap?.inputs[1]?.constant as Tensor)];
  });
  expect(weights[1]).toEqual(weights[0]);
});
