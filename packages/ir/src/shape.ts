import { CompileError } from './compile-error.ts';
import type { Dim } from './dim.ts';
import { isStatic } from './dim.ts';

/** Outermost dimension first; images are NCHW. `[]` is a scalar. */
export type Shape = readonly Dim[];

/** Whether every size is a number. */
export function isStaticShape(shape: Shape): shape is readonly number[] {
  return shape.every(isStatic);
}

/** The shape as numbers; throws `shape/symbolic` when a dimension is symbolic. */
export function staticShape(shape: Shape): number[] {
  if (isStaticShape(shape)) return [...shape];
  throw new CompileError(
    'shape/symbolic',
    `expected a fixed shape, found [${shape.join(',')}]; bind its dimensions first`,
  );
}

/** Number of elements of a fixed shape; throws when it is symbolic or exceeds 2^53. */
export function numElements(shape: Shape): number {
  const count = staticShape(shape).reduce((product, dim) => product * dim, 1);
  if (Number.isSafeInteger(count)) return count;
  throw new CompileError('shape/too-large', `[${shape.join(',')}] has more elements than can be counted`);
}

/** Whether two shapes have the same rank and sizes; symbolic sizes are compared as text. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/** Multidirectional broadcasting as ONNX and NumPy define it; throws `shape/broadcast`. */
export function broadcastShapes(a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new CompileError('shape/broadcast', `[${a.join(',')}] and [${b.join(',')}] do not broadcast`);
  });
}
