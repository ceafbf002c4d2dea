import type { Node } from '@ghostc/ir';
import {
  attrsOf,
  clampRange,
  type FixedMultiplier,
  productMultiplier,
  qlinearAdd,
  qlinearMul,
  type Rounding,
  sumMultipliers,
} from '@ghostc/ops';
import { input } from '../operands.ts';

/** Elementwise int8 sums and products in the form of the tuned kernels. */
export interface PairPlan {
  readonly name: 'add' | 'sub' | 'mul';
  readonly rounding: Rounding;
  /** Bits that the operands of a sum are shifted left. */
  readonly bits: number;
  /** Of the operands of a sum; none for a product. */
  readonly terms: readonly FixedMultiplier[];
  readonly out: FixedMultiplier;
  readonly zeroPoint: number;
  readonly clamp: readonly [number, number];
}

/** Null unless operands and output are int8, rounded in one of these ways, and no intermediate result leaves int32. */
export function pairPlan(
  node: Node,
  name: PairPlan['name'],
  roundings: readonly Rounding[] = ['double'],
): PairPlan | null {
  const attrs = attrsOf(name === 'mul' ? qlinearMul : qlinearAdd, node);
  const [a, b] = [input(node, 0).type, input(node, 1).type];
  if (
    !roundings.includes(attrs.rounding) ||
    [a.dtype, b.dtype, attrs.y_dtype].some((dtype) => dtype !== 'i8')
  )
    return null;
  const common = {
    name,
    rounding: attrs.rounding,
    zeroPoint: attrs.y_zero_point,
    clamp: clampRange(attrs),
  } as const;
  if (name === 'mul') {
    const out = productMultiplier(a, b, attrs);
    return fits(out, 255 * 255) ? { ...common, bits: 0, terms: [], out } : null;
  }
  const { shift, left, right, out } = sumMultipliers(a, b, attrs);
  const terms = [left, right];
  const bound = 255 * 2 ** shift;
  const all = terms.every((term) => fits(term, bound)) && fits(out, 2 * bound);
  return all ? { ...common, bits: shift, terms, out } : null;
}

/** Beyond a right shift of 22 the zero point's offset leaves int32; 2 |v| must not. */
function fits({ multiplier, shift }: FixedMultiplier, bound: number): boolean {
  return multiplier !== 0 && shift >= -22 && bound * 2 ** (Math.max(shift, 0) + 1) < 2 ** 31;
}
