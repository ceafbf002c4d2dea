import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { optimize } from './index.ts';

test.each([
  ['silu', '%s = sigmoid %r\n  %f = mul %r, %s'],
  ['silu as a quotient', '%n = neg %r\n  %e = exp %n\n  %d = add %e, %one\n  %f = div %r, %d'],
  [
    'hard swish',
    '%a = add %r, %three\n  %c = clip %a {min=0, max=6}\n  %m = mul %r, %c\n  %f = div %m, %six',
  ],
])('%s between integers is one table', (_, text) => {
  const graph = parseGraph(
    `graph @net(%x: i8[1,4,5,5] quant(0.05:3))
  const %one: f32[] = [1]
  const %three: f32[] = [3]
  const %six: f32[] = [6]
  %r = dequantize_linear %x
  ${text}
  %y = quantize_linear %f {y_scale=0.03, y_zero_point=-100, y_dtype="i8"}
  return %y`,
    { registry },
  );
  expect([...optimize(graph).nodes()].map(({ op }) => op)).toEqual(['qlinear_lookup']);
});
