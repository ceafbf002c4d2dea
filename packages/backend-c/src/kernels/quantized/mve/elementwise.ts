import type { Node } from '@ghostc/ir';
import { affineOf, type FixedMultiplier } from '@ghostc/ops';
import type { Kernel } from '../../../kernel.ts';
import { affine, broadcastStrides, collapse, nest, type Walk } from '../../../text/loops.ts';
import { input, shapeOf } from '../../operands.ts';
import { accepted } from '../accepted.ts';
import { plus } from '../output-scale.ts';
import { type PairPlan, pairPlan } from '../pair-plan.ts';
import { mvePrelude } from './prelude.ts';
import { storeLanes } from './requant-text.ts';

/** Four elements to a vector; along the innermost axis an operand is contiguous or one value. */
function pair(name: PairPlan['name']): Kernel {
  return {
    accepts: (node) => pairPlan(node, name) !== null && contiguous(pairWalk(node)),
    emit({ node, pointer }) {
      const walk = pairWalk(node);
      const plan = accepted(pairPlan(node, name), node);
      return {
        fn: {
          hint: `q_${name}_${walk.dims.join('x')}`,
          params: ['const int8_t *a', 'const int8_t *b', 'int8_t *y'],
          body: rowLoops(node, walk, plan),
          needs: [mvePrelude],
        },
        args: [pointer(input(node, 0)), pointer(input(node, 1)), pointer(node.output)],
      };
    },
  };
}

function pairWalk(node: Node): Walk {
  const shape = shapeOf(node.output);
  const strides = [shape, shapeOf(input(node, 0)), shapeOf(input(node, 1))];
  return collapse({ dims: shape, strides: strides.map((from) => broadcastStrides(from, shape)) });
}

function contiguous({ dims, strides: [y, a, b] }: Walk): boolean {
  const last = dims.length - 1;
  return last >= 0 && y?.[last] === 1 && [a, b].every((steps) => (steps?.[last] ?? 2) <= 1);
}

function rowLoops(node: Node, { dims, strides }: Walk, plan: PairPlan): string[] {
  const last = dims.length - 1;
  const inner = dims[last] ?? 1;
  const whole = inner - (inner % 4);
  return nest(dims.slice(0, last), (index) => {
    const base = strides.map((steps) => affine(index, steps.slice(0, last)));
    const [y = '0', a = '0', b = '0'] = base;
    const four = (at: string, lanes: number): string[] => [
      ...operand({ node, index: 0, stride: strides[1]?.[last] ?? 1, lanes }, `a + ${a}`, at),
      ...operand({ node, index: 1, stride: strides[2]?.[last] ?? 1, lanes }, `b + ${b}`, at),
      ...valueLines(plan),
      storeLanes(`y + ${y} + ${at}`, 'v', lanes),
    ];
    return [
      ...(whole ? [`for (int h = 0; h < ${whole}; h += 4) {`, ...four('h', 4), '}'] : []),
      ...(inner % 4 ? ['{', ...four(String(whole), inner % 4), '}'] : []),
    ];
  });
}

interface Operand {
  readonly node: Node;
  readonly index: 0 | 1;
  /** Along the innermost axis. */
  readonly stride: number;
  readonly lanes: number;
}

/** `p` or `q`: four elements minus their zero point. */
function operand({ node, index, stride, lanes }: Operand, base: string, at: string): string[] {
  const { zeroPoint } = affineOf(input(node, index).type, index ? 'b' : 'a');
  const name = index ? 'q' : 'p';
  if (stride === 0) return [`const int32x4_t ${name} = vdupq_n_s32(*(${base})${plus(-zeroPoint)});`];
  const load =
    lanes === 4 ? `vldrbq_s32(${base} + ${at})` : `vldrbq_z_s32(${base} + ${at}, vctp32q(${lanes}))`;
  return [`const int32x4_t ${name} = ${zeroPoint ? `vsubq_n_s32(${load}, ${zeroPoint})` : load};`];
}

/** `v`: the outputs. */
function valueLines({ name, bits, terms: [left, right], out, zeroPoint, clamp }: PairPlan): string[] {
  const sum =
    left && right
      ? `v${name}q_s32(${scaled(`vshlq_n_s32(p, ${bits})`, left)}, ${scaled(`vshlq_n_s32(q, ${bits})`, right)})`
      : 'vmulq_s32(p, q)';
  return [
    `const int32x4_t s = ${sum};`,
    `const int32x4_t v = limit4(vaddq_n_s32(${scaled('s', out)}, ${zeroPoint}), ${clamp[0]}, ${clamp[1]});`,
  ];
}

/** Double rounding. */
function scaled(v: string, { multiplier, shift }: FixedMultiplier): string {
  if (shift > 0) return `vqrdmulhq_n_s32(vshlq_n_s32(${v}, ${shift}), ${multiplier})`;
  const product = `vqrdmulhq_n_s32(${v}, ${multiplier})`;
  return shift === 0 ? product : `divide4(${product}, ${-shift})`;
}

export const add = pair('add');
export const sub = pair('sub');
export const mul = pair('mul');
