import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { compileWgsl } from './compile.ts';

test.each<[string, string, string | undefined]>([
  [
    'a convolution',
    'graph @net(%a: f32[1,3,8,8])\nconst %w: f32[4,3,3,3] = random(1)\n%b = relu %a\n%y = conv2d %b, %w\nreturn %y',
    'NCHW',
  ],
  [
    'a transpose to channels first, after other layers',
    `graph @net(%a: i8[1,8,8,3] quant(0.5:1))
const %w: f32[4,3,3,3] = random(1)
%b = dequantize_linear %a
%c = transpose %b {perm=[0,3,1,2]}
%y = conv2d %c, %w
return %y`,
    'NHWC',
  ],
  ['no layer of images', 'graph @net(%a: f32[1,3,8,8])\n%y = relu %a\nreturn %y', undefined],
  [
    'another transpose',
    'graph @net(%a: f32[1,3,8,8])\n%b = transpose %a {perm=[0,2,3,1]}\n%y = relu %b\nreturn %y',
    undefined,
  ],
])('the layout of an input shows: %s', (_, text, layout) => {
  const [input] = compileWgsl(parseGraph(text, { registry })).manifest.inputs;
  expect(input?.layout).toBe(layout);
});
