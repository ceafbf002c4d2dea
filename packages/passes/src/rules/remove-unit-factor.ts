import { sameShape } from '@ghostc/ir';
import { numbersOf } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// x * 1, 1 * x, x / 1   =>   x
export const removeUnitFactor = rule({
  name: 'remove-unit-factor',
  match: op('mul|div', any('x'), constant('one')).as('node').anyEpilogue(),
  unless: ({ x, one, node }) => {
    if (!Array.from(numbersOf(one)).every((v) => Number(v) === 1)) return `%${one.name} is not 1`;
    if ((node.attrs.activation ?? 'none') !== 'none') return 'the product has an activation';
    return !sameShape(x.type.shape, node.output.type.shape) && 'it broadcasts';
  },
  rewrite: ({ x }) => x,
});

// x + 0, 0 + x, x - 0   =>   x
export const removeZeroTerm = rule({
  name: 'remove-zero-term',
  match: op('add|sub', any('x'), constant('zero')).as('node').anyEpilogue(),
  unless: ({ x, zero, node }) => {
    if (!Array.from(numbersOf(zero)).every((v) => Number(v) === 0)) return `%${zero.name} is not 0`;
    if ((node.attrs.activation ?? 'none') !== 'none') return 'the sum has an activation';
    return !sameShape(x.type.shape, node.output.type.shape) && 'it broadcasts';
  },
  rewrite: ({ x }) => x,
});
