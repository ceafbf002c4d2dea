import { isFloat, type Value } from '@ghostc/ir';
import { Formulas } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';

/** Activations, most of them formulas of other ops. */
export const activationRows: readonly OpRow[] = [
  ['Celu', (node) => node.emit('celu', [node.input(0)], { alpha: node.float('alpha', 1) })],
  ['Atan', (node) => node.emit('atan', [node.input(0)])],
  ['Cos', (node) => node.emit('cos', [node.input(0)])],
  ['Sin', (node) => node.emit('sin', [node.input(0)])],
  ['Erf', (node) => node.emit('erf', [node.input(0)])],
  ['Gelu', readGelu],
  ['Mish', (node) => node.emit('mish', [node.input(0)])],
  [
    'Selu',
    (node) => {
      const f = new Formulas(node);
      const alpha = node.float('alpha', Math.fround(1.6732632423543772));
      const gamma = node.float('gamma', Math.fround(1.0507009873554805));
      return f.mul(f.emit('elu', [node.input(0)], { alpha }), gamma);
    },
  ],
  ['Sign', readSign],
  [
    'Softsign',
    (node) => {
      const f = new Formulas(node);
      return f.div(node.input(0), f.add(f.emit('abs', [node.input(0)]), 1));
    },
  ],
  ['Shrink', readShrink],
  ['Swish', readSwish],
  [
    'ThresholdedRelu',
    (node) => {
      const f = new Formulas(node);
      const x = node.input(0);
      const above = f.emit('less', [f.number(x, node.float('alpha', 1)), x]);
      return f.emit('where', [above, x, f.number(x, 0)]);
    },
  ],
];

function readGelu(node: NodeReader): Value {
  const form = node.expectText('approximate', 'none', ['none', 'tanh']);
  return node.emit(form === 'tanh' ? 'gelu_tanh' : 'gelu', [node.input(0)]);
}

/** (0 < x) - (x < 0) of 16-bit floats: 0 of NaN, as ONNX Runtime has it; NaN of others. */
function readSign(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  if (!/^b?f16$/.test(x.type.dtype)) return node.emit('sign', [x]);
  const above = f.cast(f.emit('less', [f.number(x, 0), x]), x.type.dtype);
  return f.sub(above, f.cast(f.less(x, 0), x.type.dtype));
}

function readSwish(node: NodeReader): Value {
  const f = new Formulas(node);
  const alpha = node.float('alpha', 1);
  if (alpha === 1) return f.emit('silu', [node.input(0)]);
  return f.mul(node.input(0), f.emit('sigmoid', [f.mul(node.input(0), alpha)]));
}

/** x + bias below -lambd, x - bias above lambd, 0 between; integers as floats, the result truncated. */
function readShrink(node: NodeReader): Value {
  const f = new Formulas(node);
  const { dtype } = node.input(0).type;
  const x = isFloat(dtype) ? node.input(0) : f.cast(node.input(0), 'f32');
  const [lambd, bias] = [node.float('lambd', 0.5), node.float('bias', 0)];
  const above = f.emit('less', [f.number(x, lambd), x]);
  const upper = f.emit('where', [above, f.sub(x, bias), f.number(x, 0)]);
  return f.cast(f.emit('where', [f.less(x, -lambd), f.add(x, bias), upper]), dtype);
}
