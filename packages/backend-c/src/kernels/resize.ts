import { CompileError, stridesOf } from '@ghostc/ir';
import { attrsOf, resize as definition, resizeTables, type Tap } from '@ghostc/ops';
import { cType } from '../c-type.ts';
import type { Emit } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { affine, nest } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

/** The taps of one axis whose positions are not simply copied. */
interface AxisTable {
  readonly axis: number;
  readonly taps: readonly (readonly Tap[])[];
  /** Most taps of a position: 1 (nearest) or 2 (linear). */
  readonly width: number;
}

/** Nearest or linear: source indices and weights of every resized axis are in tables, computed here. */
export const resize: Emit = ({ node, pointer }) => {
  const from = shapeOf(input(node, 0));
  const to = shapeOf(node.output);
  const attrs = attrsOf(definition, node);
  const tables = resizeTables(from, to, attrs).flatMap((all, axis): AxisTable[] => {
    const plain =
      to[axis] === from[axis] && all.every((list, i) => list.length === 1 && list[0]?.index === i);
    return plain
      ? []
      : [{ axis, taps: all, width: all.reduce((most, list) => Math.max(most, list.length), 0) }];
  });
  const type = cType(node.output.type.dtype);
  if (type !== 'float' && tables.some(({ width }) => width > 1))
    throw new CompileError('backend-c/resize', 'linear resize of integers is qlinear_resize', {
      node: node.origin[0],
      op: node.op,
    });
  return {
    fn: {
      hint: `resize_${attrs.mode}_${to.join('x')}`,
      params: [`const ${type} *x`, `${type} *y`],
      body: [
        ...tables.flatMap(tableText),
        ...nest(to, (index) => [`y[${affine(index, stridesOf(to))}] = ${sumOfTaps(tables, index, from)};`]),
      ],
    },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};

function tableText({ axis, taps: all, width }: AxisTable): string[] {
  return Array.from({ length: width }, (_, k) => {
    const indices = all.map((list) => (list[k] ?? list[0])?.index ?? 0);
    const weights = all.map((list) => floatLiteral(list[k]?.weight ?? 0));
    const index = `static const int32_t t${axis}_${k}[${all.length}] = { ${indices.join(', ')} };`;
    return width === 1
      ? [index]
      : [index, `static const float w${axis}_${k}[${all.length}] = { ${weights.join(', ')} };`];
  }).flat();
}

/** Sum over all combinations of taps of the weights' product times the element. */
function sumOfTaps(tables: readonly AxisTable[], index: readonly string[], from: readonly number[]): string {
  let terms = [{ at: [...index], weights: [] as string[] }];
  for (const { axis, width } of tables) {
    terms = terms.flatMap(({ at, weights }) =>
      Array.from({ length: width }, (_, k) => ({
        at: at.map((name, i) => (i === axis ? `t${axis}_${k}[${name}]` : name)),
        weights: width === 1 ? weights : [...weights, `w${axis}_${k}[${index[axis]}]`],
      })),
    );
  }
  return terms
    .map(({ at, weights }) => [...weights, `x[${affine(at, stridesOf(from))}]`].join(' * '))
    .join(' + ');
}
