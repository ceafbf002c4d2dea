import { type DType, isFloat, type Shape, type Tensor, toNumbers } from '@ghostc/ir';

/** A node in the form of opset 13. */
export interface WrittenNode {
  readonly op_type: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly WrittenAttribute[];
}

interface WrittenAttribute {
  readonly name: string;
  readonly i?: number;
  readonly ints?: readonly number[];
  readonly [field: string]: unknown;
}

/** What is known of the operands of a node by their ONNX names; undefined for values within an op of several nodes. */
export interface Operands {
  readonly tensor: (name: string) => Tensor | undefined;
  /** The name of a tensor of floats without elements. */
  readonly nothing: () => string;
  readonly type: (name: string) => { readonly dtype: DType; readonly shape: Shape } | undefined;
}

/** The node in the form before an opset; undefined if there is none. */
type Older = (node: WrittenNode, operands: Operands) => WrittenNode | undefined;

/** The first opset that this form of the node is of, and what came before. */
interface Form {
  readonly since: number;
  readonly before?: Older;
}

const FLOATS = 6;
const INT = 2;
const INTS = 7;
const FLOAT = 1;

/**
 * Converts a node of opset 13 to an older one; undefined if that had no such op, or a different one. After
 * the operator change log of ONNX.
 */
export function inOlderOpset(node: WrittenNode, opset: number, operands: Operands): WrittenNode | undefined {
  let written: WrittenNode | undefined = node;
  for (const { since, before } of formsOf(node.op_type)) {
    if (opset >= since || !written) break;
    written = before?.(written, operands);
  }
  return written && hasTypes(written, opset, operands) ? written : undefined;
}

function formsOf(op: string): readonly Form[] {
  const form = forms.get(op);
  return typeof form === 'number' ? [{ since: form }] : (form ?? [{ since: 13 }]);
}

/** Inputs from the second on become attributes of these names. */
const asAttributes =
  (...names: readonly string[]): Older =>
  (node, { tensor }) => {
    const given = node.input.slice(1).map((name) => (name ? tensor(name) : null));
    if (given.includes(undefined) || given.length > names.length) return undefined;
    const added = given.flatMap((one, i) => (one ? [attributeOf(names[i] ?? '', one)] : []));
    return { ...node, input: node.input.slice(0, 1), attribute: [...node.attribute, ...added] };
  };

/** A scalar attribute for a tensor of no axes, or of what ONNX has as a single number; else a list. */
function attributeOf(name: string, tensor: Tensor): WrittenAttribute {
  const values = Array.from(toNumbers(tensor), Number);
  const single = tensor.shape.length === 0 || name === 'k';
  if (isFloat(tensor.dtype))
    return single ? { name, type: FLOAT, f: values[0] ?? 0 } : { name, type: FLOATS, floats: values };
  return single ? { name, type: INT, i: values[0] ?? 0 } : { name, type: INTS, ints: values };
}

/** Only without these attributes. */
const without =
  (...names: readonly string[]): Older =>
  (node) =>
    node.attribute.some(({ name }) => names.includes(name)) ? undefined : node;

/** Only if these attributes have their defaults: flags 0, lists 1. */
const plain =
  (...names: readonly string[]): Older =>
  (node) => {
    const isPlain = ({ i = 0, ints = [] }: WrittenAttribute): boolean =>
      i === 0 && ints.every((one) => one === 1);
    const [named, rest] = [true, false].map((wanted) =>
      node.attribute.filter(({ name }) => names.includes(name) === wanted),
    );
    return named?.every(isPlain) && rest ? { ...node, attribute: rest } : undefined;
  };

/** What became the rule later. */
const also =
  (name: string, i: number): Older =>
  (node) => ({ ...node, attribute: [...node.attribute, { name, type: INT, i }] });

const withBias: Older = (node) => (node.input.length === 3 ? node : undefined);

/** Before opset 13 everything from the axis on was one axis: the same for the last. */
const lastAxis: Older = (node, { type }) => {
  const rank = type(node.input[0] ?? '')?.shape.length;
  const axis = node.attribute.find(({ name }) => name === 'axis')?.i ?? -1;
  if (rank === undefined || (axis !== rank - 1 && axis !== -1)) return undefined;
  return { ...node, attribute: [{ name: 'axis', type: INT, i: rank - 1 }] };
};

/** Unused region and scales of Resize were tensors without elements. */
const allInputs: Older = (node, { nothing }) => ({
  ...node,
  input: node.input.map((name) => name || nothing()),
});

/** Slice had no steps. */
const noSteps: Older = (node, operands) => {
  const [x = '', starts = '', ends = '', axes = '', steps = ''] = node.input;
  const given = steps ? operands.tensor(steps) : null;
  if (given === undefined || (given && !Array.from(toNumbers(given), Number).every((step) => step === 1)))
    return undefined;
  return asAttributes('starts', 'ends', 'axes')({ ...node, input: [x, starts, ends, axes] }, operands);
};

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'];
const all = (since: number, ...ops: readonly string[]): [string, number][] => ops.map((op) => [op, since]);

/** Ops by the opset of the form that is written; an op that is not here is of opset 13. */
const forms: ReadonlyMap<string, number | readonly Form[]> = new Map<string, number | readonly Form[]>([
  ...all(1, 'Conv', 'ConvTranspose', 'DepthToSpace', 'GlobalAveragePool', 'GlobalMaxPool', 'Identity'),
  ...all(1, 'LRN', 'Not', 'Shape', 'Size', 'Softplus', 'Softsign', 'SpaceToDepth', 'Transpose', 'Gather'),
  ...all(1, 'Flatten', 'LpNormalization', 'MatMul', ...reductions.map((name) => `Reduce${name}`)),
  ...all(4, 'Concat'),
  ...all(5, 'Reshape'),
  ...all(6, 'Abs', 'Cast', 'Ceil', 'Elu', 'Exp', 'Floor', 'HardSigmoid', 'InstanceNormalization', 'Tile'),
  ...all(6, 'LeakyRelu', 'Log', 'Neg', 'Reciprocal', 'Relu', 'Selu', 'Sigmoid', 'Sqrt', 'Tanh'),
  ...all(7, 'Acos', 'Asin', 'Atan', 'Cos', 'Sin', 'Tan', 'Dropout', 'GRU', 'LSTM', 'PRelu', 'RNN'),
  ...all(7, 'Add', 'And', 'Div', 'Equal', 'Greater', 'Less', 'Mul', 'Or', 'Pow', 'Sub', 'Xor'),
  ...all(8, 'Expand', 'Max', 'Mean', 'Min', 'Sum'),
  ...all(9, 'Acosh', 'Asinh', 'Atanh', 'Compress', 'ConstantOfShape', 'Cosh', 'Erf', 'EyeLike', 'IsNaN'),
  ...all(9, 'Shrink', 'Sign', 'Sinh', 'Where'),
  ...all(
    10,
    'ConvInteger',
    'IsInf',
    'MatMulInteger',
    'Mod',
    'QLinearConv',
    'QLinearMatMul',
    'ThresholdedRelu',
  ),
  ...all(
    11,
    'BitShift',
    'CumSum',
    'GatherElements',
    'Range',
    'Resize',
    'Round',
    'ScatterElements',
    'ScatterND',
  ),
  ...all(12, 'Celu', 'Einsum', 'GatherND', 'GreaterOrEqual', 'LessOrEqual'),
  ['ArgMax', [{ since: 12, before: without('select_last_index') }, { since: 1 }]],
  ['ArgMin', [{ since: 12, before: without('select_last_index') }, { since: 1 }]],
  [
    'AveragePool',
    [
      { since: 11, before: plain('ceil_mode', 'dilations') },
      { since: 7, before: plain('count_include_pad') },
      { since: 1 },
    ],
  ],
  ['MaxPool', [{ since: 11, before: plain('ceil_mode', 'dilations') }, { since: 1 }]],
  ['Clip', [{ since: 11, before: asAttributes('min', 'max') }, { since: 6 }]],
  ['DequantizeLinear', [{ since: 13, before: without('axis') }, { since: 10 }]],
  ['QuantizeLinear', [{ since: 13, before: without('axis') }, { since: 10 }]],
  ['BatchNormalization', [{ since: 7, before: also('is_test', 1) }, { since: 6 }]],
  ['Gemm', [{ since: 11, before: withBias }, { since: 7, before: also('broadcast', 1) }, { since: 6 }]],
  ['Pad', [{ since: 11, before: asAttributes('pads', 'value') }, { since: 2 }]],
  ['Resize', [{ since: 13, before: allInputs }, { since: 11 }]],
  ['Slice', [{ since: 10, before: noSteps }, { since: 1 }]],
  ...['Hardmax', 'LogSoftmax', 'Softmax'].map(
    (op) => [op, [{ since: 13, before: lastAxis }, { since: 1 }]] as const,
  ),
  ['Split', [{ since: 13, before: asAttributes('split') }, { since: 2 }]],
  ...['ReduceSum', 'Squeeze', 'Unsqueeze'].map(
    (op) => [op, [{ since: 13, before: asAttributes('axes') }, { since: 1 }]] as const,
  ),
  [
    'TopK',
    [
      { since: 11, before: without('sorted', 'largest') },
      { since: 10, before: asAttributes('k') },
      { since: 1 },
    ],
  ],
]);

/** The opset from which on an op takes integers; those that are not here always did, or never do. */
const integersSince: Readonly<Record<string, number>> = {
  ...{ Clip: 12, Max: 12, Min: 12, Pow: 12, Gemm: 9, Greater: 9, Less: 9, MatMul: 9, Pad: 11 },
};

function hasTypes({ op_type, input }: WrittenNode, opset: number, { type }: Operands): boolean {
  const [dtype] = input.map((name) => type(name)?.dtype);
  if (dtype === undefined) return true;
  if (dtype === 'bf16') return false;
  if (op_type === 'Equal' && isFloat(dtype)) return opset >= 11;
  return isFloat(dtype) || opset >= (integersSince[op_type] ?? 0);
}
