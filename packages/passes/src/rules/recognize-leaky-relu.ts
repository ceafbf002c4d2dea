import { fromNumbers, isFloat, type Value } from '@ghostc/ir';
import { constantData, numbersOf, scalarOf } from '../constant-math.ts';
import { any, constant, either, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// prelu(x, a), all elements of a equal   =>   leaky_relu(x)
export const preluToLeakyRelu = rule({
  name: 'prelu-to-leaky-relu',
  match: op('prelu', any('x'), constant('slope')).as('prelu').anyEpilogue(),
  unless: ({ x, slope, prelu }) => {
    const [first, ...rest] = Array.from(numbersOf(slope), Number);
    if (!isFloat(x.type.dtype)) return `%${x.name} is ${x.type.dtype}`;
    if (rest.some((one) => one !== first)) return `the slopes of %${slope.name} differ`;
    if ((prelu.attrs.activation ?? 'none') !== 'none') return 'there is an activation';
    return prelu.output.type.shape.length !== x.type.shape.length && 'the slope broadcasts x';
  },
  rewrite: ({ x, slope }, build) => build.node('leaky_relu', [x], { alpha: Number(numbersOf(slope)[0]) }),
});

const scaled = op('mul', any('x'), constant('alpha'));
const isPositive = op('less|less_equal', constant('zero'), any('x'));
const isNegative = op('less|less_equal', any('x'), constant('zero'));

// where(0 < x, x, a x), and with 0 <= x   =>   prelu(x, a)
export const recognizePreluByWhere = rule({
  name: 'recognize-prelu-by-where',
  match: op('where', isPositive, any('x'), scaled),
  unless: ({ zero }) => scalarOf(zero) !== 0 && notZero(zero),
  rewrite: ({ x, alpha }, build) => build.node('prelu', [x, alpha]),
});

// where(x < 0, a x, x), and with x <= 0   =>   prelu(x, a)
export const recognizePreluByNegative = rule({
  name: 'recognize-prelu-by-negative',
  match: op('where', isNegative, scaled, any('x')),
  unless: ({ zero }) => scalarOf(zero) !== 0 && notZero(zero),
  rewrite: ({ x, alpha }, build) => build.node('prelu', [x, alpha]),
});

// maximum(x, a x), a <= 1   =>   prelu(x, a)
export const recognizePreluByMaximum = rule({
  name: 'recognize-prelu-by-maximum',
  match: op('maximum', any('x'), scaled),
  unless: ({ x, alpha }) => {
    if (!isFloat(x.type.dtype)) return `%${x.name} is ${x.type.dtype}`;
    const steep = Array.from(numbersOf(alpha), Number).find((one) => !(one <= 1));
    return steep !== undefined && `a slope is ${steep}, expected at most 1`;
  },
  rewrite: ({ x, alpha }, build) => build.node('prelu', [x, alpha]),
});

const below = op('relu', op('neg', any('x')));

// relu(x) + a relu(-x)   =>   prelu(x, -a),   relu(x) + a -relu(-x) and relu(x) - a relu(-x)   =>   prelu(x, a)
export const recognizePreluByRelus = rule({
  name: 'recognize-prelu-by-relus',
  match: op(
    'add|sub',
    op('relu', any('x')),
    op('mul', constant('alpha'), either(op('neg', below).as('negated'), below)),
  ).as('sum'),
  unless: ({ x }) => !isFloat(x.type.dtype) && `%${x.name} is ${x.type.dtype}`,
  rewrite({ x, alpha, negated, sum }, build) {
    const sign = (negated ? -1 : 1) * (sum.op === 'add' ? -1 : 1);
    const { dtype, shape } = constantData(alpha);
    const slopes = Float64Array.from(numbersOf(alpha), (one) => sign * Number(one));
    return build.node('prelu', [x, build.constant(fromNumbers(dtype, shape, slopes), alpha.name)]);
  },
});

function notZero(zero: Value): string {
  return `x is compared with ${scalarOf(zero) ?? 'several numbers'}, expected 0`;
}
