import type { ConvGeometry } from './conv-geometry.ts';
import { packRows } from './gemm-block.ts';

interface Blocks {
  /** Products of a block; the remainder is a separate block. */
  readonly depth: number;
  /** Output channels of a register block. */
  readonly rows: number;
}

/** Weights of a convolution by groups and blocks of products, each packed for blocks of `rows` output channels. */
export function packBlocks(
  weight: Float32Array,
  { m, group, inner }: ConvGeometry,
  { depth, rows }: Blocks,
): Float32Array {
  const perGroup = m / group;
  const packed = new Float32Array(weight.length);
  let to = 0;
  for (let g = 0; g < group; g++) {
    for (let from = 0; from < inner; from += depth) {
      const k = Math.min(depth, inner - from);
      const block = new Float32Array(perGroup * k);
      for (let row = 0; row < perGroup; row++) {
        const at = (g * perGroup + row) * inner + from;
        block.set(weight.subarray(at, at + k), row * k);
      }
      packed.set(packRows(block, { m: perGroup, k }, rows), to);
      to += block.length;
    }
  }
  return packed;
}
