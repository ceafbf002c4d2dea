import type { Tensor } from '@ghostc/ir';
import { type SweepCase, seededTensor, sweepCase } from './sweep-case.ts';

interface Geometry {
  readonly rank: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly group: number;
}

/** Where the output ends: by pads, or by what gives pads. */
type Ending = Readonly<Record<string, string | readonly number[]>>;

/** Every combination of ConvTranspose's attributes. */
export function* convTransposeCases(): Generator<SweepCase> {
  for (const rank of [2, 1, 3])
    for (const kernel of [3, 1, 2, 4])
      for (const stride of [1, 2, 3])
        for (const dilation of [1, 2])
          for (const group of [1, 2]) yield* endings({ rank, kernel, stride, dilation, group });
}

function* endings(geometry: Geometry): Generator<SweepCase> {
  const { rank, stride, kernel, dilation } = geometry;
  const all = (value: number): number[] => new Array<number>(rank).fill(value);
  const natural = sizes(rank).map((size) => stride * (size - 1) + dilation * (kernel - 1) + 1);
  const biases = [seededTensor({ dtype: 'f32', shape: [3 * geometry.group] }, 3)];
  const extras = stride > 1 || dilation > 1 ? [undefined, all(1)] : [undefined];
  for (const output_padding of extras)
    for (const [i, ending] of [...padded(rank), ...automatic(), ...shaped(natural)].entries())
      yield transposeCase(
        geometry,
        { ...ending, ...(output_padding && { output_padding }) },
        biases.slice(i % 2),
      );
}

function* padded(rank: number): Generator<Ending> {
  yield {};
  yield { pads: new Array<number>(2 * rank).fill(1) };
  yield { pads: Array.from({ length: 2 * rank }, (_, i) => i % 3) };
}

function* automatic(): Generator<Ending> {
  for (const auto_pad of ['VALID', 'SAME_UPPER', 'SAME_LOWER']) yield { auto_pad };
}

function* shaped(natural: readonly number[]): Generator<Ending> {
  for (const more of [0, 1, 2, -1, -2]) {
    const output_shape = natural.map((size, axis) => Math.max(1, size + more + (axis % 2)));
    yield { output_shape };
    yield { output_shape, auto_pad: 'SAME_UPPER' };
    yield { output_shape, auto_pad: 'SAME_LOWER' };
  }
}

function sizes(rank: number): number[] {
  return [4, 3, 2].slice(0, rank);
}

function transposeCase(geometry: Geometry, ending: Ending, biases: readonly Tensor[]): SweepCase {
  const { rank, kernel, stride, dilation, group } = geometry;
  const all = (value: number): number[] => new Array<number>(rank).fill(value);
  const weight = seededTensor({ dtype: 'f32', shape: [4, 3, ...all(kernel)] }, 2);
  const attributes = { strides: all(stride), dilations: all(dilation), group, ...ending };
  const listed = Object.entries(attributes).map(([name, value]) => `${name} ${value}`);
  return sweepCase(`ConvTranspose rank ${rank} kernel ${kernel} ${listed.join(' ')}`, {
    op: 'ConvTranspose',
    opset: 11,
    attributes,
    x: { dtype: 'f32', shape: [1, 4, ...sizes(rank)] },
    constants: [weight, ...biases],
  });
}
