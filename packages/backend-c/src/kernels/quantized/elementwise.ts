import { type Node, numElements } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  preluMultipliers,
  productMultiplier,
  qlinearAdd,
  qlinearMul,
  qlinearPrelu,
  requantizeLinear,
  requantizeMultiplier,
  sumMultipliers,
} from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel, KernelCall, KernelContext, Prelude } from '../../kernel.ts';
import { affine, broadcastStrides, collapse, loop, nest, type Walk } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { centredText, limited, scaled, scaledNeeds } from './output-scale.ts';
import { limitPrelude } from './scale-prelude.ts';

export interface PairText {
  readonly name: string;
  /** Lines before the output; `p` and `q` are x - zero point of both operands. */
  readonly lines: readonly string[];
  /** C expression of the output. */
  readonly output: string;
  readonly needs: readonly Prelude[];
}

/** The walk over pairs of elements, with broadcasting; strides of the output and of both operands. */
export function pairWalk(node: Node): Walk {
  const shape = shapeOf(node.output);
  const operands = [shape, shapeOf(input(node, 0)), shapeOf(input(node, 1))];
  return collapse({ dims: shape, strides: operands.map((from) => broadcastStrides(from, shape)) });
}

/** A loop over pairs of elements, with broadcasting; may run in place. */
export function pairCall({ node, pointer }: KernelContext, text: PairText): KernelCall {
  const [a, b] = [input(node, 0), input(node, 1)];
  const walk = pairWalk(node);
  const [y = [], left = [], right = []] = walk.strides;
  const body = nest(walk.dims, (index) => [
    `const int32_t p = ${centredText(`a[${affine(index, left)}]`, affineOf(a.type, 'a'))};`,
    `const int32_t q = ${centredText(`b[${affine(index, right)}]`, affineOf(b.type, 'b'))};`,
    ...text.lines,
    `y[${affine(index, y)}] = ${text.output};`,
  ]);
  return {
    fn: {
      hint: `q_${text.name}_${walk.dims.join('x') || '1'}`,
      params: [
        `const ${cType(a.type.dtype)} *a`,
        `const ${cType(b.type.dtype)} *b`,
        `${cType(node.output.type.dtype)} *y`,
      ],
      body: walk.dims.length ? body : ['{', ...body, '}'],
      needs: text.needs,
    },
    args: [pointer(a), pointer(b), pointer(node.output)],
  };
}

function sum(name: string, sign: '+' | '-'): Kernel {
  return {
    emit(context) {
      const { node } = context;
      const attrs = attrsOf(qlinearAdd, node);
      const { shift, left, right, out } = sumMultipliers(input(node, 0).type, input(node, 1).type, attrs);
      return pairCall(context, {
        name,
        lines: [
          `const int32_t s = ${scaled(`p * ${2 ** shift}`, left, attrs.rounding)} ${sign} ${scaled(`q * ${2 ** shift}`, right, attrs.rounding)};`,
        ],
        output: limited(scaled('s', out, attrs.rounding), attrs),
        needs: [limitPrelude, ...scaledNeeds([left, right, out], attrs.rounding)],
      });
    },
  };
}

export const add = sum('add', '+');
export const sub = sum('sub', '-');

export const mul: Kernel = {
  emit(context) {
    const { node } = context;
    const attrs = attrsOf(qlinearMul, node);
    const fixed = productMultiplier(input(node, 0).type, input(node, 1).type, attrs);
    return pairCall(context, {
      name: 'mul',
      lines: [],
      output: limited(scaled('p * q', fixed, attrs.rounding), attrs),
      needs: [limitPrelude, ...scaledNeeds([fixed], attrs.rounding)],
    });
  },
};

export const prelu: Kernel = {
  emit(context) {
    const { node } = context;
    const attrs = attrsOf(qlinearPrelu, node);
    const { positive, negative } = preluMultipliers(input(node, 0).type, input(node, 1).type, attrs);
    const [above, below] = [scaled('p', positive, attrs.rounding), scaled('p * q', negative, attrs.rounding)];
    return pairCall(context, {
      name: 'prelu',
      lines: [`const int32_t s = p >= 0 ? ${above} : ${below};`],
      output: limited('s', attrs),
      needs: [limitPrelude, ...scaledNeeds([positive, negative], attrs.rounding)],
    });
  },
};

export const requantize: Kernel = {
  emit({ node, pointer }) {
    const x = input(node, 0);
    const attrs = attrsOf(requantizeLinear, node);
    const fixed = requantizeMultiplier(x.type, attrs);
    const count = numElements(shapeOf(x));
    const value = scaled(centredText('x[i]', affineOf(x.type, 'x')), fixed, attrs.rounding);
    return {
      fn: {
        hint: `q_requantize_${count}`,
        params: [`const ${cType(x.type.dtype)} *x`, `${cType(attrs.y_dtype)} *y`],
        body: loop('i', count, [`y[i] = ${limited(value, attrs)};`]),
        needs: [limitPrelude, ...scaledNeeds([fixed], attrs.rounding)],
      },
      args: [pointer(x), pointer(node.output)],
    };
  },
};
