import { allocate, broadcastShapes, CompileError, elementMover, numElements, staticShape } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { broadcastIndex, pairsOf } from './binary.ts';

/** `a` where the condition holds, else `b`; all three broadcast, ONNX Where. */
export const where = defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  attrs: {},
  traits: ['elementwise', 'exact'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'chosen' },
  ulp: 0,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'moved',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ condition, a, b }) {
    if (condition.dtype !== 'bool' || a.dtype !== b.dtype)
      throw new CompileError(
        'op/dtype',
        `where expects bool and two operands of one type, found ${condition.dtype}, ${a.dtype} and ${b.dtype}`,
      );
    return { dtype: a.dtype, shape: broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape)) };
  },
  evaluate({ condition, a, b }, _attrs, [type]) {
    const shape = staticShape(type.shape);
    const pick = broadcastIndex(condition.shape, shape);
    const { indexA, indexB } = pairsOf(a, b, type);
    const data = allocate(a.dtype, numElements(shape));
    const [left, right] = [elementMover(data, a.data), elementMover(data, b.data)];
    for (let i = 0; i < data.length; i++)
      if (condition.data[pick(i)]) left(i, indexA(i));
      else right(i, indexB(i));
    return { dtype: a.dtype, shape, data };
  },
});
