import { type Attrs, f32, type Tensor, type TensorType } from '@ghostc/ir';
import { lookup } from '../build-node.ts';
import { withDefaults } from '../define-op.ts';
import { lookupTable } from './qlinear-lookup.ts';
import type { RoundedQuant } from './quantized-type.ts';

/** The table by which `qlinear_lookup` computes a unary float op on quantised x. */
export function unaryTable(op: string, attrs: Attrs, x: TensorType, y: RoundedQuant): Tensor {
  const definition = lookup(op);
  const filled = withDefaults(definition.attrs, attrs);
  return lookupTable(x, y, (real) => {
    const [result] = definition.evaluateTensors([f32([1], [real])], filled, [{ dtype: 'f32', shape: [1] }]);
    return Number(result?.data[0] ?? Number.NaN);
  });
}
