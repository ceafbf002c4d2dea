import { interpreterRuntime, type Runtime, seededInputs } from '@ghostc/conformance';
import { type Graph, parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { bisect } from './bisect.ts';
import { isolateNodes, referenceValues } from './isolate.ts';

const text = `graph @net(%x: f32[1,3,12,12])
const %w: f32[4,3,1,1] = random(1)
const %d: f32[4,1,3,3] = random(2)
const %v: f32[5,4,1,1] = random(3)
%a = conv2d %x, %w from "first"
%b = relu %a from "act"
%c = depthwise_conv2d %b, %d {pads=[1,1,1,1]} from "cheap"
%e = add %c, %b from "join"
%f = conv2d %e, %v from "last"
return %f`;

const graph = (): Graph => parseGraph(text, { registry });

/** The interpreter with a defect: the results of nodes for which `broken` holds are changed by `change`. */
function faulty(broken: (graph: Graph) => boolean, change: (value: number, i: number) => number): Runtime {
  return {
    name: 'faulty',
    prepare: async (model) => {
      const sound = await interpreterRuntime.prepare(model);
      if (!broken(model)) return sound;
      const run = async (inputs: ReadonlyMap<string, Tensor>) =>
        new Map(
          [...(await sound.run(inputs))].map(([name, tensor]) => [
            name,
            { ...tensor, data: (tensor.data as Float32Array).map(change) },
          ]),
        );
      return { run };
    },
  };
}

const has = (op: string) => (model: Graph) => [...model.nodes()].some((node) => node.op === op);

/** A depthwise convolution that forgets the last element, wherever it stands by itself or among others. */
test('the op that differs by itself is found, and reduced to itself on one channel of a small image', async () => {
  const model = graph();
  const broken: Runtime = {
    name: 'broken',
    prepare: async (one) => {
      const sound = await interpreterRuntime.prepare(one);
      const guilty = [...one.nodes()].findIndex((node) => node.op === 'depthwise_conv2d');
      if (guilty < 0) return sound;
      return {
        run: async (inputs) => {
          const outputs = new Map(await sound.run(inputs));
          for (const name of outputs.keys()) {
            if (one.outputs.length > 1 && !name.startsWith(`${guilty}_`)) continue;
            const tensor = outputs.get(name) as Tensor;
            const data = Float32Array.from(tensor.data as Float32Array);
            data[data.length - 1] = 0.5;
            outputs.set(name, { ...tensor, data });
          }
          return outputs;
        },
      };
    },
  };
  const sample = { graph: model, inputs: seededInputs(model, 1) };
  const report = await bisect(sample, { a: interpreterRuntime, b: broken });
  expect(report.agree).toBe(false);
  expect(report.culprit).toEqual({ node: 'cheap', op: 'depthwise_conv2d' });
  expect(report.rows.find((row) => row.node === 'act')?.kind).toBe('same');
  const small = report.smallest;
  expect([...(small?.graph.nodes() ?? [])].map(({ op }) => op)).toEqual(['depthwise_conv2d']);
  expect(small?.graph.inputs[0]?.type.shape).toEqual([1, 1, 1, 1]);
});

test('a difference of a combination is reduced to the combination', async () => {
  const fused = faulty(
    (model) => has('depthwise_conv2d')(model) && has('relu')(model) && model.outputs.length === 1,
    (v) => v + 1,
  );
  const model = graph();
  const report = await bisect(
    { graph: model, inputs: seededInputs(model, 1) },
    { a: interpreterRuntime, b: fused },
  );
  expect(report.agree).toBe(false);
  expect(report.culprit).toBeNull();
  expect([...(report.smallest?.graph.nodes() ?? [])].map(({ op }) => op)).toEqual([
    'relu',
    'depthwise_conv2d',
  ]);
});

test('a difference that only a beginning has is not taken for that of the model', async () => {
  const wrongAt = (model: Graph): boolean =>
    model.outputs.some(
      ({ value: { producer } }) => producer?.op === 'relu' || producer?.origin[0] === 'last',
    );
  const model = graph();
  const report = await bisect(
    { graph: model, inputs: seededInputs(model, 1) },
    { a: interpreterRuntime, b: faulty(wrongAt, (v) => v + 1) },
  );
  expect(report.rows.find(({ node }) => node === 'act')?.kind).toBe('differs');
  expect(report.culprit).toEqual({ node: 'last', op: 'conv2d' });
});

test('two runtimes that agree have nothing to reduce', async () => {
  const model = graph();
  const pair = { a: interpreterRuntime, b: interpreterRuntime };
  const report = await bisect({ graph: model, inputs: seededInputs(model, 1) }, pair);
  expect(report).toMatchObject({ agree: true, culprit: null, smallest: null });
  expect(report.whole.kind).toBe('same');
});

test.each([
  { off: 1, agree: true },
  { off: 2, agree: false },
])('$off steps in a quantised layer, where one is allowed: agree is $agree', async ({ off, agree }) => {
  const model = parseGraph(
    `graph @q(%x: i8[1,2,3,3] quant(0.5:0))
  %y = qlinear_add %x, %x {y_scale=2.0, y_zero_point=0, y_dtype="i8", rounding="double"}
  return %y`,
    { registry },
  );
  const pair = { a: interpreterRuntime, b: faulty(has('qlinear_add'), (v) => v + off), steps: 1 };
  const report = await bisect({ graph: model, inputs: seededInputs(model, 1) }, pair);
  expect(report.agree).toBe(agree);
  expect(report.rows[0]).toMatchObject({ error: off, allowed: 1 });
  // a reproduction allows what the bisection allowed
  const allowed = [...(report.smallest?.outcome.allowed.values() ?? [])].flatMap((one) => [...one]);
  expect(new Set(allowed)).toEqual(new Set(agree ? [] : [1]));
});

test('an engine that runs a quantised model but not its nodes one by one does not agree', async () => {
  const model = parseGraph(
    `graph @q(%x: i8[1,2,3,3] quant(0.5:0))
  %y = qlinear_add %x, %x {y_scale=2.0, y_zero_point=0, y_dtype="i8", rounding="double"}
  return %y`,
    { registry },
  );
  const b: Runtime = {
    name: 'whole',
    prepare: async (one) => {
      if (one !== model) throw new Error('no kernel');
      return interpreterRuntime.prepare(one);
    },
  };
  const sample = { graph: model, inputs: seededInputs(model, 1) };
  const report = await bisect(sample, { a: interpreterRuntime, b, steps: 1 });
  expect(report).toMatchObject({ agree: false, rows: [], whole: { kind: 'failure' } });
  expect(report.whole.failures[0]?.message).toBe('no kernel');
});

test('two engines that both fail do not agree', async () => {
  const model = graph();
  const fails: Runtime = { name: 'fails', prepare: () => Promise.reject(new Error('no device')) };
  const report = await bisect({ graph: model, inputs: seededInputs(model, 1) }, { a: fails, b: fails });
  expect(report).toMatchObject({ agree: false, whole: { kind: 'neither' } });
});

test('what is computed from constants only is a constant beside the node that reads it', async () => {
  const model = parseGraph(
    `graph @w(%x: f32[1,2,3,3])
  const %w: i8[2,2,1,1] quant(0.1:0) = random(1)
  %f = dequantize_linear %w
  %y = conv2d %x, %f
  return %y`,
    { registry },
  );
  const sample = { graph: model, inputs: seededInputs(model, 1) };
  const { graph: isolated } = isolateNodes(model, referenceValues(sample));
  expect(isolated.inputs.map(({ type }) => type.shape)).toEqual([[1, 2, 3, 3]]);
  expect([...isolated.nodes()].map(({ inputs }) => inputs.map((value) => !!value?.constant))).toEqual([
    [true],
    [false, true],
  ]);
});

/** Twelve convolutions: a worst-case bound says nothing about them. */
const deep = parseGraph(
  `graph @deep(%x0: f32[1,8,6,5])
${Array.from({ length: 12 }, (_, i) => `const %w${i}: f32[8,8,3,3] = random(${i})\n%c${i} = conv2d %x${i}, %w${i} {pads=[1,1,1,1]}\n%x${i + 1} = relu %c${i}`).join('\n')}
return %x12`,
  { registry },
);

test('zeros are told from the outputs of twelve convolutions', async () => {
  const sample = { graph: deep, inputs: seededInputs(deep, 1) };
  const report = await bisect(
    sample,
    { a: interpreterRuntime, b: faulty(has('conv2d'), () => 0) },
    { maxTrials: 5 },
  );
  expect(report).toMatchObject({ agree: false, culprit: { node: 'c0', op: 'conv2d' } });
});

test('a difference that comes and goes is no smallest model', async () => {
  const model = graph();
  let runs = 0;
  const once: Runtime = {
    ...faulty(
      () => runs++ === 0,
      (v) => v + 1,
    ),
    name: 'once',
  };
  const report = await bisect(
    { graph: model, inputs: seededInputs(model, 1) },
    { a: interpreterRuntime, b: once },
  );
  expect(report).toMatchObject({ agree: false, smallest: null, group: [] });
  expect(report.notes.join()).toContain('comes and goes');
});

test('where both fail, nothing is said of either', async () => {
  const model = graph();
  const none: Runtime = { name: 'none', prepare: () => Promise.reject(new Error('out of memory')) };
  const report = await bisect({ graph: model, inputs: seededInputs(model, 1) }, { a: none, b: none });
  expect(report.whole.kind).toBe('neither');
  expect(report.smallest).toBeNull();
});
