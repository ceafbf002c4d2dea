import { type DType, fromNumbers, type Tensor } from '@ghostc/ir';
import { type Attribute, type SweepCase, sweepCase } from './sweep-case.ts';

const coordinates = [
  'half_pixel',
  'asymmetric',
  'align_corners',
  'pytorch_half_pixel',
  'half_pixel_symmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
] as const;

/** What is asked for on the spatial axes: by scales, or by sizes. */
const targets = [
  { scales: [2, 2, 2] },
  { scales: [0.5, 0.5, 0.5] },
  { scales: [1.3, 0.6, 2.5] },
  { scales: [0.6, 1.3, 0.8] },
  { scales: [1.5, 1.1, 1] },
  { scales: [1.05, 1.05, 1.05] },
  { scales: [0.2, 4, 3] },
  { sizes: [9, 4, 5] },
  { sizes: [1, 12, 3] },
  { sizes: [6, 5, 4] },
  { sizes: [7, 10, 2] },
] as const;

const spatialSizes = [6, 5, 4] as const;

interface Modes {
  readonly mode: string;
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
  readonly since: number;
}

function* modes(): Generator<Modes> {
  for (const nearest_mode of ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'])
    yield { mode: 'nearest', attributes: { nearest_mode }, since: 11 };
  yield { mode: 'linear', attributes: {}, since: 11 };
  for (const exclude_outside of [0, 1]) {
    yield { mode: 'linear', attributes: { antialias: 1, exclude_outside }, since: 18 };
    for (const cubic_coeff_a of [-0.75, -0.5]) {
      yield { mode: 'cubic', attributes: { cubic_coeff_a, exclude_outside }, since: 11 };
      yield { mode: 'cubic', attributes: { cubic_coeff_a, exclude_outside, antialias: 1 }, since: 18 };
    }
  }
}

/** Every combination of Resize's attributes, in an order that mixes them. */
export function* resizeCases(): Generator<SweepCase> {
  for (const rank of [4, 3, 5, 2]) {
    for (const dtype of ['f32', 'u8', 'i8', 'i32', 'f16'] as const) {
      yield* oldCases(rank, dtype);
      for (const opset of [11, 13, 18, 19]) yield* newCases({ rank, dtype, opset });
    }
  }
}

interface Kind {
  readonly rank: number;
  readonly dtype: DType;
  readonly opset: number;
}

function* oldCases(rank: number, dtype: DType): Generator<SweepCase> {
  for (const target of targets)
    for (const mode of ['nearest', 'linear'])
      if ('scales' in target) {
        const scales = floats(onAxes(target.scales, rank, 1));
        const text = `Resize opset 10 ${dtype} rank ${rank} ${mode} scales ${target.scales}`;
        yield sweepCase(text, {
          op: 'Resize',
          opset: 10,
          attributes: { mode },
          x: { dtype, shape: shapeOf(rank) },
          constants: [scales],
        });
      }
}

function* newCases(kind: Kind): Generator<SweepCase> {
  for (const { mode, attributes, since } of modes()) {
    if (since > kind.opset) continue;
    for (const coordinate_transformation_mode of coordinates)
      for (const given of targetsOf(kind))
        yield newCase(kind, { ...attributes, mode, coordinate_transformation_mode }, given);
  }
}

interface Given {
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly roi: readonly number[];
}

/** Targets on all axes; from opset 18 on with axes and policies too. */
function* targetsOf({ rank, opset }: Kind): Generator<Given> {
  const axes = spatialAxes(rank);
  const roi = (count: number): number[] => [
    ...Array.from({ length: count }, (_, i) => (i % 2 ? 0.2 : -0.1)),
    ...Array.from({ length: count }, (_, i) => (i % 2 ? 1.3 : 0.7)),
  ];
  const wide = [...shapeOf(rank).map(() => 0), ...shapeOf(rank).map(() => 1)];
  axes.forEach((axis, i) => {
    [wide[axis], wide[axis + rank]] = [roi(axes.length)[i] ?? 0, roi(axes.length)[i + axes.length] ?? 1];
  });
  for (const target of targets) {
    if ('scales' in target) yield { scales: onAxes(target.scales, rank, 1), attributes: {}, roi: wide };
    else yield { sizes: onAxes(target.sizes, rank), attributes: {}, roi: wide };
    if (opset < 18) continue;
    const own = { attributes: { axes }, roi: roi(axes.length) };
    if ('scales' in target) yield { ...own, scales: target.scales.slice(0, axes.length) };
    else
      for (const keep_aspect_ratio_policy of ['stretch', 'not_larger', 'not_smaller'])
        yield {
          roi: own.roi,
          attributes: { axes, keep_aspect_ratio_policy },
          sizes: target.sizes.slice(0, axes.length),
        };
  }
}

function newCase(
  { rank, dtype, opset }: Kind,
  attributes: Readonly<Record<string, Attribute | undefined>>,
  { scales, sizes, attributes: more, roi }: Given,
): SweepCase {
  const crop = attributes.coordinate_transformation_mode === 'tf_crop_and_resize';
  const all = { ...attributes, ...more, ...(crop ? { extrapolation_value: 0.5 } : {}) };
  const empty = opset < 13 ? floats([]) : null;
  const constants = [
    crop ? floats(roi) : empty,
    scales ? floats(scales) : empty,
    ...(sizes ? [fromNumbers('i64', [sizes.length], [...sizes])] : []),
  ];
  const listed = Object.entries(all).map(([name, value]) => `${name} ${value}`);
  return sweepCase(
    `Resize opset ${opset} ${dtype} rank ${rank} ${listed.join(' ')} ${scales ? `scales ${scales}` : `sizes ${sizes}`}`,
    { op: 'Resize', opset, attributes: all, x: { dtype, shape: shapeOf(rank) }, constants },
  );
}

function shapeOf(rank: number): number[] {
  return rank === 2 ? [...spatialSizes.slice(0, 2)] : [1, 2, ...spatialSizes.slice(0, rank - 2)];
}

function spatialAxes(rank: number): number[] {
  return rank === 2 ? [0, 1] : Array.from({ length: rank - 2 }, (_, i) => i + 2);
}

/** Values of the spatial axes, and of the others: `rest`, or their sizes. */
function onAxes(values: readonly number[], rank: number, rest?: number): number[] {
  const axes = spatialAxes(rank);
  return shapeOf(rank).map((size, axis) =>
    axes.includes(axis) ? (values[axes.indexOf(axis)] ?? 1) : (rest ?? size),
  );
}

function floats(values: readonly number[]): Tensor {
  return fromNumbers('f32', [values.length], [...values]);
}
