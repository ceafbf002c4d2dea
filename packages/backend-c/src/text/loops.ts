import { stridesOf } from '@ghostc/ir';

/** `for (int i = 0; i < count; i++) { ... }`, count a number or C; nothing for no iteration, no loop for one with the index unused. */
export function loop(index: string, count: number | string, body: readonly string[]): string[] {
  if (count === 0) return [];
  return [`for (int ${index} = 0; ${index} < ${count}; ${index}++) {`, ...body, '}'];
}

/** Loops over all positions of `dims`, outermost first; axes of size 1 have the index '0'. */
export function nest(
  dims: readonly number[],
  body: (index: readonly string[]) => readonly string[],
  prefix = 'i',
): string[] {
  const names = dims.map((dim, axis) => (dim === 1 ? '0' : `${prefix}${axis}`));
  let lines = [...body(names)];
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis] ?? 1;
    if (dim !== 1) lines = loop(names[axis] ?? 'i', dim, lines);
  }
  return lines;
}

/** `offset + sum of index[a] * strides[a]` as C. */
export function affine(index: readonly string[], strides: readonly number[], offset = 0): string {
  const terms = index.flatMap((name, axis) => {
    const stride = strides[axis] ?? 0;
    if (name === '0' || stride === 0) return [];
    return [stride === 1 ? name : `${name} * ${stride}`];
  });
  if (offset !== 0 || terms.length === 0) terms.push(String(offset));
  return terms.join(' + ').replaceAll('+ -', '- ');
}

export interface Walk {
  readonly dims: readonly number[];
  /** Element strides of each operand along `dims`. */
  readonly strides: readonly (readonly number[])[];
}

/** The same walk with as few axes as possible: axes of size 1 dropped, neighbours merged where all strides allow. */
export function collapse({ dims, strides }: Walk): Walk {
  const keep = [...dims.keys()].filter((axis) => dims[axis] !== 1);
  const merged: { dim: number; strides: number[] }[] = [];
  for (const axis of keep) {
    const dim = dims[axis] ?? 1;
    const steps = strides.map((list) => list[axis] ?? 0);
    const last = merged.at(-1);
    if (last?.strides.every((stride, i) => stride === (steps[i] ?? 0) * dim))
      merged[merged.length - 1] = { dim: last.dim * dim, strides: steps };
    else merged.push({ dim, strides: steps });
  }
  return {
    dims: merged.map(({ dim }) => dim),
    strides: strides.map((_, i) => merged.map((axis) => axis.strides[i] ?? 0)),
  };
}

/** Strides of an operand under broadcasting to `to`: 0 along axes that it repeats. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const shift = to.length - from.length;
  return to.map((_, axis) => ((from[axis - shift] ?? 1) === 1 ? 0 : (strides[axis - shift] ?? 0)));
}
