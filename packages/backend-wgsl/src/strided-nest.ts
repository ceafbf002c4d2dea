import { stridesOf } from '@ghostc/ir';

/** A loop nest over `dims` (outermost first) in which tensor t is at offset + sum(index[a] * strides[t][a]). */
export interface StridedNest {
  readonly dims: readonly number[];
  /** In elements, one list a tensor. */
  readonly strides: readonly (readonly number[])[];
}

/** The same nest with as few axes as possible, at least one: axes of size 1 vanish, contiguous neighbours merge. */
export function collapseNest({ dims, strides }: StridedNest): StridedNest {
  const kept: { size: number; steps: number[] }[] = [];
  dims.forEach((size, axis) => {
    if (size === 1) return;
    const steps = strides.map((list) => list[axis] ?? 0);
    const outer = kept.at(-1);
    if (outer?.steps.every((step, t) => step === (steps[t] ?? 0) * size))
      kept[kept.length - 1] = { size: outer.size * size, steps };
    else kept.push({ size, steps });
  });
  if (kept.length === 0) kept.push({ size: 1, steps: strides.map(() => 1) });
  return {
    dims: kept.map(({ size }) => size),
    strides: strides.map((_, t) => kept.map(({ steps }) => steps[t] ?? 0)),
  };
}

/** The axes of `shape` outside `inside` as a nest, and those inside as another. */
export function partedNests(
  shape: readonly number[],
  inside: ReadonlySet<number>,
): readonly [outer: StridedNest, inner: StridedNest] {
  const strides = stridesOf(shape);
  const nestOf = (axes: readonly number[]): StridedNest =>
    collapseNest({
      dims: axes.map((axis) => shape[axis] ?? 1),
      strides: [axes.map((axis) => strides[axis] ?? 1)],
    });
  const axes = [...shape.keys()];
  return [nestOf(axes.filter((axis) => !inside.has(axis))), nestOf(axes.filter((axis) => inside.has(axis)))];
}

/** Row-major strides of `from`, 0 along axes that broadcast to `to`. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let back = 1; back <= from.length; back++) {
    const dim = from[from.length - back] ?? 1;
    if (dim !== 1) strides[to.length - back] = stride;
    stride *= dim;
  }
  return strides;
}
