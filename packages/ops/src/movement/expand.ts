import { allocate, broadcastShapes, CompileError, elementMover, numElements, staticShape } from '@ghostc/ir';
import { ints } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { broadcastIndex } from '../elementwise/binary.ts';
import { gatheredFacts } from './moved-facts.ts';

/** x repeated along its axes of size 1 (and new leading axes) to `shape`, ONNX Expand with the broadcast shape given. */
export const expand = defineOp({
  name: 'expand',
  inputs: ['x'],
  attrs: { shape: ints() },
  traits: ['movement'],
  ...gatheredFacts,
  infer({ x }, { shape }) {
    if (broadcastShapes(x.shape, shape).join() !== shape.join())
      throw new CompileError(
        'expand/infer',
        `[${x.shape.join(',')}] does not expand to [${shape.join(',')}]`,
      );
    return { dtype: x.dtype, shape: [...shape], quant: x.quant };
  },
  evaluate({ x }, _attrs, [type]) {
    const shape = staticShape(type.shape);
    const from = broadcastIndex(x.shape, shape);
    const data = allocate(x.dtype, numElements(shape));
    const move = elementMover(data, x.data);
    for (let i = 0; i < data.length; i++) move(i, from(i));
    return { dtype: x.dtype, shape, data, quant: x.quant };
  },
});
