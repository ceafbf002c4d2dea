import { scalarOf } from '../constant-math.ts';
import { any, constant, either, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const expOfNegative = op('add', op('exp', op('neg', any('x'))), constant('one'));

// 1 / (1 + e^-x)   =>   sigmoid(x)
export const recognizeSigmoid = rule({
  name: 'recognize-sigmoid',
  match: op('div', constant('above'), expOfNegative),
  unless: ({ one, above }) =>
    (scalarOf(one) !== 1 || scalarOf(above) !== 1) && 'expected 1 / (1 + e^-x), found other numbers',
  rewrite: ({ x }, build) => build.node('sigmoid', [x]),
});

// reciprocal(1 + e^-x)   =>   sigmoid(x)
export const recognizeSigmoidByReciprocal = rule({
  name: 'recognize-sigmoid-by-reciprocal',
  match: op('reciprocal', expOfNegative),
  unless: ({ one }) => scalarOf(one) !== 1 && `expected 1 / (1 + e^-x), found ${scalarOf(one)} + e^-x`,
  rewrite: ({ x }, build) => build.node('sigmoid', [x]),
});

// x * sigmoid(x)   =>   silu(x)
export const recognizeSilu = rule({
  name: 'recognize-silu',
  match: op('mul', any('x'), op('sigmoid', any('x'))),
  rewrite: ({ x }, build) => build.node('silu', [x]),
});

// x / (1 + e^-x)   =>   silu(x)
export const recognizeSiluByQuotient = rule({
  name: 'recognize-silu-by-quotient',
  match: op('div', any('x'), expOfNegative),
  unless: ({ one }) => scalarOf(one) !== 1 && `expected x / (1 + e^-x), found ${scalarOf(one)} + e^-x`,
  rewrite: ({ x }, build) => build.node('silu', [x]),
});

const logOfSum = op('log', op('add', op('exp', any('x')), constant('one')));

// x * tanh(softplus(x)), with ln(1 + e^x) too   =>   mish(x)
export const recognizeMish = rule({
  name: 'recognize-mish',
  match: op('mul', any('x'), op('tanh', either(op('softplus', any('x')), logOfSum))),
  unless: ({ one }) => one && scalarOf(one) !== 1 && `expected ln(1 + e^x), found ${scalarOf(one)} + e^x`,
  rewrite: ({ x }, build) => build.node('mish', [x]),
});
