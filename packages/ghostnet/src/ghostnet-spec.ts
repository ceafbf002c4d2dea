import { CompileError } from '@ghostc/ir';
import { dialects, type GhostNetVariant } from './dialect.ts';

export interface GhostNetSpec {
  /** V1 (CVPR 2020), V2 (NeurIPS 2022), V3 (2024) re-parameterised, or V3 with its training branches. */
  readonly variant: GhostNetVariant;
  /** Width multiplier: 0.5, 1.0 and 1.3 are published for V1; 1.0, 1.3 and 1.6 for V2 and V3. */
  readonly width: number;
  /** Height and width of the input in pixels. */
  readonly resolution: number;
  readonly classes: number;
  /** Rate of the dropout before the classifier; it does nothing at inference. 0 leaves the node out. V3 has none. */
  readonly dropout: number;
}

const MAX_WIDTH = 16;
const MAX_SIZE = 4096;
/** Attention halves what five strides of 2 leave: they must leave 2 pixels. */
const MIN_ATTENTION_SIZE = 33;

/** Throws `ghostnet/spec` that names every field out of range. */
export function checkGhostNetSpec({ variant, width, resolution, classes, dropout }: GhostNetSpec): void {
  const least = Number.isFinite(dialects[variant].attentionFrom) ? MIN_ATTENTION_SIZE : 1;
  const problems = [
    !(width > 0 && width <= MAX_WIDTH) && `width expects a number up to ${MAX_WIDTH}, found ${width}`,
    !isCount(resolution, least, MAX_SIZE) &&
      `resolution of ${variant} expects ${least} to ${MAX_SIZE} pixels, found ${resolution}`,
    !isCount(classes, 1, 1e6) && `classes expects 1 to 1000000, found ${classes}`,
    !(dropout >= 0 && dropout < 1) && `dropout expects a rate from 0 up to 1, found ${dropout}`,
  ].filter((problem) => problem !== false);
  if (problems.length) throw new CompileError('ghostnet/spec', problems.join('; '));
}

export function isCount(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
