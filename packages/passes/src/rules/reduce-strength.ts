import { fromNumbers, isFloat } from '@ghostc/ir';
import { constantData, numbersOf, scalarOf } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// x / c   =>   x * (1/c),  c a float constant without zeros
export const divToMul = rule({
  name: 'div-to-mul',
  match: op('div', any('x'), constant('c')).as('div').anyEpilogue(),
  unless: ({ c }) => {
    if (c.type.dtype !== 'f32') return `%${c.name} is ${c.type.dtype}, expected f32`;
    return (
      !Array.from(numbersOf(c)).every((v) => Number.isFinite(1 / v) && Math.abs(1 / v) >= 2 ** -126) &&
      `%${c.name} has an element without a normal inverse`
    );
  },
  rewrite({ x, c, div }, build) {
    const inverse = fromNumbers(
      'f32',
      constantData(c).shape,
      Float64Array.from(numbersOf(c), (v) => 1 / v),
    );
    return build.node('mul', [x, build.constant(inverse, c.name)], div.attrs);
  },
});

// x^1 => x,  x^2 => x x,  x^-1 => 1/x;  x^(1/2) is not rewritten: sqrt(-0) = -0 and sqrt(-inf) is NaN, the
// power is 0 and inf
export const powToMul = rule({
  name: 'pow-to-mul',
  match: op('pow', any('x'), constant('exponent')).as('pow').anyEpilogue(),
  unless: ({ exponent, pow, x }) => {
    const value = scalarOf(exponent);
    if (value !== 1 && value !== 2 && value !== -1)
      return `the exponent is ${value ?? 'no single number'}, expected 1, 2 or -1`;
    if (value === -1 && !isFloat(x.type.dtype)) return 'integers have no reciprocal';
    if (pow.output.type.shape.length !== x.type.shape.length) return 'the exponent broadcasts the base';
    return (pow.attrs.activation ?? 'none') !== 'none' && value !== 2 && 'there is an activation';
  },
  rewrite({ x, exponent, pow }, build) {
    const value = scalarOf(exponent);
    if (value === 1) return x;
    return value === 2 ? build.node('mul', [x, x], pow.attrs) : build.node('reciprocal', [x]);
  },
});

// average_pool over the whole image or line without padding   =>   global_average_pool
export const wholeAveragePool = rule({
  name: 'whole-average-pool',
  match: op('average_pool', any('x')).as('pool'),
  unless: ({ x, pool }) => {
    const kernel = pool.attrs.kernel_shape ?? [];
    const spatial = x.type.shape.slice(2);
    if (kernel.slice(-spatial.length).join() !== spatial.join())
      return `the window [${kernel.join(',')}] is not the image [${x.type.shape.slice(2).join(',')}]`;
    return (pool.attrs.pads ?? []).some((pad) => pad !== 0) && 'the pool pads';
  },
  rewrite: ({ x }, build) => build.node('global_average_pool', [x]),
});
