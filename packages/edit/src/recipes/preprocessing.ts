import type { DType } from '@ghostc/ir';

/** What callers will pass instead of the model's current input: an image [N,C,H,W] of floats. */
export interface Preprocessing {
  /** The input; the only one if absent. */
  readonly input?: string;
  /** The model expects (x * scale - mean) / std; per channel in the model's order, or one number for all. */
  readonly scale?: number;
  readonly mean?: number | readonly number[];
  readonly std?: number | readonly number[];
  /** Channels are in reverse order: BGR for RGB. */
  readonly channels?: 'kept' | 'reversed';
  /** Images are [N,H,W,C]. */
  readonly layout?: 'nchw' | 'nhwc';
  /** Element type of the new input; the model's own if absent. */
  readonly dtype?: DType;
  /** Height and width of the new input, resized to the model's by linear interpolation. */
  readonly size?: readonly [height: number, width: number];
  /**
   * Whether arithmetic and channel order are folded into the first convolutions: by default if that is exact
   * at padded borders too.
   */
  readonly fold?: 'where-exact' | 'never';
}
