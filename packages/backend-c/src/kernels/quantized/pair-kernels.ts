import type { FixedMultiplier } from '@ghostc/ops';
import type { Kernel, Prelude } from '../../kernel.ts';
import { accepted } from './accepted.ts';
import { pairCall } from './elementwise.ts';
import { type PairPlan, pairPlan } from './pair-plan.ts';
import { limitPrelude } from './scale-prelude.ts';

/** Sums, differences and products on a device's `high_product_rounded` and `saturate8`, which `prelude` defines. */
export function pairKernels(prelude: Prelude) {
  return {
    qlinear_add: pair('add', prelude),
    qlinear_mul: pair('mul', prelude),
    qlinear_sub: pair('sub', prelude),
  };
}

function pair(name: PairPlan['name'], prelude: Prelude): Kernel {
  return {
    accepts: (node) => pairPlan(node, name) !== null,
    emit(context) {
      const plan = accepted(pairPlan(context.node, name), context.node);
      return pairCall(context, {
        name,
        lines: lines(plan),
        output: output(scaledTwice('s2', plan.out, plan.zeroPoint), plan.clamp),
        needs: [limitPrelude, prelude],
      });
    },
  };
}

/** `s2`: twice the sum or product of p and q, before the output's scale. */
function lines({ name, bits, terms: [left, right] }: PairPlan): string[] {
  if (!left || !right) return ['const int32_t s2 = p * q * 2;'];
  const factor = 2 ** (bits + 1);
  return [
    `const int32_t p2 = p * ${factor}, q2 = q * ${factor};`,
    `const int32_t s2 = (${scaledTwice('p2', left)} ${name === 'sub' ? '-' : '+'} ${scaledTwice('q2', right)}) * 2;`,
  ];
}

/** v times a multiplier with its shift, double rounding, plus `add`; `twice` is the C name of 2 v. */
function scaledTwice(twice: string, { multiplier, shift }: FixedMultiplier, add = 0): string {
  if (shift >= 0) {
    const shifted = shift > 0 ? `${twice} * ${2 ** shift}` : twice;
    return `high_product_rounded(${shifted}, ${multiplier}, ${add})`;
  }
  const offset = add * 2 ** -shift + 2 ** (-shift - 1);
  return `(high_product_rounded(${twice}, ${multiplier}, ${offset} + (${twice} >> 31)) >> ${-shift})`;
}

function output(value: string, [low, high]: readonly [number, number]): string {
  return `(int8_t)${low === -128 && high === 127 ? `saturate8(${value})` : `limit(${value}, ${low}, ${high})`}`;
}
