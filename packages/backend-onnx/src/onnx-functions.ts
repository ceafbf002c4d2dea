import type { DType } from '@ghostc/ir';
import { lookup, type OpsWith } from '@ghostc/ops';
import type { WriteOp } from './node-writer.ts';
import { floatAttr, type OnnxAttrs } from './onnx-graph.ts';

/** A function of one operand that ONNX has, too, with the same float attributes. */
export interface OnnxFunction {
  readonly op: string;
  readonly params: readonly string[];
  /** Attributes that are always the same. */
  readonly fixed?: OnnxAttrs;
  /** The opset that defines it for an element type; 0 if every supported one does. */
  readonly since: (dtype: DType) => number;
  readonly write: WriteOp;
}

function since(opset: OnnxFunction['since'], op: string, ...params: readonly string[]): OnnxFunction {
  return { op, params, since: opset, write: asNode(op, params) };
}

function plain(op: string, ...params: readonly string[]): OnnxFunction {
  return since(() => 0, op, ...params);
}

/** Of bfloat16 from opset 22 on; ONNX Runtime has no kernel of float64, and ONNX defines it by other ops from opset 18 on. */
function late(op: string, ...params: readonly string[]): OnnxFunction {
  return since((dtype) => ({ bf16: 22, f64: 18 })[String(dtype)] ?? 0, op, ...params);
}

/** One node with the same float attributes. */
function asNode(op: string, params: readonly string[]): WriteOp {
  return (writer) => {
    const attrs = writer.attrs(lookup(writer.node.op));
    const floats = params.map((name) => [name, floatAttr(Number(attrs[name]))]);
    writer.last(op, writer.inputs(), Object.fromEntries(floats));
  };
}

/** ONNX has Gelu from opset 20 on. */
function gelu(fixed: OnnxAttrs): OnnxFunction {
  return {
    op: 'Gelu',
    params: [],
    fixed,
    since: () => 20,
    write: (writer) => writer.last('Gelu', writer.inputs(), fixed),
  };
}

/** ONNX defines Celu of float32 only: of other types it is alpha elu(x / alpha). */
const writeCelu: WriteOp = (writer) => {
  if (writer.node.output.type.dtype === 'f32') return asNode('Celu', ['alpha'])(writer);
  const alpha = writer.floats(Number(writer.attrs(lookup('celu')).alpha), 'alpha');
  const scaled = writer.step('Div', [writer.input(0), alpha]);
  writer.last('Mul', [writer.step('Elu', [scaled], { alpha: floatAttr(1) }), alpha]);
};

/** All but those that are written as several nodes, or with inputs for attributes. */
type FunctionOp =
  | Exclude<OpsWith<'unary'>, 'clip' | 'silu'>
  | 'atan'
  | 'cos'
  | 'dropout'
  | 'erf'
  | 'identity'
  | 'sign'
  | 'sin';

/** Functions that ONNX has as one node. */
export const onnxFunctions = {
  abs: plain('Abs'),
  ceil: plain('Ceil'),
  celu: { ...late('Celu', 'alpha'), write: writeCelu },
  dropout: plain('Identity'),
  elu: late('Elu', 'alpha'),
  atan: plain('Atan'),
  cos: plain('Cos'),
  erf: plain('Erf'),
  sin: plain('Sin'),
  exp: plain('Exp'),
  floor: plain('Floor'),
  gelu: gelu({}),
  gelu_tanh: gelu({ approximate: 'tanh' }),
  hard_sigmoid: late('HardSigmoid', 'alpha', 'beta'),
  hard_swish: late('HardSwish'),
  identity: plain('Identity'),
  leaky_relu: plain('LeakyRelu', 'alpha'),
  log: plain('Log'),
  mish: since((dtype) => (dtype === 'bf16' ? 22 : 18), 'Mish'),
  neg: plain('Neg'),
  reciprocal: plain('Reciprocal'),
  // ONNX Runtime has no kernel of int64; from opset 18 on ONNX defines Relu by Max.
  relu: since((dtype) => (dtype === 'i64' ? 18 : 0), 'Relu'),
  round: plain('Round'),
  sigmoid: plain('Sigmoid'),
  sign: plain('Sign'),
  softplus: late('Softplus'),
  sqrt: plain('Sqrt'),
  tanh: plain('Tanh'),
} satisfies { readonly [K in FunctionOp]: OnnxFunction };

const byOp: ReadonlyMap<string, OnnxFunction> = new Map(Object.entries(onnxFunctions));

/** How ONNX has an op; undefined of what is no such function. */
export function onnxFunction(op: string): OnnxFunction | undefined {
  return byOp.get(op);
}
