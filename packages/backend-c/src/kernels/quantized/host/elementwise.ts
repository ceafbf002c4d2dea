import type { Node } from '@ghostc/ir';
import { affineOf, type FixedMultiplier } from '@ghostc/ops';
import type { Kernel, KernelCall, KernelContext } from '../../../kernel.ts';
import { affine, nest } from '../../../text/loops.ts';
import { input } from '../../operands.ts';
import { accepted } from '../accepted.ts';
import { pairWalk } from '../elementwise.ts';
import { type PairPlan, pairPlan } from '../pair-plan.ts';
import { MOST_LANES } from './gemm.ts';
import { lanesPrelude } from './prelude.ts';

/** Sums and products of rows of int8; each operand goes along the row, or is one element for all of it. */
function pair(name: PairPlan['name']): Kernel {
  return {
    accepts: (node) => planOf(node, name) !== null && (pairWalk(node).dims.at(-1) ?? 0) >= MOST_LANES,
    emit: (context) => pairCall(context, accepted(planOf(context.node, name), context.node)),
  };
}

function planOf(node: Node, name: PairPlan['name']): PairPlan | null {
  return pairPlan(node, name, ['double', 'single']);
}

/** May run in place: the elements after the last whole register go through `tail`, none is computed twice. */
function pairCall({ node, pointer }: KernelContext, plan: PairPlan): KernelCall {
  const { dims, strides } = pairWalk(node);
  const [a, b] = [input(node, 0), input(node, 1)];
  const count = dims.at(-1) ?? 1;
  const steps = strides.map((list) => list.at(-1) ?? 0);
  const row = (index: readonly string[]): string[] => {
    const [y = '', p = '', q = ''] = strides.map((list) => affine(index, list.slice(0, -1)));
    return [
      `const int8_t *const p = a + ${p}, *const q = b + ${q};`,
      `int8_t *const t = y + ${y};`,
      'int i = 0;',
      `for (; i + LANES8 <= ${count}; i += LANES8) {`,
      ...registers(plan, [operand('p', steps[1], a), operand('q', steps[2], b)], 't + i'),
      '}',
      `if (i < ${count}) {`,
      'int8_t tail[3][LANES8] = { { 0 } };',
      ...['p', 'q'].flatMap((name, k) =>
        steps[k + 1] ? [`memcpy(tail[${k}], ${name} + i, (size_t)(${count} - i));`] : [],
      ),
      ...registers(
        plan,
        [operand('p', steps[1], a, 'tail[0]'), operand('q', steps[2], b, 'tail[1]')],
        'tail[2]',
      ),
      `memcpy(t + i, tail[2], (size_t)(${count} - i));`,
      '}',
    ];
  };
  const body = nest(dims.slice(0, -1), row);
  return {
    fn: {
      hint: `q_${plan.name}_${dims.join('x')}`,
      params: ['const int8_t *a', 'const int8_t *b', 'int8_t *y'],
      body: dims.length > 1 ? body : ['{', ...body, '}'],
      needs: [lanesPrelude],
    },
    args: [pointer(a), pointer(b), pointer(node.output)],
  };
}

/** The register of an operand minus its zero point. */
function operand(
  name: string,
  step: number | undefined,
  value: ReturnType<typeof input>,
  from = `${name} + i`,
): string {
  const { zeroPoint } = affineOf(value.type, name);
  return step ? `v_sub(v_widen_twice(${from}), v_set(${zeroPoint}))` : `v_set(${name}[0] - (${zeroPoint}))`;
}

function registers(plan: PairPlan, [p, q]: readonly string[], target: string): string[] {
  const { name, bits, terms, out, zeroPoint, clamp, rounding } = plan;
  const [left, right] = terms;
  const sum =
    left && right
      ? `v_${name}(${scaled(`v_left(${p}, ${bits})`, left, { rounding })}, ${scaled(`v_left(${q}, ${bits})`, right, { rounding })})`
      : `v_mul(${p}, ${q})`;
  return [
    `const vsum s = ${sum};`,
    `v_store(${target}, ${scaled('s', out, { rounding, add: zeroPoint })}, ${clamp[0]}, ${clamp[1]});`,
  ];
}

interface Scale {
  readonly rounding: PairPlan['rounding'];
  /** Added after the scale. */
  readonly add?: number;
}

/** x m 2^(shift - 31) with its rounding, plus `add`: see RequantPlan for why the sum may be rounded in two steps. */
function scaled(x: string, { multiplier, shift }: FixedMultiplier, { rounding, add = 0 }: Scale): string {
  const right = Math.max(-shift, 0);
  const product = (round: string): string =>
    `v_high(v_left(${x}, ${Math.max(shift, 0) + 1}), v_set(${multiplier}), ${round})`;
  if (right === 0) return add ? `v_add(${product('HALF32')}, v_set(${add}))` : product('HALF32');
  const offset = `v_set(${add * 2 ** right + 2 ** (right - 1)})`;
  if (rounding === 'single') return `v_right(v_add(${product('0')}, ${offset}), ${right})`;
  return `v_right(v_add(${product('HALF32')}, v_add(v_right(${x}, 31), ${offset})), ${right})`;
}

export const add = pair('add');
export const sub = pair('sub');
export const mul = pair('mul');
