import { staticShape } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  type FixedMultiplier,
  preluMultipliers,
  productMultiplier,
  qlinearAdd,
  qlinearMul,
  qlinearPrelu,
  type Requantized,
  requantizeLinear,
  requantizeMultiplier,
  sumMultipliers,
} from '@ghostc/ops';
import type { Emit, KernelContext, Step } from '../../kernel.ts';
import { broadcastStrides, collapseNest, type StridedNest } from '../../strided-nest.ts';
import { nestText } from '../../text/nest-text.ts';
import { bytesAt, sourceOf } from '../operands.ts';
import { byteStep, limits, wordsOfBytes } from './byte-step.ts';
import { byteText, limitedText, scaledText, weightText } from './integer-text.ts';

interface OperandsText {
  readonly id: string;
  readonly attrs: Requantized;
  /** Over the outputs, with strides of both operands. */
  readonly nest: StridedNest;
  /** What returns an output, from the places `a` and `b`; ZA and ZB are the zero points. */
  readonly lines: string;
  readonly ints: Readonly<Record<string, number>>;
}

/** A step whose outputs are computed from two quantised operands. */
export function operandsStep(
  { node, arena }: KernelContext,
  { id, attrs, nest, lines, ints }: OperandsText,
): Step {
  const [a, b] = [sourceOf(node, 0), sourceOf(node, 1)];
  const index = nestText(nest, { a: arena(a) * 4, b: arena(b) * 4 });
  return byteStep({
    id: `${id}_${attrs.rounding}_${nest.dims.length}d_${a.type.dtype}`,
    functions: [
      byteText(a.type.dtype),
      scaledText(attrs.rounding),
      limitedText,
      `fn value(item: i32) -> i32 {\n${index.text}\n${lines}\n}`,
    ],
    ints: {
      ...index.ints,
      ZA: affineOf(a.type, 'a').zeroPoint,
      ZB: affineOf(b.type, 'b').zeroPoint,
      ...ints,
      ...limits(attrs),
    },
    output: node.output,
    at: arena(node.output),
  });
}

interface PairText extends Omit<OperandsText, 'nest' | 'lines'> {
  /** Expression of the scaled result, from `p` and `q`, x - zero point of both operands. */
  readonly formula: string;
}

/** y = limited(formula) over pairs of elements, with NumPy broadcasting. */
function pairStep(context: KernelContext, { formula, ...text }: PairText): Step {
  const { node } = context;
  const shape = staticShape(node.output.type.shape);
  const strides = [0, 1].map((i) => broadcastStrides(staticShape(sourceOf(node, i).type.shape), shape));
  return operandsStep(context, {
    ...text,
    nest: collapseNest({ dims: shape, strides }),
    lines: `let p = byte(a) - ZA;\nlet q = byte(b) - ZB;\nreturn limited(${formula});`,
  });
}

/** Parameters M_name and S_name. */
export function fixedInts(name: string, { multiplier, shift }: FixedMultiplier): Record<string, number> {
  return { [`M_${name}`]: multiplier, [`S_${name}`]: shift };
}

function sum(id: string, sign: '+' | '-'): Emit {
  return (context) => {
    const { node } = context;
    const attrs = attrsOf(qlinearAdd, node);
    const fixed = sumMultipliers(sourceOf(node, 0).type, sourceOf(node, 1).type, attrs);
    const term = (v: string, name: string): string => `scaled(${v} << ${fixed.shift}u, M_${name}, S_${name})`;
    return [
      pairStep(context, {
        id,
        attrs,
        formula: `scaled(${term('p', 'A')} ${sign} ${term('q', 'B')}, M_Y, S_Y)`,
        ints: { ...fixedInts('A', fixed.left), ...fixedInts('B', fixed.right), ...fixedInts('Y', fixed.out) },
      }),
    ];
  };
}

export const add = sum('qlinear_add', '+');
export const sub = sum('qlinear_sub', '-');

export const mul: Emit = (context) => {
  const { node } = context;
  const attrs = attrsOf(qlinearMul, node);
  const fixed = productMultiplier(sourceOf(node, 0).type, sourceOf(node, 1).type, attrs);
  return [
    pairStep(context, {
      id: 'qlinear_mul',
      attrs,
      formula: 'scaled(p * q, M_Y, S_Y)',
      ints: fixedInts('Y', fixed),
    }),
  ];
};

export const prelu: Emit = (context) => {
  const { node } = context;
  const attrs = attrsOf(qlinearPrelu, node);
  const fixed = preluMultipliers(sourceOf(node, 0).type, sourceOf(node, 1).type, attrs);
  return [
    pairStep(context, {
      id: 'qlinear_prelu',
      attrs,
      formula: 'scaled(select(p * q, p, p >= 0), select(M_N, M_P, p >= 0), select(S_N, S_P, p >= 0))',
      ints: { ...fixedInts('P', fixed.positive), ...fixedInts('N', fixed.negative) },
    }),
  ];
};

export const requantize: Emit = ({ node, arena }) => {
  const x = sourceOf(node, 0);
  const attrs = attrsOf(requantizeLinear, node);
  return [
    byteStep({
      id: `requantize_${attrs.rounding}_${x.type.dtype}`,
      functions: [
        byteText(x.type.dtype),
        scaledText(attrs.rounding),
        limitedText,
        'fn value(e: i32) -> i32 {\nreturn limited(scaled(byte(X_AT + e) - ZX, M_Y, S_Y));\n}',
      ],
      ints: {
        X_AT: arena(x) * 4,
        ZX: affineOf(x.type, 'x').zeroPoint,
        ...fixedInts('Y', requantizeMultiplier(x.type, attrs)),
        ...limits(attrs),
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

/** y = table[x]; the table of 256 bytes lies among the weights. */
export const lookup: Emit = ({ node, arena, weights }) => {
  const x = sourceOf(node, 0);
  const table = wordsOfBytes(bytesAt(node, 1));
  return [
    byteStep({
      id: `qlinear_lookup_${x.type.dtype}`,
      functions: [
        byteText(x.type.dtype),
        weightText,
        `fn value(e: i32) -> i32 {\nreturn weight(T_AT + byte(X_AT + e)${x.type.dtype === 'i8' ? ' + 128' : ''});\n}`,
      ],
      ints: { X_AT: arena(x) * 4, T_AT: weights(table) * 4 },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};
