import type { DType } from '@ghostc/ir';
import type { OpsWith } from '@ghostc/ops';

/** A function of one operand that ONNX has, too, with the same float attributes. */
export interface OnnxFunction {
  readonly op: string;
  readonly params: readonly string[];
  /** The opset that defines it for a type that is computed in; 0 where all that are written do. */
  readonly since: (dtype: DType) => number;
}

function plain(op: string, ...params: readonly string[]): OnnxFunction {
  return { op, params, since: () => 0 };
}

/** Of bfloat16 from opset 22 on; ONNX Runtime has no kernel of float64, and ONNX defines it by other ops from opset 18 on. */
function late(op: string, ...params: readonly string[]): OnnxFunction {
  return { op, params, since: (dtype) => ({ bf16: 22, f64: 18 })[String(dtype)] ?? 0 };
}

/** All but those that are written as several nodes, or with inputs for attributes. */
type FunctionOp = Exclude<OpsWith<'unary'>, 'clip' | 'silu'> | 'dropout' | 'erf' | 'identity' | 'sign';

/** Functions that ONNX has as one node. */
export const onnxFunctions = {
  abs: plain('Abs'),
  ceil: plain('Ceil'),
  dropout: plain('Identity'),
  elu: late('Elu', 'alpha'),
  erf: plain('Erf'),
  exp: plain('Exp'),
  floor: plain('Floor'),
  hard_sigmoid: late('HardSigmoid', 'alpha', 'beta'),
  hard_swish: late('HardSwish'),
  identity: plain('Identity'),
  leaky_relu: plain('LeakyRelu', 'alpha'),
  log: plain('Log'),
  neg: plain('Neg'),
  reciprocal: plain('Reciprocal'),
  relu: plain('Relu'),
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
