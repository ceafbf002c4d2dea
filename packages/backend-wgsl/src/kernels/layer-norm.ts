import { numElements, staticShape } from '@ghostc/ir';
import { attrsOf, layerNorm as definition, normalAxis } from '@ghostc/ops';
import type { Emit, KernelContext } from '../kernel.ts';
import { constantOf, sourceOf } from './operands.ts';

/** One row an invocation; sums are kept in parts of at most 64 terms, which bounds the rounding of long ones. */
export const layerNorm: Emit = (context) => {
  const { node, arena } = context;
  const { axis, epsilon } = attrsOf(definition, node);
  const shape = staticShape(node.output.type.shape);
  const size = numElements(shape.slice(normalAxis(axis, shape.length)));
  const [scale, shift] = [parameter(context, 1), parameter(context, 2)];
  return [
    {
      id: ['layer_norm', scale.from, shift.from].join('_'),
      arena: 'f32',
      weights: 'f32',
      body: body(`${scale.from}[SCALE_AT + i]`, shift.from === 'none' ? null : `${shift.from}[SHIFT_AT + i]`),
      ints: {
        X_AT: arena(sourceOf(node, 0)),
        Y_AT: arena(node.output),
        SIZE: size,
        SCALE_AT: scale.at,
        SHIFT_AT: shift.at,
      },
      floats: { EPSILON: epsilon },
      count: numElements(shape) / size,
    },
  ];
};

/** Where an input lies. */
interface Place {
  readonly from: 'weights' | 'arena' | 'none';
  readonly at: number;
}

function parameter({ node, arena, weights }: KernelContext, index: number): Place {
  const value = node.inputs[index];
  if (!value) return { from: 'none', at: 0 };
  const data = value.constant && constantOf(node, index);
  return data ? { from: 'weights', at: weights(data) } : { from: 'arena', at: arena(value) };
}

const sum = (name: string, term: string): string => `var ${name} = 0.0;
for (var chunk = 0; chunk < SIZE; chunk += 64) {
var part = 0.0;
for (var i = chunk; i < min(chunk + 64, SIZE); i++) {
let v = arena[x + i];
part += ${term};
}
${name} += part;
}`;

const body = (scale: string, shift: string | null): string => `let x = X_AT + item * SIZE;
${sum('total', 'v')}
let mean = total / f32(SIZE);
${sum('squares', '(v - mean) * (v - mean)')}
let factor = 1.0 / sqrt(squares / f32(SIZE) + EPSILON);
for (var i = 0; i < SIZE; i++) {
arena[Y_AT + item * SIZE + i] = (arena[x + i] - mean) * factor * ${scale}${shift ? ` + ${shift}` : ''};
}`;
