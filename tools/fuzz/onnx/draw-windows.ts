import type { DType } from '@ghostc/ir';
import { type Attrs, float, floats, int, ints, text } from './attributes.ts';
import { type DrawRow, type Parts, row } from './draw-op.ts';
import type { ModelDraft, Ref } from './model-draft.ts';

const windowTypes: readonly DType[] = ['f32', 'f32', 'f32', 'f32', 'f64', 'f16'];

/** An image with one to three spatial axes, in most cases two. */
function image(d: ModelDraft, channels: number, dtypes: readonly DType[] = windowTypes): Ref {
  const rank = d.pick([2, 2, 2, 2, 1, 1, 3]);
  const spatial = Array.from({ length: rank }, () => d.between(1, rank === 3 ? 4 : 7));
  return d.value({ dtypes, shape: [d.pick([1, 1, 2]), channels, ...spatial] });
}

interface WindowRequest {
  readonly dilated: boolean;
  readonly pooled?: boolean;
  /** Largest pad for a kernel. */
  readonly pad: (kernel: number) => number;
}

/** Strides, dilations and pads of a window that the padded image holds at least once. */
function windowAttrs(
  d: ModelDraft,
  spatial: readonly number[],
  { dilated, pad, pooled = false }: WindowRequest,
): { kernel: number[]; attrs: Attrs } {
  const dilations = spatial.map(() => (dilated && d.chance(25) ? 2 : 1));
  const auto = d.chance(25) ? d.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID']) : undefined;
  const explicit = !auto && d.chance(60);
  const kernel = spatial.map((size) => d.between(1, Math.min(3, size)));
  const pads = [...kernel, ...kernel].map((k) => (explicit ? d.between(0, pad(k)) : 0));
  const fits = (k: number, i: number): boolean => {
    const padded = (spatial[i] ?? 0) + (pads[i] ?? 0) + (pads[i + kernel.length] ?? 0);
    return (k - 1) * (dilations[i] ?? 1) + 1 <= padded;
  };
  const safe = kernel.map((k, i) => (fits(k, i) ? (dilations[i] ?? 1) : 1));
  const strides = d.maybe(
    60,
    spatial.map(() => d.pick([1, 1, 2, 3])),
  );
  // pools of ONNX Runtime refuse a pad below 0, and skip as many cells where they are of float64 or bytes
  const skips = (size: number, i: number): boolean => {
    const step = strides?.[i] ?? 1;
    return (Math.ceil(size / step) - 1) * step + ((kernel[i] ?? 1) - 1) * (safe[i] ?? 1) + 1 < size;
  };
  const valid = pooled && auto && spatial.some(skips) ? 'VALID' : auto;
  const attrs = {
    strides: strides && ints(strides),
    dilations: dilated && (safe.some((n) => n > 1) || d.chance(40)) ? ints(safe) : undefined,
    pads: explicit ? ints(pads) : undefined,
    auto_pad: valid ? text(valid) : d.maybe(15, text('NOTSET')),
  };
  return { kernel, attrs };
}

/** Inputs (image, weights, perhaps a bias), attributes and channels of a convolution. */
export function convParts(d: ModelDraft, dtypes?: readonly DType[]): Parts & { readonly channels: number } {
  const group = d.pick([1, 1, 1, 2, 3]);
  const perGroup = d.pick([1, 1, 2]);
  const x = image(d, group * perGroup, dtypes);
  const { kernel, attrs } = windowAttrs(d, x.shape.slice(2), { dilated: true, pad: () => 2 });
  const m = group * d.pick([1, 2, 3]);
  const w = d.fresh(x.dtype, [m, perGroup, ...kernel], 'plain');
  const bias = d.chance(60) ? d.fresh(x.dtype, [m]) : null;
  const more = {
    group: group > 1 ? int(group) : d.maybe(30, int(1)),
    kernel_shape: d.maybe(60, ints(kernel)),
  };
  return { inputs: [x, w, bias], attrs: { ...attrs, ...more }, channels: m };
}

function drawConv(d: ModelDraft): void {
  const { inputs, attrs } = convParts(d);
  d.add('Conv', inputs, attrs);
}

function drawConvTranspose(d: ModelDraft): void {
  const group = d.pick([1, 1, 1, 2]);
  const perGroup = d.pick([1, 2]);
  const x = image(d, group * perGroup);
  const spatial = x.shape.slice(2);
  const kernel = spatial.map(() => d.between(1, 3));
  const strides = spatial.map(() => d.pick([1, 2, 3]));
  const auto = d.chance(15) ? d.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID']) : undefined;
  const attrs = {
    strides: d.maybe(70, ints(strides)),
    dilations: d.maybe(20, ints(spatial.map(() => d.pick([1, 2])))),
    pads: auto
      ? undefined
      : d.maybe(50, ints([...kernel, ...kernel].map((k) => d.between(0, Math.max(0, k - 1))))),
    auto_pad: auto ? text(auto) : undefined,
    output_padding: d.maybe(25, ints(strides.map((s) => d.between(0, s - 1)))),
    output_shape: d.maybe(15, ints(spatial.map((size, i) => size * (strides[i] ?? 1)))),
    group: group > 1 ? int(group) : d.maybe(30, int(1)),
    kernel_shape: d.maybe(60, ints(kernel)),
  };
  const m = d.pick([1, 2, 3]);
  const bias = d.chance(60) ? d.fresh(x.dtype, [m * group]) : null;
  d.add('ConvTranspose', [x, d.fresh(x.dtype, [group * perGroup, m, ...kernel], 'plain'), bias], attrs);
}

function drawPool(op: string): (d: ModelDraft) => void {
  return (d) => {
    const x = image(
      d,
      d.pick([1, 2, 3]),
      op === 'MaxPool' && d.opset >= 12 ? [...windowTypes, 'i8', 'u8'] : windowTypes,
    );
    const dilated = op === 'MaxPool' ? d.opset >= 10 : op === 'AveragePool' ? d.opset >= 19 : d.opset >= 18;
    const { kernel, attrs } = windowAttrs(d, x.shape.slice(2), { dilated, pooled: true, pad: (k) => k - 1 });
    const ceil = op === 'LpPool' ? d.opset >= 18 : d.opset >= 10;
    const own: Attrs =
      op === 'AveragePool'
        ? { count_include_pad: d.maybe(50, int(d.below(2))) }
        : op === 'LpPool'
          ? { p: d.maybe(60, int(d.pick([1, 2, 3]))) }
          : { storage_order: d.opset >= 8 ? d.maybe(15, int(d.below(2))) : undefined };
    const more = { kernel_shape: ints(kernel), ceil_mode: ceil ? d.maybe(40, int(d.below(2))) : undefined };
    d.add(
      op,
      [x],
      { ...attrs, ...own, ...more },
      { outputs: op === 'MaxPool' && d.opset >= 8 && d.chance(25) ? 2 : 1 },
    );
  };
}

const globalPool =
  (op: string) =>
  (d: ModelDraft): void =>
    d.add(op, [image(d, d.pick([1, 2, 3]))]);

function drawResize(d: ModelDraft): void {
  const mode = d.pick(d.opset >= 11 ? ['nearest', 'linear', 'cubic'] : ['nearest', 'linear']);
  const coordinate = d.pick([
    'half_pixel',
    'asymmetric',
    'align_corners',
    'pytorch_half_pixel',
    ...(d.opset >= 19 ? ['half_pixel_symmetric'] : []),
    'tf_crop_and_resize',
  ]);
  const crop = coordinate === 'tf_crop_and_resize';
  const antialias = d.opset >= 18 && mode !== 'nearest' ? d.maybe(30, int(d.below(2))) : undefined;
  // products with a matrix of weights: 0 times an infinity fills its row
  const matrix = mode === 'cubic' || antialias || crop || coordinate === 'half_pixel_symmetric';
  const x = d.value({
    dtypes: ['f32', 'f32', 'f32', 'f32', 'i32', 'u8', 'i8', 'f16'],
    shape: d.pick([imageShape(d), imageShape(d), d.shape(1, 4)]),
    elements: mode !== 'nearest' && matrix ? Number.isFinite : undefined,
  });
  const rank = x.shape.length;
  const scales = x.shape.map((_, i) => (i < rank - 2 ? 1 : d.pick([1, 2, 0.5, 1.5, 3, 0.7, 2.6])));
  if (d.opset < 11) {
    d.add('Resize', [x, d.numbers('f32', [rank], scales, 3)], { mode: d.maybe(80, text(mode)) });
    return;
  }
  const axes = d.opset >= 18 && d.chance(30) && rank > 1 ? [rank - 2, rank - 1] : undefined;
  const listed = axes ? axes.map((a) => scales[a] ?? 0) : scales;
  const roi = crop ? [...listed.map(() => d.pick([0, 0.1])), ...listed.map(() => d.pick([1, 0.8, 1.2]))] : [];
  const bySize = d.chance(50);
  const sizes = listed.map((scale, i) => Math.max(1, Math.floor((x.shape[axes?.[i] ?? i] ?? 1) * scale)));
  const attrs = {
    mode: mode === 'nearest' ? d.maybe(60, text(mode)) : text(mode),
    coordinate_transformation_mode: crop ? text(coordinate) : d.maybe(70, text(coordinate)),
    nearest_mode: d.maybe(50, text(d.pick(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']))),
    cubic_coeff_a: mode === 'cubic' ? d.maybe(40, float(-0.5)) : undefined,
    exclude_outside: mode === 'cubic' ? d.maybe(40, int(d.below(2))) : undefined,
    extrapolation_value: crop ? d.maybe(50, float(d.pick([0, 7]))) : undefined,
    antialias,
    axes: axes && ints(axes),
    keep_aspect_ratio_policy:
      d.opset >= 18 && bySize
        ? d.maybe(40, text(d.pick(['stretch', 'not_larger', 'not_smaller'])))
        : undefined,
  };
  const region = crop || d.opset < 13 ? d.numbers('f32', [roi.length], roi, 0) : null;
  const empty = d.opset < 13 ? d.numbers('f32', [0], [], 0) : null;
  const inputs = bySize
    ? [region, empty, d.vector(sizes)]
    : [region, d.numbers('f32', [listed.length], listed, 0)];
  d.add('Resize', [x, ...inputs], attrs);
}

const imageShape = (d: ModelDraft): number[] => [
  d.pick([1, 2]),
  d.pick([1, 2, 3]),
  d.between(1, 6),
  d.between(1, 6),
];

function drawUpsample(d: ModelDraft): void {
  const x = d.value({ dtypes: ['f32', 'f32', 'f32', 'u8', 'i32'], shape: imageShape(d) });
  const scales = [1, 1, d.pick([1, 2, 3, 1.5]), d.pick([1, 2, 2.5])];
  const mode = d.maybe(80, text(d.pick(['nearest', 'linear'])));
  if (d.opset < 9) {
    d.add('Upsample', [x], { mode, scales: floats(scales) });
    return;
  }
  d.add('Upsample', [x, d.numbers('f32', [4], scales, 3)], { mode });
}

export const windowRows: readonly DrawRow[] = [
  row('AveragePool', drawPool('AveragePool')),
  row('Conv', drawConv),
  row('ConvTranspose', drawConvTranspose),
  row('GlobalAveragePool', globalPool('GlobalAveragePool')),
  row('GlobalMaxPool', globalPool('GlobalMaxPool')),
  row('LpPool', drawPool('LpPool')),
  row('MaxPool', drawPool('MaxPool')),
  row('Resize', drawResize, 10),
  ['Upsample', { since: 7, until: 9, draw: drawUpsample }],
];
