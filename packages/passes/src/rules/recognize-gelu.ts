import { scalarOf } from '../constant-math.ts';
import { isAbout } from '../is-about.ts';
import { any, chain, constant, either, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const erf = op('erf', op('mul|div', any('x'), constant('root')).as('scaled'));

// x * 1/2 * (1 + erf(x / sqrt 2)), the factors in any order   =>   gelu(x)
export const recognizeGelu = rule({
  name: 'recognize-gelu',
  match: chain('mul', any('x'), constant('half'), op('add', erf, constant('one'))),
  unless: ({ half, one, root, scaled }) =>
    halves(scalarOf(half), scalarOf(one)) ||
    (!isAbout(root, scaled.op === 'div' ? Math.SQRT2 : Math.SQRT1_2) &&
      `erf takes x and ${scalarOf(root) ?? 'several numbers'}, expected x / sqrt 2`),
  rewrite: ({ x }, build) => build.node('gelu', [x]),
});

const square = either(op('mul', any('x'), any('x')), op('pow', any('x'), constant('two')));
const cube = either(
  chain('mul', square, any('x'), constant('cubic')),
  chain('mul', op('pow', any('x'), constant('three')), constant('cubic')),
);
const inner = either(
  chain('mul', op('add', any('x'), cube), constant('scale')),
  chain(
    'mul',
    any('x'),
    op('add', chain('mul', square, constant('cubic')), constant('unit')),
    constant('scale'),
  ),
);

// x * 1/2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the factors in any order   =>   gelu_tanh(x)
export const recognizeGeluTanh = rule({
  name: 'recognize-gelu-tanh',
  match: chain('mul', any('x'), constant('half'), op('add', op('tanh', inner), constant('one'))),
  unless({ half, one, cubic, scale, two, three, unit }) {
    const wanted = [
      [cubic, 0.044715],
      [scale, Math.sqrt(2 / Math.PI)],
      [two, 2],
      [three, 3],
      [unit, 1],
    ] as const;
    const other = wanted.find(([value, number]) => value && !isAbout(value, number));
    return (
      halves(scalarOf(half), scalarOf(one)) ||
      (other &&
        `a constant of tanh's formula is ${scalarOf(other[0]) ?? 'no single number'}, expected ${other[1]}`)
    );
  },
  rewrite: ({ x }, build) => build.node('gelu_tanh', [x]),
});

function halves(half: number | undefined, one: number | undefined): string | false {
  return (half !== 0.5 || one !== 1) && `expected 1/2 (1 + ...), found ${half} (${one} + ...)`;
}
