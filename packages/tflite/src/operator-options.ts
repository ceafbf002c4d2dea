import type { Builder } from 'flatbuffers';
import type { OperatorOptions } from './encode-model.ts';
import { ActivationFunctionType } from './generated/activation-function-type.ts';
import { AddOptions } from './generated/add-options.ts';
import { ArgMaxOptions } from './generated/arg-max-options.ts';
import { ArgMinOptions } from './generated/arg-min-options.ts';
import { BatchMatMulOptions } from './generated/batch-mat-mul-options.ts';
import { ConcatenationOptions } from './generated/concatenation-options.ts';
import { Conv2DOptions } from './generated/conv2-doptions.ts';
import { Conv3DOptions } from './generated/conv3-doptions.ts';
import { CumsumOptions } from './generated/cumsum-options.ts';
import { DepthToSpaceOptions } from './generated/depth-to-space-options.ts';
import { DepthwiseConv2DOptions } from './generated/depthwise-conv2-doptions.ts';
import { DivOptions } from './generated/div-options.ts';
import { FullyConnectedOptions } from './generated/fully-connected-options.ts';
import { GatherOptions } from './generated/gather-options.ts';
import { GeluOptions } from './generated/gelu-options.ts';
import { IfOptions } from './generated/if-options.ts';
import { LeakyReluOptions } from './generated/leaky-relu-options.ts';
import { LocalResponseNormalizationOptions } from './generated/local-response-normalization-options.ts';
import { MirrorPadOptions } from './generated/mirror-pad-options.ts';
import { MulOptions } from './generated/mul-options.ts';
import { OneHotOptions } from './generated/one-hot-options.ts';
import { PackOptions } from './generated/pack-options.ts';
import { Padding } from './generated/padding.ts';
import { Pool2DOptions } from './generated/pool2-doptions.ts';
import { ReducerOptions } from './generated/reducer-options.ts';
import { ReshapeOptions } from './generated/reshape-options.ts';
import { ResizeBilinearOptions } from './generated/resize-bilinear-options.ts';
import { ResizeNearestNeighborOptions } from './generated/resize-nearest-neighbor-options.ts';
import { SequenceRNNOptions } from './generated/sequence-rnnoptions.ts';
import { SoftmaxOptions } from './generated/softmax-options.ts';
import { SpaceToDepthOptions } from './generated/space-to-depth-options.ts';
import { SplitOptions } from './generated/split-options.ts';
import { SqueezeOptions } from './generated/squeeze-options.ts';
import { StridedSliceOptions } from './generated/strided-slice-options.ts';
import { SubOptions } from './generated/sub-options.ts';
import { SVDFOptions } from './generated/svdfoptions.ts';
import { TensorType } from './generated/tensor-type.ts';
import { TransposeConvOptions } from './generated/transpose-conv-options.ts';
import { UnidirectionalSequenceLSTMOptions } from './generated/unidirectional-sequence-lstmoptions.ts';
import { UnpackOptions } from './generated/unpack-options.ts';
import { WhileOptions } from './generated/while-options.ts';

export const { SAME, VALID } = Padding;
export const { NONE, RELU, RELU6, RELU_N1_TO_1, TANH } = ActivationFunctionType;

const options = (
  kind: OperatorOptions['kind'],
  write: (b: Builder) => number,
  version = 1,
): OperatorOptions => ({ kind, write, version });

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
): OperatorOptions =>
  options('Conv2DOptions', (b) => Conv2DOptions.createConv2DOptions(b, padding, w, h, act, x, y));

export const conv3d = (
  padding: Padding,
  [d = 1, h = 1, w = 1]: readonly number[],
  { act = 0, dilations: [z = 1, y = 1, x = 1] = [] }: WindowMore = {},
): OperatorOptions =>
  options('Conv3DOptions', (b) => Conv3DOptions.createConv3DOptions(b, padding, d, w, h, act, z, x, y));

export const localResponse = (radius: number, bias: number, alpha: number, beta: number): OperatorOptions =>
  options('LocalResponseNormalizationOptions', (b) =>
    LocalResponseNormalizationOptions.createLocalResponseNormalizationOptions(b, radius, bias, alpha, beta),
  );

export const depthwise = (
  padding: Padding,
  multiplier: number,
  {
    act = 0,
    strides: [h = 1, w = 1] = [],
    dilations: [y = 1, x = 1] = [],
  }: WindowMore & { readonly strides?: Pair } = {},
): OperatorOptions =>
  options('DepthwiseConv2DOptions', (b) =>
    DepthwiseConv2DOptions.createDepthwiseConv2DOptions(b, padding, w, h, multiplier, act, x, y),
  );

export const pool = (
  padding: Padding,
  [h = 1, w = 1]: Pair,
  [y = 1, x = 1]: Pair,
  act = 0,
): OperatorOptions =>
  options('Pool2DOptions', (b) => Pool2DOptions.createPool2DOptions(b, padding, w, h, x, y, act));

/** int16 sums are scaled by powers of two, or by any number. */
export const add = (act = 0, scale: 'power of two' | 'any' = 'power of two'): OperatorOptions =>
  options('AddOptions', (b) => AddOptions.createAddOptions(b, act, scale === 'power of two'));
export const sub = (act = 0, scale: 'power of two' | 'any' = 'power of two'): OperatorOptions =>
  options('SubOptions', (b) => SubOptions.createSubOptions(b, act, scale === 'power of two'));
export const div = (act = 0): OperatorOptions =>
  options('DivOptions', (b) => DivOptions.createDivOptions(b, act));
export const mul = (act = 0): OperatorOptions =>
  options('MulOptions', (b) => MulOptions.createMulOptions(b, act));
export const linear = (act = 0, dims: 'keep' | 'drop' = 'drop'): OperatorOptions =>
  options('FullyConnectedOptions', (b) =>
    FullyConnectedOptions.createFullyConnectedOptions(b, act, 0, dims === 'keep'),
  );
export const softmax = (beta: number): OperatorOptions =>
  options('SoftmaxOptions', (b) => SoftmaxOptions.createSoftmaxOptions(b, beta));
export const reducer = (dims: 'keep' | 'drop'): OperatorOptions =>
  options('ReducerOptions', (b) => ReducerOptions.createReducerOptions(b, dims === 'keep'));
export const concatenation = (axis: number): OperatorOptions =>
  options('ConcatenationOptions', (b) => ConcatenationOptions.createConcatenationOptions(b, axis, 0));
export const leaky = (alpha: number): OperatorOptions =>
  options('LeakyReluOptions', (b) => LeakyReluOptions.createLeakyReluOptions(b, alpha));

export const gelu = (by: 'erf' | 'tanh'): OperatorOptions =>
  options('GeluOptions', (b) => GeluOptions.createGeluOptions(b, by === 'tanh'));
export const reshape = (shape: readonly number[]): OperatorOptions =>
  options('ReshapeOptions', (b) =>
    ReshapeOptions.createReshapeOptions(b, ReshapeOptions.createNewShapeVector(b, [...shape])),
  );

export type Coordinates = 'asymmetric' | 'align' | 'half-pixel';

export const bilinear = (by: Coordinates): OperatorOptions =>
  options(
    'ResizeBilinearOptions',
    (b) => ResizeBilinearOptions.createResizeBilinearOptions(b, by === 'align', by === 'half-pixel'),
    by === 'half-pixel' ? 3 : 1,
  );
export const nearest = (by: Coordinates): OperatorOptions =>
  options(
    'ResizeNearestNeighborOptions',
    (b) =>
      ResizeNearestNeighborOptions.createResizeNearestNeighborOptions(b, by === 'align', by === 'half-pixel'),
    by === 'asymmetric' ? 1 : 3,
  );
/** Masks by axis: bit i speaks of axis i. */
export const stridedSlice = (
  begin: number,
  end: number,
  shrink: number,
  { ellipsis = 0, fresh = 0 }: { readonly ellipsis?: number; readonly fresh?: number } = {},
): OperatorOptions =>
  options('StridedSliceOptions', (b) =>
    StridedSliceOptions.createStridedSliceOptions(b, begin, end, ellipsis, fresh, shrink, false),
  );
export const transposeConv = (padding: Padding, [h = 1, w = 1]: Pair, act = 0): OperatorOptions =>
  options('TransposeConvOptions', (b) =>
    TransposeConvOptions.createTransposeConvOptions(b, padding, w, h, act),
  );
export const pack = (count: number, axis: number): OperatorOptions =>
  options('PackOptions', (b) => PackOptions.createPackOptions(b, count, axis));
export const unpack = (count: number, axis: number): OperatorOptions =>
  options('UnpackOptions', (b) => UnpackOptions.createUnpackOptions(b, count, axis));
export const gather = (axis: number): OperatorOptions =>
  options('GatherOptions', (b) => GatherOptions.createGatherOptions(b, axis, 0));
export const batchMatmul = (adjX: boolean, adjY: boolean): OperatorOptions =>
  options('BatchMatMulOptions', (b) => BatchMatMulOptions.createBatchMatMulOptions(b, adjX, adjY));
export const reflect = (): OperatorOptions =>
  options('MirrorPadOptions', (b) => MirrorPadOptions.createMirrorPadOptions(b, 0));
export const squeezeAll = (): OperatorOptions =>
  options('SqueezeOptions', (b) => SqueezeOptions.createSqueezeOptions(b, 0));
export const split = (parts: number): OperatorOptions =>
  options('SplitOptions', (b) => SplitOptions.createSplitOptions(b, parts));
export const depthToSpace = (block: number): OperatorOptions =>
  options('DepthToSpaceOptions', (b) => DepthToSpaceOptions.createDepthToSpaceOptions(b, block));
export const spaceToDepth = (block: number): OperatorOptions =>
  options('SpaceToDepthOptions', (b) => SpaceToDepthOptions.createSpaceToDepthOptions(b, block));
export const argMax = (): OperatorOptions =>
  options('ArgMaxOptions', (b) => ArgMaxOptions.createArgMaxOptions(b, TensorType.INT64));
export const argMin = (type: 'INT32' | 'INT64' = 'INT32'): OperatorOptions =>
  options('ArgMinOptions', (b) => ArgMinOptions.createArgMinOptions(b, TensorType[type]));
export const oneHot = (axis: number): OperatorOptions =>
  options('OneHotOptions', (b) => OneHotOptions.createOneHotOptions(b, axis));
export const cumsum = (...how: readonly ('exclusive' | 'reverse')[]): OperatorOptions =>
  options('CumsumOptions', (b) =>
    CumsumOptions.createCumsumOptions(b, how.includes('exclusive'), how.includes('reverse')),
  );
/** Places of the subgraphs. */
export const ifElse = (taken: number, other: number): OperatorOptions =>
  options('IfOptions', (b) => IfOptions.createIfOptions(b, taken, other));
export const whileDo = (condition: number, body: number): OperatorOptions =>
  options('WhileOptions', (b) => WhileOptions.createWhileOptions(b, condition, body));
export const svdf = (rank: number, act: number): OperatorOptions =>
  options('SVDFOptions', (b) => SVDFOptions.createSVDFOptions(b, rank, act, false));
/** Of a recurrent operator: which axis comes first. */
type First = 'time' | 'batch';
export const sequenceRnn = (first: First, act: number): OperatorOptions =>
  options('SequenceRNNOptions', (b) =>
    SequenceRNNOptions.createSequenceRNNOptions(b, first === 'time', act, false),
  );
export const sequenceLstm = (first: First, clip: number): OperatorOptions =>
  options('UnidirectionalSequenceLSTMOptions', (b) => {
    const { createUnidirectionalSequenceLSTMOptions } = UnidirectionalSequenceLSTMOptions;
    return createUnidirectionalSequenceLSTMOptions(b, TANH, clip, 0, first === 'time', false, false);
  });
