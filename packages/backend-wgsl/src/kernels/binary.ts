import { staticShape, stridesOf } from '@ghostc/ir';
import { type OpsWith, opsWith } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { KernelContext, Lane, Step } from '../kernel.ts';
import { mapStep } from '../map-step.ts';
import { broadcastStrides } from '../strided-nest.ts';
import { fromBits } from '../text/from-bits.ts';
import { isNan } from '../text/is-nan.ts';
import { kernelTable } from './kernel-table.ts';
import { sourceOf } from './operands.ts';

/**
 * WGSL leaves pow of a negative base undefined; ONNX follows C: integer exponents work, others give NaN. Odd ones keep the sign,
 * also of -0 and -infinity. 1 to any power is 1, also to NaN, and -1 to an infinite one.
 */
const power = `fn power(a: f32, b: f32) -> f32 {
if (b == 0.0 || a == 1.0) {
return 1.0;
}
if (b == 1.0 || ${isNan('f32', 'a')}) {
return a;
}
if (${isNan('f32', 'b')}) {
return b;
}
if (b == 2.0) {
return a * a;
}
let odd = floor(b) == b && floor(b * 0.5) * 2.0 != b;
let negative = bitcast<u32>(a) >> 31u == 1u;
if (a == 0.0) {
let limit = select(from_bits(0x7f800000u), 0.0, b > 0.0);
return select(limit, -limit, negative && odd);
}
if ((bitcast<u32>(b) & 0x7fffffffu) == 0x7f800000u) {
let limit = select(0.0, from_bits(0x7f800000u), (abs(a) > 1.0) == (b > 0.0));
return select(limit, 1.0, a == -1.0);
}
let size = pow(abs(a), b);
if (a < 0.0 && floor(b) != b && bitcast<u32>(a) != 0xff800000u) {
return from_bits(0x7fc00000u);
}
return select(size, -size, negative && odd);
}`;

const power4 = `fn power4(a: vec4f, b: vec4f) -> vec4f {
return vec4f(power(a.x, b.x), power(a.y, b.y), power(a.z, b.z), power(a.w, b.w));
}`;

const formulas = {
  add: () => 'a_v + b_v',
  div: () => 'a_v / b_v',
  maximum: (T) => `select(b_v, a_v, (a_v > b_v) | ${isNan(T, 'a_v')})`,
  minimum: (T) => `select(b_v, a_v, (a_v < b_v) | ${isNan(T, 'a_v')})`,
  mul: () => 'a_v * b_v',
  pow: (T) => (T === 'f32' ? 'power(a_v, b_v)' : 'power4(a_v, b_v)'),
  prelu: (T) => `select(a_v, a_v * b_v, a_v < ${T}(0.0))`,
  sub: () => 'a_v - b_v',
} satisfies { readonly [K in OpsWith<'binary'>]: (T: Lane) => string };

function binary(op: OpsWith<'binary'>, { node, place }: KernelContext): Step[] {
  const dims = staticShape(node.output.type.shape);
  const [a, b] = [sourceOf(node, 0), sourceOf(node, 1)];
  const operandStrides = [a, b].map((value) => broadcastStrides(staticShape(value.type.shape), dims));
  return [
    mapStep({
      id: op,
      nest: { dims, strides: [stridesOf(dims), ...operandStrides] },
      places: [place(node.output), place(a), place(b)],
      formula: formulas[op],
      functions: (lane) => (op === 'pow' ? [fromBits, power, ...(lane === 'f32' ? [] : [power4])] : []),
      apply: (lane) => epilogueOf(node, lane),
    }),
  ];
}

/** y = act(f(a, b)) with broadcasting. */
export const binaryKernels = kernelTable(opsWith('binary'), binary);
