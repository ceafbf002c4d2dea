import type { DType } from '@ghostc/ir';

/** What callers will give instead of what the model takes now: an image [N,C,H,W] of floats. */
export interface Preprocessing {
  /** The input; the only one if absent. */
  readonly input?: string;
  /** The model took (x * scale - mean) / std; by channel in the model's order, or one number for all. */
  readonly scale?: number;
  readonly mean?: number | readonly number[];
  readonly std?: number | readonly number[];
  /** Channels come in the other order: BGR for RGB. */
  readonly channels?: 'kept' | 'reversed';
  /** Images come as [N,H,W,C]. */
  readonly layout?: 'nchw' | 'nhwc';
  /** Element type that comes in; what the model takes if absent. */
  readonly dtype?: DType;
  /** Height and width that come in, brought to the model's by linear interpolation. */
  readonly size?: readonly [height: number, width: number];
  /** Whether arithmetic and order of channels go into the first convolutions: by default where that is the same at padded borders too. */
  readonly fold?: 'where-exact' | 'never';
}
