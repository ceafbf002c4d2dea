import { fromNumbers, type Node, stridesOf, type Value } from '@ghostc/ir';
import { intsOf, normalAxis } from '@ghostc/ops';
import type { Build } from '../build.ts';
import { constantData, numbersOf } from '../constant-math.ts';
import { functions, pairs } from '../op-groups.ts';
import { any, constant, op } from '../pattern.ts';
import { type Rule, rewriting, rule } from '../rule.ts';

// unary(transpose(x))   =>   transpose(unary(x)): transposes sink until they meet and cancel
export const sinkTranspose = rule({
  name: 'sink-transpose',
  match: op(functions, op('transpose', any('x')).as('transpose')).as('unary'),
  rewrite: ({ x, transpose, unary }, build) =>
    build.node('transpose', [build.node(unary.op, [x], unary.attrs)], transpose.attrs),
});

// binary(transpose(x, p), transpose(y, p))   =>   transpose(binary(x, y), p)
export const sinkTransposePair = rule({
  name: 'sink-transpose-pair',
  match: op(pairs, op('transpose', any('x')).as('left'), op('transpose', any('y')).as('right'))
    .as('binary')
    .anyEpilogue(),
  unless: ({ left, right }) =>
    permOf(left).join() !== permOf(right).join() &&
    `the orders differ: [${permOf(left).join(',')}] and [${permOf(right).join(',')}]`,
  rewrite: ({ x, y, left, binary }, build) =>
    build.node('transpose', [build.node(binary.op, [x, y], binary.attrs)], left.attrs),
});

// binary(transpose(x, p), c)   =>   transpose(binary(x, c'), p),  c' the constant in the order of x
export const sinkTransposeConstant = rule({
  name: 'sink-transpose-constant',
  match: op(pairs, op('transpose', any('x')).as('transpose'), constant('c'))
    .as('binary')
    .anyEpilogue(),
  unless: ({ transpose, c }) =>
    c.type.shape.length > permOf(transpose).length && 'the constant has more axes than the value',
  rewrite: ({ x, c, transpose, binary }, build) => {
    const moved = build.constant(inverted(c, permOf(transpose)), c.name);
    return build.node('transpose', [build.node(binary.op, [x, moved], binary.attrs)], transpose.attrs);
  },
});

// concat(transpose(x, p), transpose(y, p), ...)   =>   transpose(concat(x, y, ...), p)
export const sinkTransposeConcat: Rule = {
  name: 'sink-transpose-concat',
  roots: new Set(['concat']),
  depth: 2,
  apply(graph, root) {
    const parts = root.inputs.map((value) => value?.producer);
    const [first] = parts;
    const reason = parts.map((part) => partRefusal(root, part, first)).find(Boolean);
    if (reason || !first) return { reason: reason || 'the concat has no parts' };
    const inner = [...new Set(parts.filter((part) => part instanceof Object))];
    const escaped = inner.find((part) => graph.isOutput(part.output));
    if (escaped) return { reason: `%${escaped.output.name} is an output of the graph` };
    const match = { captures: {}, nodes: [root, ...inner] };
    const perm = permOf(first);
    const axis = Number(root.attrs.axis);
    const sources = parts.map((part) => part?.inputs[0] ?? null);
    const attrs = { ...root.attrs, axis: perm[normalAxis(axis, perm.length)] ?? axis };
    const rewrite = (build: Build): Value =>
      build.node('transpose', [build.node('concat', sources, attrs)], first.attrs);
    return rewriting(graph, root, { match, rewrite });
  },
};

function partRefusal(
  root: Node,
  part: Node | null | undefined,
  first: Node | null | undefined,
): string | false {
  if (part?.op !== 'transpose' || first?.op !== 'transpose')
    return `expected transposes only, found ${part?.op ?? 'an input or a constant'}`;
  if (permOf(part).join() !== permOf(first).join())
    return `the orders differ: [${permOf(first).join(',')}] and [${permOf(part).join(',')}]`;
  const user = [...part.output.users].find((candidate) => candidate !== root);
  return user ? `%${part.output.name} is also used by ${user.op} (%${user.output.name})` : false;
}

function permOf(node: Node): readonly number[] {
  return intsOf(node.attrs, 'perm');
}

/** A constant that broadcasts over transpose(x, perm), for x itself: axis perm[i] of the result is axis i of the constant. */
function inverted(c: Value, perm: readonly number[]): ReturnType<typeof fromNumbers> {
  const { dtype, shape } = constantData(c);
  const full = [...new Array<number>(perm.length - shape.length).fill(1), ...shape];
  const strides = stridesOf(full);
  const target = perm.map((_, axis) => full[perm.indexOf(axis)] ?? 1);
  const outer = stridesOf(target);
  const data = numbersOf(c);
  const pick = (i: number): number =>
    target.reduce((at, size, axis) => {
      const index = Math.floor(i / (outer[axis] ?? 1)) % size;
      return at + index * (strides[perm.indexOf(axis)] ?? 0);
    }, 0);
  return fromNumbers(
    dtype,
    target,
    Float64Array.from({ length: data.length }, (_, i) => Number(data[pick(i)])),
  );
}
