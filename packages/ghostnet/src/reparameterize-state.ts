import { CompileError, type Tensor } from '@ghostc/ir';
import { type UnitPart, unitNames } from './conv-unit.ts';
import type { StateDict } from './state.ts';

/** Batch norm's epsilon in PyTorch. */
const EPSILON = 1e-5;

const FIRST_BRANCH = /^(.*\.)?(primary|cheap|dw)_rpr_conv\.0\.conv\.weight$/;
const ANY_BRANCH = /^(?:.*\.)?(?:primary|cheap|dw)_rpr_(?:conv\.\d+|scale|skip)\./;

/**
 * The weights of a trained GhostNetV3 (variant `v3-training`) as those of one convolution with bias per group of branches
 * (variant `v3`). Convolution and batch norm are linear, so with k = scale / sqrt(variance + epsilon) the sum over branches
 * is  weight = sum(k * w),  bias = sum(shift - k * mean);  1x1 kernels sit in the middle, the skip is a 1 there.
 * Throws `ghostnet/state-dict` for a branch without its batch norm.
 */
export function reparameterizeState(trained: StateDict): StateDict {
  const merged = new Map<string, Tensor>();
  for (const [name, tensor] of trained) {
    const match = FIRST_BRANCH.exec(name);
    if (match) {
      const [, path = '', part] = match;
      for (const [field, value] of mergeBranches(trained, path, part as UnitPart))
        merged.set(`${path}${unitNames[part as UnitPart].conv}.${field}`, value);
    } else if (!ANY_BRANCH.test(name)) merged.set(name, tensor);
  }
  return merged;
}

interface Sum {
  readonly shape: readonly number[];
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

function mergeBranches(trained: StateDict, path: string, part: UnitPart): [string, Tensor][] {
  const prefix = `${path}${part}_rpr_`;
  const { shape } = required(trained, `${prefix}conv.0.conv.weight`);
  const [out = 0] = shape;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const sum: Sum = { shape, weight: new Float64Array(count), bias: new Float64Array(out) };
  for (let i = 0; trained.has(`${prefix}conv.${i}.conv.weight`); i++)
    addConvolution(sum, trained, `${prefix}conv.${i}`);
  if (trained.has(`${prefix}scale.conv.weight`)) addConvolution(sum, trained, `${prefix}scale`);
  if (trained.has(`${prefix}skip.weight`)) addSkip(sum, trained, `${prefix}skip`);
  return [
    ['weight', { dtype: 'f32', shape, data: Float32Array.from(sum.weight) }],
    ['bias', { dtype: 'f32', shape: [out], data: Float32Array.from(sum.bias) }],
  ];
}

function addConvolution(sum: Sum, trained: StateDict, path: string): void {
  const { shape, data } = required(trained, `${path}.conv.weight`);
  const gains = addBatchNorm(sum, trained, `${path}.bn`);
  const [out = 0, channels = 0, height = 0, width = 0] = shape;
  for (let i = 0; i < out * channels; i++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const value = Number(data[(i * height + y) * width + x]);
        const at = tapIndex(sum, i, y - (height >> 1), x - (width >> 1));
        sum.weight[at] = (sum.weight[at] ?? 0) + (gains[Math.floor(i / channels)] ?? 0) * value;
      }
}

/** Index of the tap at (y, x) from the middle of the i-th plane of the kernel. */
function tapIndex({ shape: [, , height = 1, width = 1] }: Sum, i: number, y: number, x: number): number {
  return (i * height + (height >> 1) + y) * width + (width >> 1) + x;
}

function addSkip(sum: Sum, trained: StateDict, path: string): void {
  const channels = sum.shape[1] ?? 1;
  addBatchNorm(sum, trained, path).forEach((gain, channel) => {
    const at = tapIndex(sum, channel * channels + (channel % channels), 0, 0);
    sum.weight[at] = (sum.weight[at] ?? 0) + gain;
  });
}

/** Adds the batch norm's part of the bias; gives k for each channel. */
function addBatchNorm(sum: Sum, trained: StateDict, path: string): Float64Array {
  const field = (name: string): number[] => Array.from(required(trained, `${path}.${name}`).data, Number);
  const [scale, shift] = [field('weight'), field('bias')];
  const [mean, variance] = [field('running_mean'), field('running_var')];
  return Float64Array.from(scale, (value, i) => {
    const gain = value / Math.sqrt((variance[i] ?? 0) + EPSILON);
    sum.bias[i] = (sum.bias[i] ?? 0) + (shift[i] ?? 0) - gain * (mean[i] ?? 0);
    return gain;
  });
}

function required(trained: StateDict, name: string): Tensor {
  const tensor = trained.get(name);
  if (tensor) return tensor;
  throw new CompileError('ghostnet/state-dict', `missing: ${name}`);
}
