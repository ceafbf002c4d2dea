import { loop } from '../text/loops.ts';
import type { ConvGeometry } from './conv-geometry.ts';

/**
 * The body of a convolution for each image and group: `body` computes one; then x, y, r and, over the groups, w and b step to the
 * next.
 */
export function overImages(
  geometry: ConvGeometry,
  { residual, body }: { readonly residual: boolean; readonly body: readonly string[] },
): string[] {
  const { batch, group, channels, height, width, m, outHeight, outWidth, inner } = geometry;
  if (batch * group === 1) return [...body];
  const perGroup = m / group;
  const outputs = perGroup * outHeight * outWidth;
  const weights = perGroup * inner;
  const step = [
    `x += ${(channels / group) * height * width};`,
    `y += ${outputs};`,
    ...(residual ? [`r += ${outputs};`] : []),
    ...(group > 1
      ? [
          `w += g + 1 < ${group} ? ${weights} : ${-weights * (group - 1)};`,
          `b += g + 1 < ${group} ? ${perGroup} : ${-perGroup * (group - 1)};`,
        ]
      : []),
  ];
  const groups = group > 1 ? loop('g', group, [...body, ...step]) : [...body, ...step];
  return batch > 1 ? loop('n', batch, groups) : groups;
}
