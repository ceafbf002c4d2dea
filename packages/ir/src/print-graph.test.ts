import { expect, test } from 'vitest';
import { parseGraph } from './parse-graph.ts';
import { printGraph } from './print-graph.ts';

const text = `graph @net(%x: f32[1,16,8,8], %y: f32[batch,(h-1)//2+1])
  const %k: f32[4] = [1, -0.5, -0, inf]
  const %q: i8[2] quant(0.05:-3) = [-128, 127]
  const %n: i64[1] = [9007199254740993]
  const %"w a": f32[32,16,1,1] = resource "w a"
  %0 = conv2d %x, %"w a", _ {strides=[2, 2], activation="relu"} : f32[1,32,4,4] from "Conv \\"12", "Relu_13"
  %1, %2 = split %0 {flag=true, eps=1e-7} : f32[1,16,4,4], i8[2,3] quant(axis=0, 0.1:0, 0.2:0)
  return %1, %2 as "logits"
`;

test('prints what it parsed', () => {
  const resources = new Map([
    ['w a', { dtype: 'f32' as const, shape: [32, 16, 1, 1], data: new Float32Array(512) }],
  ]);
  const graph = parseGraph(text, { resources });
  expect(printGraph(graph).text).toBe(text);
  expect([...printGraph(graph).resources.keys()]).toEqual(['w a']);
});
