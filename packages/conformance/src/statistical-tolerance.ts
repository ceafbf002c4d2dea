import type { Arithmetic, NoisyOutput } from '@ghostc/interpreter';
import { type Tensor, toNumbers } from '@ghostc/ir';
import { largestMagnitude, type Tolerance, tooWide } from './compare.ts';

/** Standard deviations. Correct engines are within 1 to 6; float16 in place of float32 is at thousands. */
const DEVIATIONS = 8;

/** Fraction of the elements that may be a step off in a correct engine, beyond those that the noise explains. */
const STEPS_OFF = 0.01;

/** With noise above this fraction of the outputs (20 dB below them) nothing can be judged. */
const MOST_NOISE = 0.1;

const known = new WeakMap<NoisyOutput, Tolerance>();

/** What rounding explains of an output, from the noisy runs of its model. */
export function statisticalTolerance(noise: NoisyOutput): Tolerance {
  const tolerance = known.get(noise) ?? toleranceOf(noise);
  known.set(noise, tolerance);
  return tolerance;
}

function toleranceOf(noise: NoisyOutput): Tolerance {
  const { sigma, largest, rms, discontinuous, step } = noise;
  const usual = sigma.map((s) => DEVIATIONS * s);
  const reason = `${DEVIATIONS} standard deviations of random rounding`;
  const plain = { relative: 0, absolute: 0, vetted: true, reason } as const;
  if (!discontinuous) return { ...plain, bound: usual };
  const most = Math.max(2 * largest, roundedStep(noise));
  const few = Math.max(STEPS_OFF, 2 / Math.max(1, sigma.length));
  const bound = usual.map((u) => (step > 0 ? most : Math.max(u, most)));
  return {
    ...plain,
    bound,
    usual: step > 0 ? usual.fill(step / 2) : usual,
    rms: DEVIATIONS * rms + most * Math.sqrt(few),
  };
}

/** The largest difference of two neighbouring multiples of the step, each rounded to float32: by half a unit, 2^-24 of it. */
function roundedStep({ step, value }: NoisyOutput): number {
  return step && step + 2 ** -23 * (largestMagnitude(toNumbers(value)) + step);
}

/** Why the tolerance cannot tell a result from noise; undefined if it can. */
export function cannotTell(
  expected: Tensor,
  { bound, rms }: Tolerance,
  arithmetic: Arithmetic = 'f32',
): string | undefined {
  const values = toNumbers(expected);
  const half = expected.dtype === 'f32' && (arithmetic === 'f16' || arithmetic === 'bf16');
  if (rms === undefined) return tooWide(values, (i) => bound?.[i] ?? 0, half ? arithmetic : expected.dtype);
  const size = rootMeanSquare(values);
  if (rms <= MOST_NOISE * (size || 1) || expected.data.length < 1 / STEPS_OFF) return undefined;
  return `rounding alone moves the outputs by ${rms.toExponential(1)}, and they are ${size.toExponential(1)} in size`;
}

/** sqrt(mean(v^2)); NaN counts as 0, and so does an empty list. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += Number(values[i]) ** 2 || 0;
  return Math.sqrt(squares / Math.max(1, values.length));
}

/** |actual - expected| <= atol + rtol |expected|, element by element, as in numpy.allclose. */
export function allclose(expected: Tensor, rtol: number, atol: number): Tolerance {
  const bound = Float64Array.from(toNumbers(expected), (v) => {
    const size = Math.abs(Number(v));
    return atol + (Number.isFinite(size) ? rtol * size : 0);
  });
  return { relative: 0, absolute: 0, bound, vetted: true, reason: `rtol ${rtol}, atol ${atol}` };
}
