import type { StridedNest } from '../strided-nest.ts';

export interface NestText {
  /** Declares i0, i1, ... from `item`, and an index for each tensor. */
  readonly text: string;
  readonly ints: Readonly<Record<string, number>>;
}

/** Index arithmetic of a nest. Tensor `a` gets `let a = A_AT + i0 * A_0 + ...` with its first index `offsets.a`. */
export function nestText(
  { dims, strides }: StridedNest,
  offsets: Readonly<Record<string, number>>,
): NestText {
  const names = Object.keys(offsets);
  const ints: Record<string, number> = {};
  dims.forEach((size, axis) => {
    if (axis > 0) ints[`D${axis}`] = size;
  });
  names.forEach((name, t) => {
    ints[`${name.toUpperCase()}_AT`] = offsets[name] ?? 0;
    for (const axis of dims.keys()) ints[`${name.toUpperCase()}_${axis}`] = strides[t]?.[axis] ?? 0;
  });
  return {
    text: [unflatten(dims.length), ...names.map((name) => indexText(name, dims.length))].join('\n'),
    ints,
  };
}

/** i0, i1, ... of `item`, the last fastest. */
function unflatten(rank: number): string {
  if (rank === 1) return 'let i0 = item;';
  const lines = ['var rest = item;'];
  for (let axis = rank - 1; axis > 0; axis--)
    lines.push(`let i${axis} = rest % D${axis};`, `rest = rest / D${axis};`);
  return [...lines, 'let i0 = rest;'].join('\n');
}

function indexText(name: string, rank: number): string {
  const upper = name.toUpperCase();
  const terms = Array.from({ length: rank }, (_, axis) => `i${axis} * ${upper}_${axis}`);
  return `let ${name} = ${[`${upper}_AT`, ...terms].join(' + ')};`;
}
