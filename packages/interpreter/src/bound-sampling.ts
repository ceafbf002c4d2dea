import { itemAt, type Tensor, toNumbers } from '@ghostc/ir';
import { attrsOf, gridSample, sampledPosition } from '@ghostc/ops';
import { type Errors, type Results, type Step, unitOf } from './bound-step.ts';
import { eachNumber, errorTensor, gamma, magnitude } from './bounded.ts';

/** Sums of the magnitudes of the weights of both axes, and how fast they change with the position. */
const sums = { nearest: 1, linear: 1, cubic: 2.25 } as const;
const slopes = { nearest: 0, linear: 2, cubic: 8 } as const;
/** Roundings of a position, and of a sum of products. */
const POSITION_ROUNDINGS = 6;
const SUM_ROUNDINGS = 40;

/**
 * With M the largest pixel of the plane and a position that is off by d: the nearest pixel may differ if d
 * reaches a half, unless float32 has the position exactly; between pixels the change is at most slope M d.
 */
export function sampled(step: Step, [y]: Results): Errors {
  const { node, inputs } = step;
  const attrs = attrsOf(gridSample, { attrs: step.attrs });
  const [x, grid] = [itemAt(inputs, 0), itemAt(inputs, 1)];
  if (!x || !grid) return [null];
  const unit = unitOf(node);
  const [, channels = 1, height = 1, width = 1] = x.tensor.shape;
  const [most, worst] = [planes(magnitude(x, 1)), planes(errorTensor(x))];
  const [normals, doubts] = [toNumbers(grid.tensor), grid.error];
  const plane = grid.tensor.data.length / (2 * (x.tensor.shape[0] ?? 1));
  const sizeOf = (i: number): number => (i % 2 ? height : width);
  const doubt = (i: number): number => ((doubts?.[i] ?? 0) * sizeOf(i)) / 2;
  const rounding = (i: number): number =>
    POSITION_ROUNDINGS * unit * (Math.abs(Number(normals[i])) + 1) * sizeOf(i);
  const off = eachNumber(normals.length, (i) => rounding(i) + doubt(i));
  const positionOf = (i: number, single: (v: number) => number): number =>
    sampledPosition(Number(normals[i]), sizeOf(i), {
      ...attrs,
      mode: 'linear',
      padding_mode: 'zeros',
      single,
    });
  const jumps = eachNumber(normals.length, (i) => {
    if (attrs.mode !== 'nearest') return 0;
    const at = positionOf(i, (v) => v);
    const most = doubt(i) + (at === positionOf(i, Math.fround) ? 0 : rounding(i));
    return most > 0 && Math.abs(at - Math.floor(at) - 0.5) <= most ? 1 : 0;
  });
  return [
    eachNumber(toNumbers(y).length, (i) => {
      const [image, at] = [Math.floor(i / plane), i % plane];
      const place = (Math.floor(image / channels) * plane + at) * 2;
      const both = (list: Float64Array): number => (list[place] ?? 0) + (list[place + 1] ?? 0);
      const m = most[image] ?? 0;
      const summed = attrs.mode === 'nearest' ? 0 : gamma(SUM_ROUNDINGS, unit) * sums[attrs.mode] * m;
      const jump = both(jumps) ? 2 * sums[attrs.mode] * m : 0;
      return sums[attrs.mode] * (worst[image] ?? 0) + summed + slopes[attrs.mode] * m * both(off) + jump;
    }),
  ];
}

/** The largest element of each image of each channel. */
function planes(x: Tensor): Float64Array {
  const [n = 1, c = 1, height = 1, width = 1] = x.shape;
  const values = toNumbers(x);
  const most = new Float64Array(n * c);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / (height * width));
    most[at] = Math.max(most[at] ?? 0, Number(values[i]) || 0);
  }
  return most;
}
