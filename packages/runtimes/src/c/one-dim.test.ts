import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitOnnx } from '@ghostc/backend-onnx';
import { compileOnnx, lowerForKernels, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { decodeModel, readOnnx } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';
import { describe, expect, test } from 'vitest';

const bytesOf = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../../../../test-fixtures/cases', name, 'model.onnx'));
const opsOf = (bytes: Uint8Array): string[] =>
  (decodeModel(bytes) as { graph: { node: { op_type: string }[] } }).graph.node.map((node) => node.op_type);
const names = (graph: Graph): string[] => [...graph.nodes()].map(({ op }) => op);
const optimized = (name: string): Graph => optimize(readOnnx(bytesOf(name)));

describe('networks over lines', () => {
  test.each([
    ['conv1d-batchnorm1d', ['Conv', 'Relu']],
    ['one-dim-residual-block', ['Conv', 'Relu', 'Conv', 'Relu', 'Add', 'Relu']],
    ['one-dim-ghost-module', ['Conv', 'Relu', 'Slice', 'Conv', 'Relu', 'Concat']],
    ['one-dim-squeeze-excite', ['GlobalAveragePool', 'Conv', 'Relu', 'Conv', 'Sigmoid', 'Mul']],
    ['one-dim-classifier', ['Conv', 'Relu', 'GlobalAveragePool', 'Reshape', 'Gemm']],
    ['one-dim-causal-padding', ['Conv']],
    ['one-dim-max-pool', ['MaxPool']],
    ['one-dim-image-of-height-1', ['Conv', 'Relu']],
    ['batch-norm-face-embedding', ['Conv', 'PRelu', 'Reshape', 'Gemm']],
  ])('%s is written as ONNX over lines', (name, expected) => {
    expect(opsOf(compileOnnx(readOnnx(bytesOf(name))))).toEqual(expected);
  });

  test('a batch norm after a flatten goes into the convolution', () => {
    const ops = names(optimized('conv-flatten-batchnorm1d'));
    expect(ops.slice(0, 2)).toEqual(['conv2d', 'reshape']);
    expect(ops).not.toContain('batch_norm');
  });

  test.each([
    ['one-dim-ghost-module', ['ghost_module']],
    ['one-dim-squeeze-excite', ['squeeze_excite']],
    ['ghost-rounded-primary', ['ghost_module']],
    ['ghost-edges-line-ratio-3', ['ghost_module']],
  ])('%s is raised', (name, expected) => {
    expect(names(optimized(name))).toEqual(expected);
  });

  test('QDQ becomes integer', () => {
    const ops = names(optimized('conv1d-qdq'));
    expect(ops).toEqual([
      'quantize_linear',
      'qlinear_conv2d',
      'qlinear_depthwise_conv2d',
      'dequantize_linear',
    ]);
  });

  test.each([
    'residual-block',
    'ghost-module',
    'squeeze-excite',
    'u-net',
    'classifier',
    'global-max-pool',
    'mean-of-length',
  ])('quantised, %s has no float layer left', (name) => {
    const float = lowerForQuantizer(optimized(`one-dim-${name}`));
    const { graph, leftInFloat } = quantize(float, seededSamples(float, 2), { io: 'int8' });
    expect(leftInFloat.map(({ op }) => op)).toEqual([]);
    const kept = names(float).filter((op) => op === 'reshape').length + (name === 'mean-of-length' ? 1 : 0);
    expect(opsOf(emitOnnx(graph)).filter((op) => op === 'Reshape')).toHaveLength(kept);
  });

  test('kernels see images, with views only where something else reads a line', () => {
    const views = (name: string) => names(lowerForKernels(optimized(name)));
    expect(views('one-dim-residual-block')).toEqual([
      'reshape',
      'conv2d',
      'reshape',
      'depthwise_conv2d',
      'reshape',
      'add',
    ]);
    expect(views('one-dim-classifier')).toEqual([
      'reshape',
      'conv2d',
      'global_average_pool',
      'reshape',
      'fully_connected',
    ]);
  });
});
