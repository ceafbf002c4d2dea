import { staticShape } from '@ghostc/ir';
import { epilogueOf } from '../epilogue.ts';
import type { Emit, KernelContext, Lane, Step } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import type { WindowGeometry } from './window-geometry.ts';

interface Matrix {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

export const fullyConnected: Emit = (context) => {
  const [rows = 1, inner = 1] = staticShape(sourceOf(context.node, 0).type.shape);
  const [, columns = 1] = staticShape(context.node.output.type.shape);
  return [matrixVector(context, { rows, inner, columns })];
};

/** A 1x1 convolution of images of one pixel. */
export function singlePixel(context: KernelContext, { N, C, M }: WindowGeometry): Step {
  return matrixVector(context, { rows: N, inner: C, columns: M });
}

/**
 * y = act(x w^T + b): one output an invocation, four sums over k modulo 4. Weights lie as [k/4][m][4], so that neighbouring
 * invocations read neighbouring vec4s.
 */
function matrixVector(
  { node, arena, weights, matrix }: KernelContext,
  { rows, inner, columns }: Matrix,
): Step {
  const [x, y] = [arena(sourceOf(node, 0)), arena(node.output)];
  const lane: Lane = inner % 4 === 0 && x % 4 === 0 && y % 4 === 0 ? 'vec4f' : 'f32';
  const { key, text, floats } = epilogueOf(node.attrs, 'f32');
  return {
    id: ['fully_connected', lane, key].join('_'),
    arena: lane,
    weights: 'vec4f',
    matrix: true,
    functions: [text],
    body: lane === 'vec4f' ? vectorBody : scalarBody,
    ints: {
      X_AT: lane === 'vec4f' ? x / 4 : x,
      Y_AT: y,
      W_AT: matrix(packedInner(weightOf(node, 1), { inner, columns })),
      B_AT: weights(constantOf(node, 2) ?? new Float32Array(columns)) / 4,
      K: inner,
      M: columns,
    },
    floats,
    count: rows * columns,
  };
}

const packings = new WeakMap<Float32Array, Map<number, Float32Array>>();

/** Layers that share their weights share the packed ones; the same data may be weights of another shape. */
function packedInner(data: Float32Array, sizes: Omit<Matrix, 'rows'>): Float32Array {
  const known = packings.get(data) ?? new Map<number, Float32Array>();
  const packed = known.get(sizes.inner) ?? packInner(data, sizes);
  packings.set(data, known.set(sizes.inner, packed));
  return packed;
}

/** [M, K] to [K/4][M][4], zero beyond K. */
function packInner(data: Float32Array, { inner, columns }: Omit<Matrix, 'rows'>): Float32Array {
  const packed = new Float32Array(Math.ceil(inner / 4) * columns * 4);
  for (let m = 0; m < columns; m++)
    for (let k = 0; k < inner; k++) packed[((k >> 2) * columns + m) * 4 + (k & 3)] = data[m * inner + k] ?? 0;
  return packed;
}

const start = `let m = item % M;
let n = item / M;
var sum = vec4f(0.0);
var w = W_AT + m;`;
const result = 'apply((sum.x + sum.y) + (sum.z + sum.w) + weights[B_AT + m / 4][m % 4])';

const vectorBody = `${start}
let x = X_AT + n * (K / 4);
for (var k = 0; k < K / 4; k++) {
sum += arena[x + k] * matrix(w);
w += M;
}
let o = Y_AT + item;
arena[o / 4][o % 4] = ${result};`;

const scalarBody = `${start}
let x = X_AT + n * K;
var k = 0;
for (; k + 4 <= K; k += 4) {
sum += vec4f(arena[x + k], arena[x + k + 1], arena[x + k + 2], arena[x + k + 3]) * matrix(w);
w += M;
}
for (; k < K; k++) {
sum.x += arena[x + k] * matrix(w)[k % 4];
}
arena[Y_AT + item] = ${result};`;
