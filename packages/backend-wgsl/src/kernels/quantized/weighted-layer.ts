import { dataOf, itemAt, staticShape } from '@ghostc/ir';
import {
  affineOf,
  centredWeight,
  type FixedMultiplier,
  type Requantized,
  weightMultipliers,
} from '@ghostc/ops';
import type { KernelContext } from '../../kernel.ts';
import { constantAt, sourceOf } from '../operands.ts';
import { kernelSize, type WindowAttrs, type WindowGeometry, windowGeometry } from '../window-geometry.ts';

/** What the kernels of quantised convolutions ask of a node. */
export interface WeightedLayer {
  readonly geometry: WindowGeometry;
  readonly attrs: Requantized;
  readonly multipliers: readonly FixedMultiplier[];
  readonly zeroPoint: number;
  readonly unsigned: boolean;
  /** [M, inner, KH, KW], less its zero points; in 16 bits where 8 do not hold that. */
  readonly weight: Int8Array | Int16Array;
  /** Input channels of a group. */
  readonly inner: number;
  readonly group: number;
  readonly pads: readonly number[];
}

/** With weights of 8 bits. */
export type ByteLayer = WeightedLayer & { readonly weight: Int8Array };

export function layerOf(
  { node }: Pick<KernelContext, 'node'>,
  window: WindowAttrs,
  { attrs, group }: { readonly attrs: Requantized; readonly group: number },
): WeightedLayer {
  const [x, weight] = [sourceOf(node, 0).type, sourceOf(node, 1).type];
  return {
    geometry: windowGeometry(node, kernelSize(node), window),
    attrs,
    multipliers: weightMultipliers(x, weight, attrs),
    zeroPoint: affineOf(x, 'x').zeroPoint,
    unsigned: x.dtype === 'u8',
    weight: centredWeight(constantAt(node, 1)),
    inner: staticShape(weight.shape)[1] ?? 1,
    group,
    pads: window.pads,
  };
}

/** What the table of output channels is made of. */
export interface ChannelTable {
  readonly multipliers: readonly FixedMultiplier[];
  readonly weight: Int8Array | Int16Array;
  /** Of x as the kernel reads it. */
  readonly zeroPoint: number;
}

/**
 * Words [bias, multiplier, shift] for each output channel. The zero point of x is folded into the bias, b -
 * zx sum(w): kernels sum over raw x, and padding is the zero point.
 */
export function channelTable(
  { node }: Pick<KernelContext, 'node'>,
  { multipliers, weight, zeroPoint }: ChannelTable,
): Int32Array {
  const channels = staticShape(sourceOf(node, 1).type.shape)[0] ?? 1;
  const bias = node.inputs[2] ? dataOf(constantAt(node, 2), 'i32') : null;
  const each = weight.length / channels;
  const table = new Int32Array(channels * 3);
  for (let m = 0; m < channels; m++) {
    const { multiplier, shift } = multipliers[m] ?? itemAt(multipliers, 0);
    let sum = 0;
    for (const w of weight.subarray(m * each, (m + 1) * each)) sum += w;
    table.set([((bias?.[m] ?? 0) - zeroPoint * sum) | 0, multiplier, shift], m * 3);
  }
  return table;
}

/** Kernels that read words of x see u8 as i8: x - 128, the highest bit of each byte flipped. */
export function asSigned({ unsigned, zeroPoint }: Pick<WeightedLayer, 'unsigned' | 'zeroPoint'>): {
  readonly flip: number;
  readonly zeroPoint: number;
} {
  return unsigned ? { flip: 0x80808080 | 0, zeroPoint: zeroPoint - 128 } : { flip: 0, zeroPoint };
}

/** Requantises `sum`, which has the bias of channel `m`. */
export const finish = (sum: string, m: string): string =>
  `limited(scaled(${sum}, weights[Q_AT + ${m} * 3 + 1], weights[Q_AT + ${m} * 3 + 2]))`;
