import {
  allocate,
  dtypes,
  encodeFloat,
  fromNumbers,
  isCodedFloat,
  isFloat,
  type Tensor,
  toNumbers,
} from '@ghostc/ir';
import { flag, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';

/**
 * Converts elements to another type: floats to integers truncate towards zero, integers wrap. `saturate`:
 * values beyond an 8-bit float's range become its largest value instead of infinity or NaN, as in ONNX Cast.
 */
export const cast = defineOp({
  name: 'cast',
  inputs: ['x'],
  attrs: { to: oneOf(dtypes), saturate: flag(true) },
  traits: ['elementwise', 'unary'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'converted' },
  ulp: null,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'moved',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer: ({ x }, { to }) => (x.dtype === to ? x : { dtype: to, shape: x.shape }),
  evaluate({ x }, { to, saturate }) {
    if (x.dtype === to) return x;
    if (saturate && to.startsWith('f8')) return saturated(x, to);
    if (to === 'i64' || to === 'u64') return wide(x, to);
    return fromNumbers(to, x.shape, toNumbers(x));
  },
});

function saturated(x: Tensor, to: Tensor['dtype']): Tensor {
  return {
    dtype: to,
    shape: x.shape,
    data: Uint8Array.from(toNumbers(x), (v) => encodeFloat(to, Number(v), 'saturate')),
  };
}

/** Between the 64-bit types the bits are kept. */
function wide(x: Tensor, to: 'i64' | 'u64'): Tensor {
  if (
    isFloat(x.dtype) ||
    isCodedFloat(x.dtype) ||
    !(x.data instanceof BigInt64Array || x.data instanceof BigUint64Array)
  )
    return fromNumbers(to, x.shape, toNumbers(x));
  const data = allocate(to, x.data.length) as BigInt64Array;
  x.data.forEach((v, i) => {
    data[i] = v;
  });
  return { dtype: to, shape: x.shape, data };
}
