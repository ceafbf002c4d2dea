import { CompileError } from '@ghostc/ir';
import type { Weights } from './state.ts';

/** A published network whose convolutions became Ghost modules. */
export interface RatioModelOptions {
  readonly weights: Weights;
  /** s of the paper: outputs of a Ghost module over those of its primary convolution, at least 2. */
  readonly ratio?: number;
  readonly resolution?: number;
  readonly classes?: number;
  readonly batch?: number;
}

/** Throws `ghostnet/spec`. */
export function checkRatioSpec(
  { ratio, resolution, classes }: Required<Omit<RatioModelOptions, 'weights'>>,
  least: number,
): void {
  const within = (value: number, low: number, high: number): boolean =>
    Number.isInteger(value) && value >= low && value <= high;
  const problems = [
    !within(ratio, 2, 64) && `ratio expects an integer from 2 to 64, found ${ratio}`,
    !within(resolution, least, 4096) && `resolution expects ${least} to 4096 pixels, found ${resolution}`,
    !within(classes, 1, 1e6) && `classes expects 1 to 1000000, found ${classes}`,
  ].filter((problem) => problem !== false);
  if (problems.length) throw new CompileError('ghostnet/spec', problems.join('; '));
}
