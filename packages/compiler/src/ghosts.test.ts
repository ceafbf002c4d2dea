import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeGraph } from './describe-graph.ts';
import { lowerForGpuKernels, optimize } from './pipeline.ts';
import { readModel } from './read-model.ts';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readModel(readFileSync(file), { file });
const ops = (graph: ReturnType<typeof read>): string[] => [...graph.nodes()].map(({ op }) => op);

const cases = join(root, 'test-fixtures/cases');
const spellings = readdirSync(cases).filter((name) => /^ghosts-(?!shortcut)[^.]*$/.test(name));

test.each(spellings)('%s is one op, whatever its activations and their spelling', (name) => {
  const found = ops(optimize(read(join(cases, name, 'model.onnx'))));
  expect(found).toEqual([name.includes('squeeze') ? 'squeeze_excite' : 'ghost_module']);
});

const integers = readdirSync(cases).filter((name) => /^qdq-ghost-module-[^.]*$/.test(name));

test.each(integers)('%s has one Ghost module', (name) => {
  expect(describeGraph(optimize(read(join(cases, name, 'model.onnx')))).ghostModules).toBe(1);
});

const stages = readdirSync(cases).filter((name) => /^ghost-stages-[^.]*$/.test(name));

test.each(stages)('%s is a stage of G-GhostNet, or not', (name) => {
  const expected = name.includes('-not-') ? 0 : 1;
  const graph = read(join(cases, name, 'model.onnx'));
  expect(describeGraph(graph).ghostStages).toBe(expected);
  expect(describeGraph(optimize(graph)).ghostStages).toBe(expected);
});

const shared = join(root, '../shared/cases');
const activations = ['gelu', 'hardswish', 'leaky', 'none', 'prelu', 'relu6', 'silu'];

test.each(activations)('six modules with %s are as many dispatches as with ReLU', (name) => {
  const file = join(shared, `ghost-act-${name}`, 'model.onnx');
  if (!existsSync(file)) return;
  const optimized = optimize(read(file));
  expect(ops(optimized).filter((op) => op === 'ghost_module')).toHaveLength(6);
  expect(ops(lowerForGpuKernels(optimized))).toHaveLength(7);
});
