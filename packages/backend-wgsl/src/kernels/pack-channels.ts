/**
 * Weights [M, K] (M = groups x perGroup) as blocks of four output channels: [group][block][k][4], zero beyond the group's
 * last channel. A module reads them as vec4f.
 */
export function packChannels(data: Float32Array, { groups, perGroup, inner }: ChannelBlocks): Float32Array {
  const blocks = Math.ceil(perGroup / 4);
  const packed = new Float32Array(groups * blocks * inner * 4);
  for (let m = 0; m < groups * perGroup; m++) {
    const channel = m % perGroup;
    const block = Math.floor(m / perGroup) * blocks + (channel >> 2);
    const start = block * inner * 4 + (channel & 3);
    for (let k = 0; k < inner; k++) packed[start + k * 4] = data[m * inner + k] ?? 0;
  }
  return packed;
}

export interface ChannelBlocks {
  readonly groups: number;
  /** Output channels of one group. */
  readonly perGroup: number;
  /** Weights of one output channel. */
  readonly inner: number;
}

/** The bias in the same blocks; zeros when there is none. */
export function packBias(bias: Float32Array | null, { groups, perGroup }: ChannelBlocks): Float32Array {
  return packChannels(bias ?? new Float32Array(groups * perGroup), { groups, perGroup, inner: 1 });
}
