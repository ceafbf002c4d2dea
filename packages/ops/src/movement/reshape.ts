import {
  CompileError,
  type Dim,
  isStatic,
  itemAt,
  numElements,
  reshaped,
  type Shape,
  staticShape,
} from '@ghostc/ir';
import { ints } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { movedFacts } from './moved-facts.ts';
import { keepQuant } from './movement.ts';

/** The same elements in the same order. One dimension may be -1 (the rest); 0 copies the input's, as ONNX Reshape. */
export const reshape = defineOp({
  name: 'reshape',
  inputs: ['x'],
  attrs: { shape: ints() },
  traits: ['movement'],
  computed: 'kernel',
  integerForm: { kind: 'carried', when: () => true },
  ...movedFacts,
  storage: 'view',
  rows: 'none',
  channels: 'none',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x }, wanted) {
    const shape = reshapedShape(x.shape, wanted.shape);
    const changed = [...x.shape.keys()].filter((axis) => shape[axis] !== x.shape[axis]);
    const before = (x.quant?.axis ?? 0) + 1;
    return {
      dtype: x.dtype,
      shape,
      quant: keepQuant(
        x,
        changed.filter((axis) => axis < before).map(() => before - 1),
      ),
    };
  },
  evaluate: ({ x }, _attrs, [type]) => reshaped(x, staticShape(type.shape)),
});

/** Symbolic dimensions are kept through 0 (copy) and, if only one is left, through -1. */
function reshapedShape(from: Shape, wanted: readonly number[]): Dim[] {
  const dims: Dim[] = wanted.map((dim, axis) => (dim === 0 ? (from[axis] ?? 0) : dim));
  const hole = dims.indexOf(-1);
  if (hole < 0) return checkSize(from, dims);
  const known = dims.filter((_, axis) => axis !== hole).flatMap(factorsOf);
  const left = from.flatMap(factorsOf);
  const rest = known.filter((dim) => {
    const at = isStatic(dim) ? -1 : left.indexOf(dim);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  dims[hole] = divideDims(left, rest, [from, wanted]);
  return dims;
}

/** `n*8` as n and 8; other sizes unchanged. */
function factorsOf(dim: Dim): Dim[] {
  if (isStatic(dim) || !/^\w+(\*\w+)+$/.test(dim)) return [dim];
  return dim.split('*').map((factor) => (/^\d+$/.test(factor) ? Number(factor) : factor));
}

function divideDims(
  left: readonly Dim[],
  rest: readonly Dim[],
  [from, wanted]: readonly [Shape, readonly number[]],
): Dim {
  const symbols = left.filter((dim) => !isStatic(dim));
  const product = (dims: readonly Dim[]): number =>
    dims.reduce<number>((p, dim) => (isStatic(dim) ? p * dim : p), 1);
  const quotient = product(left) / product(rest);
  if (rest.every(isStatic) && symbols.length === 0 && Number.isInteger(quotient)) return quotient;
  if (rest.every(isStatic) && symbols.length === 1 && quotient === 1) return itemAt(symbols, 0);
  if (rest.every(isStatic) && symbols.length > 0 && Number.isInteger(quotient))
    return [...symbols, quotient].join('*');
  throw new CompileError('reshape/infer', `[${from.join(',')}] does not reshape to [${wanted.join(',')}]`);
}

function checkSize(from: Shape, dims: Dim[]): Dim[] {
  const both = from.every(isStatic) && dims.every(isStatic);
  if (!both || numElements(from) === numElements(dims)) return dims;
  throw new CompileError('reshape/infer', `[${from.join(',')}] does not reshape to [${dims.join(',')}]`);
}
