import { interpret } from '@ghostc/interpreter';
import {
  fromNumbers,
  type Graph,
  mulberry32,
  Node,
  parseGraph,
  randomTensor,
  type Tensor,
  tensorType,
  toNumbers,
  type Value,
  zeros,
} from '@ghostc/ir';
import { lookup, registry, rowRuleOf, storageRuleOf } from '@ghostc/ops';
import { type PlacedStream, placeStreams, type RowMove, type StreamedPlan } from '@ghostc/planner';
import { expect, test } from 'vitest';

const options = { storageRule: storageRuleOf, rowRule: rowRuleOf, io: 'caller', align: 16 } as const;

/** Runs a graph whose streams are loops over bands, node by node with the definitions of the ops. */
function runStreamed({ graph, order }: StreamedPlan, inputs: Map<string, Tensor>): Tensor[] {
  const values = new Map<Value, Tensor>();
  for (const value of graph.inputs) values.set(value, inputs.get(value.name) as Tensor);
  for (const value of graph.constants) values.set(value, value.constant as Tensor);
  for (const step of order) {
    if (step instanceof Node) evaluate(step, values);
    else runBands(step, values);
  }
  return graph.outputs.map(({ value }) => values.get(value) as Tensor);
}

function evaluate({ op, inputs, outputs, attrs }: Node, values: Map<Value, Tensor>): void {
  const definition = lookup(op);
  const given = inputs.map((value) => (value ? (values.get(value) as Tensor) : null));
  const types = definition.inferTypes(
    given.map((tensor) => tensor && tensorType(tensor)),
    attrs,
  );
  expect(types.map(({ shape }) => shape)).toEqual(outputs.map(({ type }) => type.shape));
  const results = definition.evaluateTensors(given, attrs, types);
  outputs.forEach((value, i) => values.set(value, results[i] as Tensor));
}

function runBands(
  { outputs, stream: { steps, slabs, active, bands, pads } }: PlacedStream,
  values: Map<Value, Tensor>,
): void {
  for (const slab of slabs) values.set(slab, filled(slab, pads.get(slab) ?? Number.NaN));
  for (const image of outputs) values.set(image, filled(image, Number.NaN));
  for (let t = 0; t < bands; t++) {
    for (const step of steps) {
      const [first, end] = active.get(step) ?? [0, bands];
      if (!(step instanceof Node)) moveRows(step, t, values);
      else if (t >= first && t < end) evaluate(step, values);
      else for (const value of step.outputs) values.set(value, filled(value, Number.NaN));
    }
  }
}

const filled = ({ type }: Value, v: number): Tensor => {
  const { data } = zeros(type.dtype, type.shape as number[]);
  return {
    ...fromNumbers(type.dtype, type.shape as number[], Float64Array.from(data as Float32Array).fill(v)),
    quant: type.quant,
  };
};

function moveRows(move: RowMove, t: number, values: Map<Value, Tensor>): void {
  const { kind, image, rows, rate, lag, height, pad } = move;
  const [, channels = 1, total = 1, width = 1] = image.type.shape as number[];
  const first = t * rate - lag;
  const whole = toNumbers(values.get(image) as Tensor) as number[] | Float64Array;
  const band =
    kind === 'load' ? new Float64Array(channels * rows * width) : toNumbers(values.get(move.band) as Tensor);
  const target = Float64Array.from(whole as Float64Array);
  for (let c = 0; c < channels; c++) {
    const plane = target.subarray(c * total * width, (c + 1) * total * width);
    if (kind === 'push') plane.copyWithin(0, rows * width);
    for (let i = 0; i < rows; i++) {
      const inside = first + i >= 0 && first + i < height;
      for (let j = 0; j < width; j++) {
        const at = (c * rows + i) * width + j;
        const row = kind === 'push' ? total - rows + i : first + i;
        if (kind === 'load') (band as Float64Array)[at] = inside ? Number(plane[row * width + j]) : pad;
        else if (kind === 'push') plane[row * width + j] = inside ? Number(band[at]) : pad;
        else if (inside) plane[row * width + j] = Number(band[at]);
      }
    }
  }
  const put = (value: Value, data: Float64Array): void =>
    void values.set(value, {
      ...fromNumbers(value.type.dtype, value.type.shape as number[], data),
      quant: value.type.quant,
    });
  if (kind === 'load') put(move.band, band as Float64Array);
  else put(image, target);
}

const bottleneck = (h: number, kernel: number): Graph =>
  parseGraph(
    `graph @g(%x: f32[1,4,${h},7])
  const %a: f32[3,4,1,1] = random(1)
  const %b: f32[3,1,${kernel},3] = random(2)
  const %c: f32[6,1,5,3] = random(3)
  const %d: f32[4,6,1,1] = random(4)
  const %e: f32[4,4,3,3] = random(5)
  const %g: f32[1,4,1,1] = random(6)
  %0 = conv2d %x, %a {activation="relu"}
  %1 = depthwise_conv2d %0, %b {pads=[${kernel >> 1}, 1, ${kernel >> 1}, 1]}
  %2 = concat %0, %1 {axis=1}
  %3 = depthwise_conv2d %2, %c {pads=[2, 1, 2, 1], strides=[2, 1]}
  %4 = conv2d %x, %e {pads=[1, 1, 1, 1], strides=[2, 1]}
  %5 = conv2d %3, %d, _, %4
  %6 = add %5, %4
  %7 = mul %6, %g
  %8 = conv2d %7, %e {pads=[1, 1, 0, 1]}
  return %8`,
    { registry },
  );

test('bands compute what the whole images do, from any node to any other', () => {
  const random = mulberry32(1);
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  let streamed = 0;
  for (let i = 0; i < 150; i++) {
    const [h, kernel, rows] = [between(5, 23), 1 + 2 * between(0, 2), between(1, 5)];
    const graph = bottleneck(h, kernel);
    const from = between(0, 8);
    const region = { from, to: Math.min(from + between(1, 9), graph.nodeCount), rows };
    const plan = placeStreams(graph, [region], options);
    if (!plan) continue;
    streamed++;
    const inputs = new Map([['x', randomTensor({ dtype: 'f32', shape: [1, 4, h, 7] }, 9)]]);
    const [got] = runStreamed(plan, inputs);
    const want = interpret(graph, inputs).get('8') as Tensor;
    expect(toNumbers(got as Tensor), JSON.stringify({ h, kernel, ...region })).toEqual(toNumbers(want));
  }
  expect(streamed).toBeGreaterThan(100);
});
