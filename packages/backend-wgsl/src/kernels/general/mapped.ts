import { numElements, staticShape, stridesOf, type Value } from '@ghostc/ir';
import type { KernelContext, Step } from '../../kernel.ts';
import { broadcastStrides, collapseNest } from '../../strided-nest.ts';
import { nestText } from '../../text/nest-text.ts';
import { sourceOf } from '../operands.ts';

export interface Code {
  readonly id: string;
  readonly functions?: readonly string[];
  readonly body: string;
  readonly ints?: Readonly<Record<string, number>>;
  readonly count: number;
}

export function step({ functions = [], ints = {}, ...code }: Code): Step {
  return { ...code, arena: 'f32', weights: 'f32', functions, ints };
}

export const shapeOf = (value: Value): number[] => staticShape(value.type.shape);

/** y = expression of p, q, r with broadcasting. */
export function mapped(
  { node, arena }: KernelContext,
  { id, expression, functions = [] }: { id: string; expression: string; functions?: readonly string[] },
): Step[] {
  const dims = shapeOf(node.output);
  const inputs = node.inputs.map((_, i) => sourceOf(node, i));
  const strides = [stridesOf(dims), ...inputs.map((value) => broadcastStrides(shapeOf(value), dims))];
  const nest = collapseNest({ dims, strides });
  const names = ['y', 'p', 'q', 'r'].slice(0, strides.length);
  const places = [node.output, ...inputs].map(arena);
  const index = nestText(nest, Object.fromEntries(names.map((name, i) => [`${name}_i`, places[i] ?? 0])));
  const loads = names.slice(1).map((name) => `let ${name} = arena[${name}_i];`);
  return [
    step({
      id: `${id}_${nest.dims.length}d`,
      functions,
      body: `${index.text}\n${loads.join('\n')}\narena[y_i] = ${expression};`,
      ints: index.ints,
      count: numElements(dims),
    }),
  ];
}
