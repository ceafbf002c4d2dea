import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitOnnx } from '@ghostc/backend-onnx';
import { buildFromSpec, type StateDict } from '@ghostc/ghostnet';
import { interpret } from '@ghostc/interpreter';
import { type Graph, randomTensor, type Tensor, toNumbers, verify } from '@ghostc/ir';
import { readOnnx, readTensorProto } from '@ghostc/onnx';
import { graphMacs, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { optimize } from './pipeline.ts';

const shared = join(import.meta.dirname, '../../../../shared/models');

function run(graph: Graph, input: Tensor): Tensor {
  const output = interpret(graph, new Map([['input', input]])).get('output');
  if (!output) throw new Error('the graph has no output named output');
  return output;
}

/** Largest difference over the largest element of `want`. */
function difference(want: Tensor, got: Tensor): number {
  expect(got.shape).toEqual(want.shape);
  const [w, g] = [toNumbers(want), toNumbers(got)].map((data) => Array.from(data, Number)) as [
    number[],
    number[],
  ];
  const largest = w.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return w.reduce((worst, v, i) => Math.max(worst, Math.abs(v - Number(g[i]))), 0) / largest;
}

const published = [
  { spec: 'ghostnetv2:1.0', folder: 'ghostnetv2_100_224' },
  { spec: 'ghostnetv3:1.0', folder: 'ghostnetv3_100_224_reparam' },
];

test.for(published)('$spec with the weights of $folder gives its outputs', ({ spec, folder }, context) => {
  const file = join(shared, folder, 'model.onnx');
  if (!existsSync(file)) return context.skip(`${file} is absent`);
  const stateDict = stateDictOf(readOnnx(readFileSync(file), { file }));
  if (!stateDict.has('conv_stem.weight')) return context.skip(`${file} has folded its parameters away`);
  const graph = buildFromSpec(spec, { stateDict });
  const data = (name: string) => readTensorProto(readFileSync(join(shared, folder, 'test_data_set_0', name)));
  expect(difference(data('output_0.pb'), run(graph, data('input_0.pb')))).toBeLessThan(1e-5);
});

function stateDictOf(source: Graph): StateDict {
  return new Map(
    [...source.constants].flatMap(({ name, constant }): [string, Tensor][] =>
      constant && /\.(weight|bias|running_mean|running_var)$/.test(name) ? [[name, constant]] : [],
    ),
  );
}

describe('GhostNetV3 in training form', () => {
  test('comes out of the optimiser as the re-parameterised network', () => {
    const training = buildFromSpec('ghostnetv3-training:1.0', { seed: 1 });
    const optimized = optimize(training);
    expect(graphMacs(training)).toBeGreaterThan(2 * 167_048_288);
    expect(graphMacs(optimized)).toBe(167_048_288);
    const plain = optimize(buildFromSpec('ghostnetv3:1.0', { seed: 1 }));
    const ops = (graph: Graph) => [...graph.nodes()].map(({ op }) => op);
    expect(ops(optimized)).toEqual(ops(plain));
    expect(ops(optimized).filter((op) => op === 'dfc_attention')).toHaveLength(14);
    expect(ops(optimized).filter((op) => op === 'ghost_module')).toHaveLength(32);
  });

  test('and computes the same', () => {
    const training = buildFromSpec('ghostnetv3-training:1.0@64', { seed: 7 });
    const input = randomTensor({ dtype: 'f32', shape: [1, 3, 64, 64] }, 3);
    verify(training, registry);
    expect(difference(run(training, input), run(optimize(training), input))).toBeLessThan(1e-4);
  });
});

test.each(['ghostnetv2:0.5@64/10', 'ghost_vgg16:2', 'ghost_resnet50:2@64/10'])(
  '%s computes the same after the optimiser, which leaves no batch norm',
  (spec) => {
    const graph = buildFromSpec(spec, { seed: 5 });
    const optimized = optimize(graph);
    const type = graph.inputs[0]?.type;
    if (!type) throw new Error('the graph has no input');
    const input = randomTensor(type, 3);
    expect(difference(run(graph, input), run(optimized, input))).toBeLessThan(1e-4);
    expect([...optimized.nodes()].some(({ op }) => op === 'batch_norm')).toBe(false);
    expect(graphMacs(optimized)).toBeLessThanOrEqual(graphMacs(graph));
  },
);

test('GhostNetV3 in training form, written as ONNX and read again, folds straight from there', () => {
  const bytes = emitOnnx(buildFromSpec('ghostnetv3-training:1.0', { seed: 1 }));
  const read = readOnnx(bytes, { file: 'training.onnx' });
  expect([...read.nodes()].filter(({ op }) => op === 'batch_norm')).toHaveLength(326);
  expect(graphMacs(optimize(read))).toBe(167_048_288);
});
