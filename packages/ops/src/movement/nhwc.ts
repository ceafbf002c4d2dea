import type { Tensor, TensorType } from '@ghostc/ir';
import { evaluateOne, type OpDefinition } from '../define-op.ts';
import { qlinearAveragePool } from '../quantized/qlinear-average-pool.ts';
import { qlinearConv2d } from '../quantized/qlinear-conv2d.ts';
import { qlinearDepthwiseConv2d } from '../quantized/qlinear-depthwise-conv2d.ts';
import { qlinearGlobalAveragePool } from '../quantized/qlinear-global-average-pool.ts';
import { qlinearResize } from '../quantized/qlinear-resize.ts';
import { convTranspose2d } from '../window/conv-transpose2d.ts';
import { conv2d } from '../window/conv2d.ts';
import { depthwiseConv2d } from '../window/depthwise-conv2d.ts';
import { averagePool, globalAveragePool, maxPool } from '../window/pool.ts';
import { resize } from '../window/resize.ts';
import { transpose } from './movement.ts';

/** Axes of an NHWC image taken from an NCHW one: y[n,h,w,c] = x[n,c,h,w]. */
export const toNhwc: readonly number[] = [0, 2, 3, 1];
/** And back. */
export const toNchw: readonly number[] = [0, 3, 1, 2];

/** Name of the NHWC variant of an op. */
export function nhwcName(op: string): string {
  return `${op}_nhwc`;
}

/** No backend has kernels for them, and the other facts of an op apply to NCHW. */
const nhwcFacts = {
  computed: 'composite',
  integerForm: { kind: 'none' },
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
} as const;

/**
 * The same op on NHWC images: `images` are the inputs that are images. Weights, biases and attributes are
 * unchanged, including those that list axes.
 */
function nhwc(base: OpDefinition, images: readonly number[]): OpDefinition {
  const each = <T, U>(inputs: readonly T[], of: (input: NonNullable<T>) => U): (T | U)[] =>
    inputs.map((input, i) => (input && images.includes(i) ? of(input) : input));
  const types = (inputs: readonly (TensorType | null)[]) => each(inputs, (type) => movedType(type, toNchw));
  return {
    ...base,
    name: nhwcName(base.name),
    ...nhwcFacts,
    error: base.error.kind === 'exact' ? base.error : { kind: 'unbounded' },
    inferTypes: (given, values) => {
      const [type, ...more] = base.inferTypes(types(given), values);
      return [movedType(type, toNhwc), ...more.map((one) => movedType(one, toNhwc))];
    },
    evaluateTensors: (given, values, outputs) => {
      const [tensor, ...more] = base.evaluateTensors(
        each(given, (one: Tensor) => moved(one, toNchw)),
        values,
        outputs.map((type) => movedType(type, toNchw)),
      );
      return [moved(tensor, toNhwc), ...more.map((one) => moved(one, toNhwc))];
    },
    countMacs: (given, values, outputs) =>
      base.countMacs(
        types(given),
        values,
        outputs.map((type) => movedType(type, toNchw)),
      ),
  };
}

function movedType(type: TensorType, perm: readonly number[]): TensorType {
  return transpose.inferTypes([type], { perm })[0];
}

function moved(tensor: Tensor, perm: readonly number[]): Tensor {
  return evaluateOne(transpose, [tensor], { perm });
}

/** Variants on NHWC images, x [N,H,W,C]; created by the pass `assign-nhwc`. */
export const nhwcOps: readonly OpDefinition[] = [
  nhwc(conv2d, [0, 3]),
  nhwc(depthwiseConv2d, [0, 3]),
  nhwc(averagePool, [0]),
  nhwc(maxPool, [0]),
  nhwc(globalAveragePool, [0]),
  nhwc(convTranspose2d, [0]),
  nhwc(resize, [0]),
  nhwc(qlinearConv2d, [0]),
  nhwc(qlinearDepthwiseConv2d, [0]),
  nhwc(qlinearAveragePool, [0]),
  nhwc(qlinearGlobalAveragePool, [0]),
  nhwc(qlinearResize, [0]),
];
