import { allocate, broadcastShapes, CompileError, numElements, staticShape } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { broadcastIndex } from './binary.ts';

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
    const [pick, indexA, indexB] = [condition, a, b].map(({ shape: from }) => broadcastIndex(from, shape));
    const data = allocate(a.dtype, numElements(shape)) as Float32Array;
    const [left, right] = [a.data as Float32Array, b.data as Float32Array];
    for (let i = 0; i < data.length; i++)
      data[i] = (condition.data[pick?.(i) ?? 0] ? left[indexA?.(i) ?? 0] : right[indexB?.(i) ?? 0]) as number;
    return { dtype: a.dtype, shape, data };
  },
});
