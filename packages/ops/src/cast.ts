import { dtypes, fromNumbers, toNumbers } from '@ghostc/ir';
import { oneOf } from './attr-spec.ts';
import { defineOp } from './define-op.ts';

/** Converts elements to another type: floats to integers truncate towards zero. */
export const cast = defineOp({
  name: 'cast',
  inputs: ['x'],
  attrs: { to: oneOf(dtypes) },
  traits: ['elementwise', 'unary'],
  infer: ({ x }, { to }) => ({ dtype: to, shape: x.shape }),
  evaluate: ({ x }, { to }) => fromNumbers(to, x.shape, toNumbers(x)),
});
