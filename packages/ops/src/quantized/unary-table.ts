import { type Attrs, dataOf, f32, type Tensor, type TensorType } from '@ghostc/ir';
import { lookup } from '../build-node.ts';
import { withDefaults } from '../define-op.ts';
import { tableOfAll } from './qlinear-lookup.ts';
import type { RoundedQuant } from './quantized-type.ts';

/** The table by which `qlinear_lookup` computes a unary float op on quantised x. */
export function unaryTable(op: string, attrs: Attrs, x: TensorType, y: RoundedQuant): Tensor {
  const definition = lookup(op);
  const filled = withDefaults(definition.attrs, attrs);
  return tableOfAll(x, y, (reals) => {
    const shape = [reals.length];
    const [result] = definition.evaluateTensors([f32(shape, reals)], filled, [{ dtype: 'f32', shape }]);
    return dataOf(result, 'f32');
  });
}
