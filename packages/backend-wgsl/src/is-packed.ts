import type { TensorType } from '@ghostc/ir';

/** Does the arena hold values of the type as bytes, four to a word? Quantised 8-bit ones; others are held in float32. */
export function isPacked({ dtype, quant }: TensorType): boolean {
  return (dtype === 'i8' || dtype === 'u8') && quant !== undefined;
}
