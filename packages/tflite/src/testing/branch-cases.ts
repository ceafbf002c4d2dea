import { toBytes } from '@ghostc/ir';
import type { OperatorSpec, SubgraphSpec, TensorSpec } from '../encode-model.ts';
import { add, ifElse, NONE, RELU } from '../operator-options.ts';
import { float, floatConstant, type OperatorCase } from './operator-case.ts';

/** Operators by their tensors. */
export type Line = readonly [
  code: OperatorSpec['code'],
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  options?: OperatorSpec['options'],
];

export function subgraph(
  lines: readonly Line[],
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): SubgraphSpec {
  const tensors = [...new Set([...inputs, ...lines.flatMap(([, from, to]) => [...from, ...to]), ...outputs])];
  const places = (list: readonly TensorSpec[]): number[] => list.map((tensor) => tensors.indexOf(tensor));
  const operators = lines.map(([code, from, to, options]) => ({
    code,
    inputs: places(from),
    outputs: places(to),
    ...(options && { options }),
  }));
  return { tensors, operators, inputs: places(inputs), outputs: places(outputs) };
}

const zero = (): TensorSpec => ({ ...float(1), data: toBytes(Float32Array.of(0)) });
const flag = (): TensorSpec => ({ ...float(1), type: 'BOOL' });
const plane = (): TensorSpec => float(2, 3);

/** Adds a constant to its first input, and gives its second one as it is. */
function shifted(seed: number, act: number): SubgraphSpec {
  const [x, s, y] = [plane(), float(1), plane()];
  return subgraph([['ADD', [x, floatConstant(seed, 2, 3)], [y], add(act)]], [x, s], [y, s]);
}

/** Gives the negative of its first input, and the sum of the second with itself. */
function negated(): SubgraphSpec {
  const [x, s, y, t] = [plane(), float(1), plane(), float(1)];
  return subgraph(
    [
      ['NEG', [x], [y]],
      ['ADD', [s, s], [t], add(NONE)],
    ],
    [x, s],
    [y, t],
  );
}

/** Its inputs, exchanged by another IF on the sign of the first element of what is asked. */
function nested(): SubgraphSpec {
  const [x, s, c, y, t] = [plane(), float(1), flag(), plane(), float(1)];
  const limit = { ...zero(), data: toBytes(Float32Array.of(0.5)) };
  const lines: Line[] = [
    ['GREATER', [s, limit], [c]],
    ['IF', [c, x, s], [y, t], ifElse(1, 2)],
  ];
  return subgraph(lines, [x, s], [y, t]);
}

function branched(name: string, [taken, other]: readonly [number, number]): OperatorCase {
  const [x, s, c, y, t, z] = [plane(), float(1), flag(), plane(), float(1), plane()];
  const main = subgraph(
    [
      ['GREATER', [s, zero()], [c]],
      ['IF', [c, x, s], [y, t], ifElse(taken, other)],
      ['ADD', [y, t], [z], add(RELU)],
    ],
    [x, s],
    [y, t, z],
  );
  return { name, spec: { ...main, branches: [shifted(3, RELU), negated(), nested()] } };
}

/** IF, whose branches both are computed. */
export const branchCases: readonly OperatorCase[] = [
  branched('if', [1, 2]),
  branched('if-of-if', [3, 2]),
  branched('if-one-branch', [2, 2]),
];
