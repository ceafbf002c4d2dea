import { type Attrs, CompileError, dataOf, f32, type Tensor, type TensorType } from '@ghostc/ir';
import { lookup } from '../build-node.ts';
import { withDefaults } from '../define-op.ts';
import { tableOfAll } from './qlinear-lookup.ts';
import { outputAffine, type RoundedQuant } from './quantized-type.ts';
import {
  hardSwishTable,
  leakyReluTable,
  logisticTable,
  type ReferenceTable,
  tanhTable,
} from './reference-tables.ts';
import { hardSigmoidTable } from './straight-table.ts';

/**
 * The table by which `qlinear_lookup` computes a unary float op on quantised x. With `double` rounding, int8
 * uses what TFLite's reference kernel computes, if there is one for the op and these scales; everything else
 * is computed in float32.
 */
export function unaryTable(op: string, attrs: Attrs, x: TensorType, y: RoundedQuant): Tensor {
  const definition = lookup(op);
  const filled = withDefaults(definition.attrs, attrs);
  return (
    referenceTable(op, filled, x, y) ??
    tableOfAll(x, y, (reals) => {
      const shape = [reals.length];
      const [result] = definition.evaluateTensors([f32(shape, reals)], filled, [{ dtype: 'f32', shape }]);
      return dataOf(result, 'f32');
    })
  );
}

/** Tables of TFLite's kernels by op; those that require an output scale apply only to that scale. */
const references: Readonly<Record<string, (attrs: Attrs, y: RoundedQuant) => ReferenceTable | undefined>> = {
  hard_sigmoid: ({ alpha, beta }) => hardSigmoidTable({ alpha: Number(alpha), beta: Number(beta) }),
  hard_swish: () => hardSwishTable,
  leaky_relu: ({ alpha }) => leakyReluTable(Number(alpha)),
  sigmoid: (_, y) => (hasOutput(y, 1 / 256, -128) ? logisticTable : undefined),
  tanh: (_, y) => (hasOutput(y, 1 / 128, 0) ? tanhTable : undefined),
};

/** The range of real outputs that TFLite's kernel of an op requires for int8. */
export function referenceRange(op: string): { readonly low: number; readonly high: number } | undefined {
  if (op === 'sigmoid') return { low: 0, high: 255 / 256 };
  return op === 'tanh' ? { low: -1, high: 127 / 128 } : undefined;
}

function hasOutput(y: RoundedQuant, scale: number, zero: number): boolean {
  const output = outputAffine(y);
  return output.scale === scale && output.zeroPoint === zero;
}

function referenceTable(op: string, attrs: Attrs, x: TensorType, y: RoundedQuant): Tensor | undefined {
  if (y.rounding !== 'double' || x.dtype !== 'i8' || y.y_dtype !== 'i8') return undefined;
  try {
    return references[op]?.(attrs, y)?.(x, y);
  } catch (error) {
    if (error instanceof CompileError && error.code === 'quant/multiplier') return undefined; // scales that the kernel does not support
    throw error;
  }
}
