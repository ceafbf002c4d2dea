export { canonicalJson } from './canonical-json.ts';
export { attempt, CompileError, type ErrorLocation, messageOf, withLocation } from './compile-error.ts';
export { ConstantStore } from './constant-store.ts';
export { constantValues } from './constant-values.ts';
export { crc32 } from './crc32.ts';
export { addDim, checkDimLength, type Dim, floorDivDim, isStatic, mulDim } from './dim.ts';
export {
  allocate,
  bitWidth,
  byteSize,
  type DataOf,
  type DType,
  dtypes,
  fromBytes,
  isDType,
  isFloat,
  type TensorData,
  toBytes,
} from './dtype.ts';
export { elementMover, partMover } from './element-mover.ts';
export { entryOf } from './entry-of.ts';
export { isFilled, markFilled } from './filled.ts';
export { float16ToNumber, numberToFloat16, roundHalfToEven } from './float16.ts';
export { formatNumber } from './format-number.ts';
export { Graph, type GraphOutput, type NewNode } from './graph.ts';
export type { GraphSource } from './graph-source.ts';
export { itemAt } from './item-at.ts';
export { type Attr, type Attrs, constantOf, Node, type SourcePart, Value } from './node.ts';
export type { AttrSpec, OpRegistry, OpSchema, Trait } from './op-schema.ts';
export { type ParseOptions, parseGraph } from './parse-graph.ts';
export { formatNode, type PrintedGraph, printGraph } from './print-graph.ts';
export { mulberry32, randomTensor } from './random-tensor.ts';
export type { RowRule, RowWindow } from './row-rule.ts';
export {
  broadcastShapes,
  isStaticShape,
  numElements,
  type Shape,
  sameShape,
  staticShape,
  stridesOf,
} from './shape.ts';
export { type Beyond, decodeFloat, encodeFloat, isCodedFloat, largestFloat } from './small-float.ts';
export type { StorageRule } from './storage-rule.ts';
export {
  dataOf,
  f32,
  fromNumbers,
  i64,
  reshaped,
  type Tensor,
  tensor,
  tensorType,
  toNumbers,
  zeros,
} from './tensor.ts';
export {
  formatType,
  opaqueType,
  type QuantParams,
  quantOf,
  sameType,
  type TensorType,
} from './tensor-type.ts';
export { checkAttrs, checkInputs, verify } from './verify.ts';
export { type GraphVisitor, visitGraph } from './visit-graph.ts';
export { hashWords, isUniform, sameWords, wordsOf } from './words.ts';
