import { type Attrs, type Node, quantOf } from '@ghostc/ir';
import { signedTensor } from '@ghostc/ops';
import { constantData } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// Integer kernels work on int8: u8 with the zero point z represents the same numbers as i8 with z - 128.

// quantize_linear to u8   =>   requantize to u8 (quantize_linear to i8)
export const unsignedQuantize = rule({
  name: 'unsigned-quantize',
  match: op('quantize_linear', any('x')).as('quantize'),
  unless: ({ quantize }) => quantize.attrs.y_dtype !== 'u8' && 'it is signed',
  rewrite({ x, quantize }, build) {
    const signed = build.node('quantize_linear', [x], signedAttrs(quantize.attrs));
    return build.node('requantize', [signed], quantize.attrs);
  },
});

// dequantize_linear(x: u8)   =>   dequantize_linear(requantize to i8 (x))
export const unsignedDequantize = rule({
  name: 'unsigned-dequantize',
  match: op('dequantize_linear', any('x')),
  unless: ({ x }) =>
    x.type.dtype !== 'u8' || x.constant
      ? '%x is signed, or constant'
      : isShift(x.producer) && 'a signed form is there',
  rewrite({ x }, build) {
    const { scale, zeroPoint } = quantOf(x.type);
    const quant = { y_scale: scale[0] ?? 1, y_zero_point: (zeroPoint[0] ?? 0) - 128, y_dtype: 'i8' };
    return build.node('dequantize_linear', [build.node('requantize', [x], quant)]);
  },
});

// dequantize_linear(requantize(x: i8)), the same numbers in the other sign   =>   dequantize_linear(x)
export const skipSignChange = rule({
  name: 'skip-sign-change',
  match: op('dequantize_linear', op('requantize', any('x')).as('shift').orShared()),
  unless: ({ x, shift }) => {
    if (x.type.dtype === 'u8') return '%x is unsigned';
    return !isShift(shift) && 'it is more than a change of sign';
  },
  rewrite: ({ x }, build) => build.node('dequantize_linear', [x]),
});

// dequantize_linear(constant: u8)   =>   dequantize_linear(constant: i8)
export const unsignedConstant = rule({
  name: 'unsigned-constant',
  match: op('dequantize_linear', constant('x')),
  unless: ({ x }) => x.type.dtype !== 'u8' && 'it is signed',
  rewrite: ({ x }, build) =>
    build.node('dequantize_linear', [build.constant(signedTensor(constantData(x)), x.name)]),
});

function signedAttrs(attrs: Attrs): Attrs {
  return { ...attrs, y_zero_point: Number(attrs.y_zero_point ?? 0) - 128, y_dtype: 'i8' };
}

/** A requantisation from i8 to u8 or back that keeps the numbers. */
function isShift(node: Node | null): boolean {
  const [x] = node?.inputs ?? [];
  if (node?.op !== 'requantize' || !x || node.attrs.clamp !== undefined) return false;
  const [from, to] = [x.type, node.output.type];
  const shift: Readonly<Record<string, number>> = { i8: 0, u8: 128 };
  const real = ({ dtype, quant }: typeof from): number =>
    (quant?.zeroPoint[0] ?? 0) - (shift[dtype] ?? Number.NaN);
  return from.dtype !== to.dtype && from.quant?.scale[0] === to.quant?.scale[0] && real(from) === real(to);
}
