import type { Builder } from 'flatbuffers';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { AddOptions } from '../generated/add-options.ts';
import { ArgMaxOptions } from '../generated/arg-max-options.ts';
import { ArgMinOptions } from '../generated/arg-min-options.ts';
import { BatchMatMulOptions } from '../generated/batch-mat-mul-options.ts';
import { ConcatenationOptions } from '../generated/concatenation-options.ts';
import { Conv2DOptions } from '../generated/conv2-doptions.ts';
import { DepthToSpaceOptions } from '../generated/depth-to-space-options.ts';
import { DepthwiseConv2DOptions } from '../generated/depthwise-conv2-doptions.ts';
import { FullyConnectedOptions } from '../generated/fully-connected-options.ts';
import { GatherOptions } from '../generated/gather-options.ts';
import { LeakyReluOptions } from '../generated/leaky-relu-options.ts';
import { MirrorPadOptions } from '../generated/mirror-pad-options.ts';
import { MulOptions } from '../generated/mul-options.ts';
import { PackOptions } from '../generated/pack-options.ts';
import { Padding } from '../generated/padding.ts';
import { Pool2DOptions } from '../generated/pool2-doptions.ts';
import { ReducerOptions } from '../generated/reducer-options.ts';
import { ResizeBilinearOptions } from '../generated/resize-bilinear-options.ts';
import { ResizeNearestNeighborOptions } from '../generated/resize-nearest-neighbor-options.ts';
import { SoftmaxOptions } from '../generated/softmax-options.ts';
import { SpaceToDepthOptions } from '../generated/space-to-depth-options.ts';
import { SplitOptions } from '../generated/split-options.ts';
import { SqueezeOptions } from '../generated/squeeze-options.ts';
import { StridedSliceOptions } from '../generated/strided-slice-options.ts';
import { SubOptions } from '../generated/sub-options.ts';
import { TensorType } from '../generated/tensor-type.ts';
import { TransposeConvOptions } from '../generated/transpose-conv-options.ts';
import { UnpackOptions } from '../generated/unpack-options.ts';
import type { OperatorSpec } from './build-model.ts';

export type Options = NonNullable<OperatorSpec['options']>;

export const { SAME, VALID } = Padding;
export const { RELU, RELU6 } = ActivationFunctionType;

const options = (kind: Options['kind'], write: (b: Builder) => number): Options => ({ kind, write });

/** Sizes along y and x. */
type Pair = readonly number[];

interface WindowMore {
  readonly act?: number;
  readonly dilations?: Pair;
}

export const conv = (
  padding: Padding,
  [h = 1, w = 1]: Pair,
  { act = 0, dilations: [y = 1, x = 1] = [] }: WindowMore = {},
): Options => options('Conv2DOptions', (b) => Conv2DOptions.createConv2DOptions(b, padding, w, h, act, x, y));

export const depthwise = (
  padding: Padding,
  multiplier: number,
  {
    act = 0,
    strides: [h = 1, w = 1] = [],
    dilations: [y = 1, x = 1] = [],
  }: WindowMore & { readonly strides?: Pair } = {},
): Options =>
  options('DepthwiseConv2DOptions', (b) =>
    DepthwiseConv2DOptions.createDepthwiseConv2DOptions(b, padding, w, h, multiplier, act, x, y),
  );

export const pool = (padding: Padding, [h = 1, w = 1]: Pair, [y = 1, x = 1]: Pair, act = 0): Options =>
  options('Pool2DOptions', (b) => Pool2DOptions.createPool2DOptions(b, padding, w, h, x, y, act));

/** int16 sums are scaled by powers of two, or by any number. */
export const add = (act = 0, scale: 'power of two' | 'any' = 'power of two'): Options =>
  options('AddOptions', (b) => AddOptions.createAddOptions(b, act, scale === 'power of two'));
export const sub = (): Options => options('SubOptions', (b) => SubOptions.createSubOptions(b, 0, true));
export const mul = (act = 0): Options => options('MulOptions', (b) => MulOptions.createMulOptions(b, act));
export const linear = (act = 0, dims: 'keep' | 'drop' = 'drop'): Options =>
  options('FullyConnectedOptions', (b) =>
    FullyConnectedOptions.createFullyConnectedOptions(b, act, 0, dims === 'keep'),
  );
export const softmax = (beta: number): Options =>
  options('SoftmaxOptions', (b) => SoftmaxOptions.createSoftmaxOptions(b, beta));
export const reducer = (dims: 'keep' | 'drop'): Options =>
  options('ReducerOptions', (b) => ReducerOptions.createReducerOptions(b, dims === 'keep'));
export const concatenation = (axis: number): Options =>
  options('ConcatenationOptions', (b) => ConcatenationOptions.createConcatenationOptions(b, axis, 0));
export const leaky = (alpha: number): Options =>
  options('LeakyReluOptions', (b) => LeakyReluOptions.createLeakyReluOptions(b, alpha));

export type Coordinates = 'asymmetric' | 'align' | 'half-pixel';

export const bilinear = (by: Coordinates): Options =>
  options('ResizeBilinearOptions', (b) =>
    ResizeBilinearOptions.createResizeBilinearOptions(b, by === 'align', by === 'half-pixel'),
  );
export const nearest = (by: Coordinates): Options =>
  options('ResizeNearestNeighborOptions', (b) =>
    ResizeNearestNeighborOptions.createResizeNearestNeighborOptions(b, by === 'align', by === 'half-pixel'),
  );
/** Masks by axis: bit i speaks of axis i. */
export const stridedSlice = (
  begin: number,
  end: number,
  shrink: number,
  { ellipsis = 0, fresh = 0 }: { readonly ellipsis?: number; readonly fresh?: number } = {},
): Options =>
  options('StridedSliceOptions', (b) =>
    StridedSliceOptions.createStridedSliceOptions(b, begin, end, ellipsis, fresh, shrink, false),
  );
export const transposeConv = (padding: Padding, [h = 1, w = 1]: Pair, act = 0): Options =>
  options('TransposeConvOptions', (b) =>
    TransposeConvOptions.createTransposeConvOptions(b, padding, w, h, act),
  );
export const pack = (count: number, axis: number): Options =>
  options('PackOptions', (b) => PackOptions.createPackOptions(b, count, axis));
export const unpack = (count: number, axis: number): Options =>
  options('UnpackOptions', (b) => UnpackOptions.createUnpackOptions(b, count, axis));
export const gather = (axis: number): Options =>
  options('GatherOptions', (b) => GatherOptions.createGatherOptions(b, axis, 0));
export const batchMatmul = (adjX: boolean, adjY: boolean): Options =>
  options('BatchMatMulOptions', (b) => BatchMatMulOptions.createBatchMatMulOptions(b, adjX, adjY));
export const reflect = (): Options =>
  options('MirrorPadOptions', (b) => MirrorPadOptions.createMirrorPadOptions(b, 0));
export const squeezeAll = (): Options =>
  options('SqueezeOptions', (b) => SqueezeOptions.createSqueezeOptions(b, 0));
export const split = (parts: number): Options =>
  options('SplitOptions', (b) => SplitOptions.createSplitOptions(b, parts));
export const depthToSpace = (block: number): Options =>
  options('DepthToSpaceOptions', (b) => DepthToSpaceOptions.createDepthToSpaceOptions(b, block));
export const spaceToDepth = (block: number): Options =>
  options('SpaceToDepthOptions', (b) => SpaceToDepthOptions.createSpaceToDepthOptions(b, block));
export const argMax = (): Options =>
  options('ArgMaxOptions', (b) => ArgMaxOptions.createArgMaxOptions(b, TensorType.INT64));
export const argMin = (): Options =>
  options('ArgMinOptions', (b) => ArgMinOptions.createArgMinOptions(b, TensorType.INT32));
