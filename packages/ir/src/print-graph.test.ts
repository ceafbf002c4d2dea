import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dtypes } from './dtype.ts';
import { Graph } from './graph.ts';
import type { Attrs, Value } from './node.ts';
import { parseGraph } from './parse-graph.ts';
import { formatNode, printGraph } from './print-graph.ts';
import { randomTensor } from './random-tensor.ts';
import { f32, fromNumbers, toNumbers } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';
import { toyRegistry } from './toy-registry.ts';
import { verify } from './verify.ts';

const text = `graph @net(%x: f32[1,16,8,8], %y: f32[batch,(h-1)//2+1,"floor(h / 2)"])
  const %k: f32[4] = [1, -0.5, -0, inf]
  const %h: f16[3] = [0.5, -65504, nan]
  const %q: i8[2] quant(0.05:-3) = [-128, 127]
  const %n: i64[1] = [9007199254740993]
  const %s: bool[] = [1]
  const %e: f32[0] = []
  const %"w a": f32[32,16,1,1] = resource "w a"
  %0 = conv2d %x, %"w a", _ {strides=[2, 2], activation="relu"} : f32[1,32,4,4] from "Conv \\"12", "Relu_13"
  %1, %2 = split %0 {flag=true, eps=1e-7, none=[]} : f32[1,16,4,4], i8[2,3] quant(axis=0, 0.1:0, 0.2:0)
  %a:b = nothing : f32[] from "conv", "relu" | "depthwise" | "Concat_7"
  return %1, %2 as "logits", %a:b
`;
const weight = f32([32, 16, 1, 1], new Float32Array(512));

test('prints what it parsed', () => {
  const graph = parseGraph(text, { resources: new Map([['w a', weight]]) });
  expect(printGraph(graph).text).toBe(text);
  expect([...printGraph(graph).resources]).toEqual([['w a', weight]]);
});

test('constants of up to 16 elements stand in the text', () => {
  const graph = new Graph();
  graph.addConstant('small', f32([16], new Float32Array(16)));
  graph.addConstant('large', f32([17], new Float32Array(17)));
  const { text, resources } = printGraph(graph);
  expect(text).toContain('const %large: f32[17] = resource "large"');
  expect([...resources.keys()]).toEqual(['large']);
});

test('a registry leaves out attributes that have their default', () => {
  const graph = new Graph();
  const x = graph.addInput('x', { dtype: 'f32', shape: [1] });
  const attrs = { by: 1, steps: [1, 2], mode: 'up', other: 3 };
  const node = graph.add({ op: 'scale', inputs: [x], types: [x.type], attrs });
  expect(formatNode(node, toyRegistry)).toBe('%scale = scale %x {steps=[1, 2], other=3} : f32[1]');
  expect(formatNode(node)).toBe('%scale = scale %x {by=1, steps=[1, 2], mode="up", other=3} : f32[1]');
  expect(printGraph(graph, toyRegistry).text).toContain('{steps=[1, 2], other=3}');
});

const awkward = fc.constantFrom('', '%0', 'a b', 'a:', ':', '__proto__', '"', '\\', '\n', '#', '\ud800', '_');
const name = fc.oneof(fc.stringMatching(/^[a-z0-9_./:-]{1,4}$/), awkward, fc.string({ unit: 'binary' }));
const dim = fc.oneof(
  fc.nat(4),
  fc.constantFrom('n', 'h+1', '(h-1)//2+1', '2*h', '3', '', 'a,b', ']', 'a b', '"', 'floor(h/2) + 1', 'ß'),
);
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 1e21, 1e-7, 5e-324));
const quant = fc.record(
  {
    scale: fc.array(fc.double(), { minLength: 1, maxLength: 3 }),
    zeroPoint: fc.constant([1, -2, 3]),
    axis: fc.nat(3),
  },
  { requiredKeys: ['scale', 'zeroPoint'] },
);
const type: fc.Arbitrary<TensorType> = fc.record(
  { dtype: fc.constantFrom(...dtypes), shape: fc.array(dim, { maxLength: 4 }), quant },
  { requiredKeys: ['dtype', 'shape'] },
);
const attrs: fc.Arbitrary<Attrs> = fc.record(
  { by: number, steps: fc.array(number, { maxLength: 4 }), mode: name },
  { requiredKeys: [] },
);
const constant = fc.oneof(
  fc
    .record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.nat(5), { maxLength: 2 }),
      seed: fc.nat(),
    })
    .map(({ dtype, shape, seed }) => randomTensor({ dtype, shape }, seed)),
  fc
    .array(number, { maxLength: 4 })
    .chain((values) =>
      fc.constantFrom(...dtypes).map((dtype) => fromNumbers(dtype, [values.length], values)),
    ),
);
const step = fc.record({
  op: fc.constantFrom('relu', 'add', 'scale', 'concat', 'pair'),
  name,
  picks: fc.array(fc.nat(), { minLength: 2, maxLength: 4 }),
  attrs,
  origin: fc.array(name, { maxLength: 2 }),
});
const recipe = fc.record({
  name,
  inputs: fc.array(fc.tuple(name, type), { minLength: 1, maxLength: 3 }),
  constants: fc.array(fc.tuple(name, constant), { maxLength: 3 }),
  steps: fc.array(step, { maxLength: 8 }),
  outputs: fc.uniqueArray(fc.tuple(name, fc.nat()), { maxLength: 3, selector: ([key]) => key }),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never;
type Step = Recipe['steps'][number];

/** A graph over the toy language that the verifier accepts, by construction. */
function build({ name, inputs, constants, steps, outputs }: Recipe): Graph {
  const graph = new Graph(name);
  const values: Value[] = inputs.map(([preferred, type]) => graph.addInput(preferred, type));
  for (const [preferred, data] of constants) values.push(graph.addConstant(preferred, data));
  for (const one of steps) values.push(...addStep(graph, values, one));
  for (const [key, pick] of outputs) graph.addOutput(key, values[pick % values.length] as Value);
  return graph;
}

function addStep(graph: Graph, values: readonly Value[], { op, name, picks, attrs, origin }: Step) {
  const chosen = picks.map((pick) => values[pick % values.length] as Value);
  const inputs = {
    relu: chosen.slice(0, 1),
    add: chosen.slice(0, 2),
    scale: [chosen[0] as Value, null, chosen[1] as Value],
    concat: chosen,
    pair: chosen.slice(0, 1),
  }[op as 'relu'];
  const given = { relu: {}, add: {}, scale: { ...attrs, by: 2 }, concat: { axis: 0 }, pair: { flag: true } };
  const nodeAttrs: Attrs = given[op as 'relu'];
  const schema = toyRegistry.get(op);
  const types = schema?.inferTypes(
    inputs.map((value) => value?.type ?? null),
    nodeAttrs,
  );
  return graph.add({ op, inputs, types: types ?? [], attrs: nodeAttrs, origin, names: [name, name] }).outputs;
}

test('random graphs: what was printed reads back to the same text, data and meaning', () => {
  fc.assert(
    fc.property(recipe, (parts) => {
      const graph = build(parts);
      verify(graph, toyRegistry);
      const { text, resources } = printGraph(graph);
      const again = parseGraph(text, { resources, registry: toyRegistry });
      verify(again, toyRegistry);
      expect(printGraph(again).text).toBe(text);
      expect([...again.constants].map(elements)).toEqual([...graph.constants].map(elements));
      expect([...again.inputs].map(({ type }) => type.shape)).toEqual(
        graph.inputs.map(({ type }) => type.shape),
      );
      expect([...again.nodes()].map(({ attrs }) => attrs)).toEqual(
        [...graph.nodes()].map(({ attrs }) => attrs),
      );
      expect([...again.nodes()].map(({ origin }) => origin)).toEqual(
        [...graph.nodes()].map(({ origin }) => origin),
      );
    }),
    { numRuns: 400 },
  );
});

test('random graphs: without default attributes, too, the text reads back to the same text', () => {
  fc.assert(
    fc.property(recipe, (parts) => {
      const graph = build(parts);
      const { text, resources } = printGraph(graph, toyRegistry);
      const again = parseGraph(text, { resources, registry: toyRegistry });
      expect(printGraph(again, toyRegistry).text).toBe(text);
    }),
  );
});

test('random graphs: any cut or changed text gives a graph or a located CompileError', () => {
  const change = fc.tuple(fc.nat(), fc.constantFrom(...'%@"[](){}=:,#_-0.e\n\\ '), fc.nat(2));
  fc.assert(
    fc.property(recipe, fc.array(change, { minLength: 1, maxLength: 4 }), (parts, changes) => {
      const { text, resources } = printGraph(build(parts));
      const broken = changes.reduce((now, [at, put, drop]) => splice(now, at, put, drop), text);
      try {
        const graph = parseGraph(broken, { resources, registry: toyRegistry, file: 'f.gir' });
        const printed = printGraph(graph);
        expect(printGraph(parseGraph(printed.text, printed)).text).toBe(printed.text);
      } catch (error) {
        expect(error).toMatchObject({
          name: 'CompileError',
          code: expect.stringMatching(/^(parse|verify|scale)\//),
          location: { file: 'f.gir', line: expect.any(Number), column: expect.any(Number) },
        });
      }
    }),
    { numRuns: 1000 },
  );
});

function splice(text: string, at: number, put: string, drop: number): string {
  const from = at % (text.length + 1);
  return text.slice(0, from) + put + text.slice(from + drop);
}

function elements({ name, constant }: Value): unknown {
  return [name, constant?.dtype, constant?.shape, constant && [...toNumbers(constant)]];
}
