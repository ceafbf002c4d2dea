import { type Attr, type Attrs, isFloat, numElements, type TensorType } from '@ghostc/ir';
import { activationOp, type OpDefinition, type RecurrentCell, recurrentCells } from '@ghostc/ops';
import type { Choices } from './choices.ts';
import type { Coverage } from './coverage.ts';

type Draw = (choices: Choices, shape: readonly number[], attrs: Attrs) => Attr;

const axis: Draw = (choices, { length }) => choices.between(-length, length - 1);
const axes: Draw = (choices, { length }) => {
  const some = choices.list(length, (a) => a).filter(() => choices.once(2));
  return choices.once(3) ? some.map((a) => a - length) : some;
};
const window: Draw = (choices) => [choices.between(1, 3), choices.between(1, 3)];
const zeroPoint: Draw = (choices, _, { y_dtype }) =>
  y_dtype === 'i16' ? 0 : choices.between(y_dtype === 'u8' ? 0 : -20, 20);

const noActivation = { epilogue: { params: [] }, random: { attrs: {} } };

/** Parameters of the activation named by the attribute without `_params`. */
function activationParams(activation: Attr | undefined): number[] {
  const { epilogue, random } = activationOp(String(activation)) ?? noActivation;
  const given: Attrs = random.attrs;
  return epilogue.params.map((name) => Number(given[name]));
}

/** Attribute values by name: most fit the shape of the first operand, and inference rejects the rest. */
const byName: Readonly<Record<string, Draw>> = {
  axis,
  axes,
  kernel_shape: window,
  strides: window,
  dilations: (choices) => [choices.between(1, 2), choices.between(1, 3)],
  pads: (choices, shape, attrs) => {
    const { kernel_shape } = attrs;
    const [h = 2, w = 2] = (kernel_shape as readonly number[] | undefined) ?? [];
    return kernel_shape || 'strides' in attrs
      ? [h, w, h, w].map((k) => choices.below(k))
      : [...shape, ...shape].map((size) => (size > 1 ? choices.pick([0, 0, 1, 2]) : 0));
  },
  /** Less than the stride. */
  output_padding: (choices, _, { strides }) => (strides as readonly number[]).map((s) => choices.below(s)),
  perm: (choices, shape) => {
    const left = shape.map((_, a) => a);
    return shape.map(() => left.splice(choices.below(left.length), 1)[0] ?? 0);
  },
  shape: reshaped,
  starts: (choices, shape) => shape.map((size) => choices.between(-1, Math.max(0, (size >> 1) - 1))),
  ends: (choices, shape) => shape.map((size) => (choices.once(2) ? 2 ** 31 - 1 : choices.between(1, size))),
  steps: (choices, shape) => shape.map(() => choices.pick([1, 1, 2])),
  /** Without a default they follow the plane. */
  sizes: (choices, shape, attrs) =>
    'half_pixel_centers' in attrs
      ? window(choices, shape, attrs)
      : shape.length === 4
        ? spatial(choices, shape, [1, 9])
        : [],
  scales: (choices, shape, { sizes }) =>
    (sizes as readonly number[]).length
      ? []
      : shape.map((_, a) => (a < 2 ? 1 : choices.pick([1, 1.5, 2, 3, 0.5]))),
  k: (choices, shape) => choices.between(1, Math.max(1, Math.min(...shape))),
  group: (choices, shape) => choices.pick([1, 1, ...divisors(shape[1] ?? 1)]),
  multiplier: (choices) => choices.between(1, 2),
  batch_dims: (choices) => choices.pick([0, 0, 1]),
  functions: (_, __, { cell }) => recurrentCells[cell as RecurrentCell].functions,
  min: (choices) => choices.pick([-0.5, -2, 0]),
  max: (choices) => choices.pick([0.25, 1, 6]),
  ratio: (choices) => choices.between(2, 3),
  oup: (choices) => choices.between(2, 7),
  stride: (choices) => choices.between(1, 2),
  kernel_size: (choices) => choices.pick([1, 3]),
  dw_size: (choices) => choices.pick([1, 3]),
  y_scale: (choices) => choices.pick([0.011, 0.05, 0.25]),
  y_zero_point: zeroPoint,
  clamp: (choices, _, { y_dtype }) => (choices.once(3) ? [y_dtype === 'u8' ? 3 : -30, 90] : []),
  epsilon: (choices) => choices.pick([1e-5, 1e-3]),
};

const divisors = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

const spatial = (
  choices: Choices,
  shape: readonly number[],
  [low, high]: readonly [number, number],
): number[] => shape.map((size, a) => (a < 2 ? size : choices.between(low, high)));

/** The elements in another order of axes, with the first axes joined, or with one more axis. */
function reshaped(choices: Choices, shape: readonly number[]): number[] {
  const forms = [
    [...shape].reverse(),
    [-1, ...shape.slice(2)],
    [1, ...shape],
    [numElements(shape)],
    [...shape, 1],
  ];
  return choices.pick(forms);
}

const drawNumber = (expects: string, choices: Choices): number =>
  expects === 'a float' ? choices.pick([0.25, 0.5, 1.5]) : choices.between(1, 3);

/**
 * Attributes of an op: half keep their default if there is one. They are drawn in the op's order, so that a
 * later one can depend on an earlier one. Of three candidates, the one with the least `coverage` is used.
 */
export function drawAttributes(op: OpDefinition, x: TensorType, choices: Choices, coverage: Coverage): Attrs {
  const shape = x.shape.map(Number);
  const attrs: Record<string, Attr> = {};
  const rule = (name: string): number =>
    /^(kernel_shape|y_dtype|half_pixel_centers)$/.test(name)
      ? 0
      : /^sizes$|(activation|gate)$/.test(name)
        ? 1
        : 2;
  const specs = Object.entries(op.attrs).sort(([a], [b]) => rule(a) - rule(b));
  for (const [name, { expects, words, default: fallback }] of specs) {
    const draw = byName[name];
    if (fallback !== undefined && !/_params$|fmod/.test(name) && choices.once(2)) attrs[name] = fallback;
    else if (name === 'fmod') attrs[name] = isFloat(x.dtype) || choices.once(2);
    else if (name.endsWith('_params')) attrs[name] = activationParams(attrs[name.slice(0, -7)]);
    else if (/activation$/.test(name) && !isFloat(x.dtype)) attrs[name] = 'none';
    else if (words) {
      const some = name === 'to' ? words.slice(0, 12) : words;
      attrs[name] = coverage.rarest(
        op,
        name,
        choices.list(3, () => choices.pick(some)),
      );
    } else if (draw) attrs[name] = draw(choices, shape, attrs);
    else if (expects === 'true or false') attrs[name] = choices.once(2);
    else attrs[name] = drawNumber(expects, choices);
  }
  for (const name of ['axes', 'steps'])
    if (name in attrs && 'starts' in attrs)
      attrs[name] = name === 'axes' ? shape.map((_, a) => a) : (attrs[name] as Attr);
  // Its output has one scale, and zero at the low end of the type.
  if (op.name === 'qlinear_softmax')
    return { ...attrs, y_scale: 1 / 256, y_zero_point: attrs.y_dtype === 'u8' ? 0 : -128 };
  return attrs;
}
