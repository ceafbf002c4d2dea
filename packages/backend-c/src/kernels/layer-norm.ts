import { numElements } from '@ghostc/ir';
import { attrsOf, layerNorm as definition, normalAxis } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { loop } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

/** scale (x - mean) / sqrt(variance + epsilon) + shift of each row: mean, then variance, then the result. */
export const layerNorm: Emit = ({ node, pointer }) => {
  const { axis, epsilon } = attrsOf(definition, node);
  const shape = shapeOf(node.output);
  const first = normalAxis(axis, shape.length);
  const [rows, size] = [numElements(shape.slice(0, first)), numElements(shape.slice(first))];
  const shift = node.inputs[2];
  const part = floatLiteral(1 / size);
  return {
    fn: {
      hint: `layer_norm_${rows}x${size}`,
      params: ['const float *x', 'const float *scale', ...(shift ? ['const float *shift'] : []), 'float *y'],
      body: loop('r', rows, [
        `const float *xi = x + r * ${size};`,
        `float *yi = y + r * ${size};`,
        'float mean = 0.0f;',
        ...loop('k', size, ['mean += xi[k];']),
        `mean *= ${part};`,
        'float squares = 0.0f;',
        ...loop('k', size, ['squares += (xi[k] - mean) * (xi[k] - mean);']),
        `const float factor = 1.0f / sqrtf(squares * ${part} + ${floatLiteral(epsilon)});`,
        ...loop('k', size, [`yi[k] = (xi[k] - mean) * factor * scale[k]${shift ? ' + shift[k]' : ''};`]),
      ]),
    },
    args: [
      ...[0, 1].map((i) => pointer(input(node, i))),
      ...(shift ? [pointer(shift)] : []),
      pointer(node.output),
    ],
  };
};
