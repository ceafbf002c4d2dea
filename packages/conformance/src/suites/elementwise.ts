import { lookup, opsWith } from '@ghostc/ops';
import { suite } from '../suite.ts';
import { attrsText } from './attrs-text.ts';

/** Ops defined only for positive numbers get the input's absolute value plus a little. */
const unaryText = (op: string): string =>
  lookup(op).random.domain === 'positive'
    ? `graph @unary(%x: f32[2,3,5,7])\n  const %e: f32[1] = [0.1]\n  %a = abs %x\n  %p = add %a, %e\n  %y = ${op} %p\n  return %y`
    : `graph @unary(%x: f32[2,3,5,7])\n  const %k: f32[1] = [4]\n  %s = mul %x, %k\n  %y = ${op} %s${attrsText(op)}\n  return %y`;

export const unarySuite = suite(
  'unary',
  Object.fromEntries(opsWith('unary').map((op) => [op, unaryText(op)])),
);

const binaryText = (op: string, a: string, b: string): string =>
  op === 'pow'
    ? `graph @binary(%x: f32[${a}], %b: f32[${b}])\n  const %e: f32[1] = [0.1]\n  %n = abs %x\n  %p = add %n, %e\n  %y = pow %p, %b\n  return %y`
    : `graph @binary(%a: f32[${a}], %c: f32[${b}])\n  const %k: f32[1] = [1.5]\n  %b = add %c, %k\n  %y = ${op} %a, %b\n  return %y`;

export const binarySuite = suite('binary', {
  ...Object.fromEntries(opsWith('binary').map((op) => [op, binaryText(op, '2,3,4,5', '2,3,4,5')])),
  'broadcast-channel': binaryText('mul', '1,6,5,5', '1,6,1,1'),
  'broadcast-scalar': binaryText('add', '1,6,5,5', '1'),
  'broadcast-both': binaryText('add', '3,1,5', '4,1'),
  'broadcast-left': binaryText('sub', '7', '2,3,7'),
  activation:
    'graph @binary(%a: f32[1,4,3,3], %b: f32[1,4,3,3])\n  %y = add %a, %b {activation="relu"}\n  return %y',
  'same-operand': 'graph @binary(%a: f32[1,4,3,3])\n  %y = add %a, %a\n  return %y',
});
