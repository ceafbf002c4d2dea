import { staticShape } from '@ghostc/ir';
import { epilogueOf } from '../epilogue.ts';
import type { Emit, KernelContext, Lane, Step } from '../kernel.ts';
import type { ElementFunction } from '../text/element-function.ts';
import { groupSize } from '../text/module-text.ts';
import type { Parts } from '../tuning.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { itemsOf, joinedParts, partialSums, partsFor, partText } from './wide/parts.ts';
import type { WindowGeometry } from './window-geometry.ts';

/** y = act(x w^T + b): rows of x, `inner` terms of a sum, columns of y. Places are in floats. */
export interface MatrixVector {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly x: number;
  readonly y: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array | null;
  readonly activation: ElementFunction;
}

export const fullyConnected: Emit = (context) => [matrixVector(context, fullTask(context))];

export const wideFullyConnected: Emit = (context) => [wideMatrixVector(context, fullTask(context))];

function fullTask(context: KernelContext): MatrixVector {
  const [rows = 1, inner = 1] = staticShape(sourceOf(context.node, 0).type.shape);
  const [, columns = 1] = staticShape(context.node.output.type.shape);
  return taskOf(context, { rows, inner, columns });
}

/** A 1x1 convolution of images of one pixel. */
export function singlePixel(context: KernelContext, { N, C, M }: WindowGeometry): MatrixVector {
  return taskOf(context, { rows: N, inner: C, columns: M });
}

function taskOf(
  { node, arena }: KernelContext,
  sizes: Pick<MatrixVector, 'rows' | 'inner' | 'columns'>,
): MatrixVector {
  return {
    ...sizes,
    x: arena(sourceOf(node, 0)),
    y: arena(node.output),
    weight: weightOf(node, 1),
    bias: constantOf(node, 2),
    activation: epilogueOf(node.attrs, 'f32'),
  };
}

/**
 * One output an invocation, four sums over k modulo 4. Weights lie as [k/4][m][4], so that neighbouring invocations read
 * neighbouring vec4s.
 */
export function matrixVector(context: KernelContext, task: MatrixVector): Step {
  const { lane, ...parts } = partsOf(context, task);
  return {
    id: ['fully_connected', lane, task.activation.key].join('_'),
    ...parts,
    arena: lane,
    functions: [task.activation.text],
    body: lane === 'vec4f' ? vectorBody : scalarBody,
    count: task.rows * task.columns,
  };
}

/** The same with each sum cut into parts, which the workgroup joins. */
export function wideMatrixVector(context: KernelContext, task: MatrixVector): Step {
  const { rows, columns, inner, activation } = task;
  const fours = Math.ceil(inner / 4);
  const parts = partsFor({ count: rows * columns, loads: fours });
  if (parts === 1) return matrixVector(context, task);
  const { lane, ints, ...rest } = partsOf(context, task);
  const tiles = Math.ceil(columns / itemsOf(parts));
  return {
    id: ['fully_connected', `${parts}parts`, lane, activation.key].join('_'),
    ...rest,
    arena: lane,
    group: groupSize,
    functions: [partialSums(1), activation.text],
    body: wideBody(lane, parts),
    ints: { ...ints, SIZE: Math.ceil(fours / parts), TILES: tiles },
    count: rows * tiles,
  };
}

function partsOf(context: KernelContext, task: MatrixVector) {
  const { x, y, inner, columns, activation } = task;
  const lane: Lane = inner % 4 === 0 && x % 4 === 0 && y % 4 === 0 ? 'vec4f' : 'f32';
  const { matrix, bias } = vectorPlaces(context, task);
  return {
    lane,
    weights: 'vec4f',
    matrix: true,
    ints: { X_AT: lane === 'vec4f' ? x / 4 : x, Y_AT: y, W_AT: matrix, B_AT: bias, K: inner, M: columns },
    floats: activation.floats,
  } as const;
}

/** Where the packed weights and the bias are, in vec4s. */
export function vectorPlaces(
  { weights, matrix }: KernelContext,
  { weight, bias, inner, columns }: MatrixVector,
): { readonly matrix: number; readonly bias: number } {
  return {
    matrix: matrix(packedInner(weight, { inner, columns })),
    bias: weights(bias ?? new Float32Array(columns)) / 4,
  };
}

const packings = new WeakMap<Float32Array, Map<number, Float32Array>>();

/** Layers that share their weights share the packed ones; the same data may be weights of another shape. */
function packedInner(data: Float32Array, sizes: Pick<MatrixVector, 'inner' | 'columns'>): Float32Array {
  const known = packings.get(data) ?? new Map<number, Float32Array>();
  const packed = known.get(sizes.inner) ?? packInner(data, sizes);
  packings.set(data, known.set(sizes.inner, packed));
  return packed;
}

/** [M, K] to [K/4][M][4], zero beyond K. */
function packInner(
  data: Float32Array,
  { inner, columns }: Pick<MatrixVector, 'inner' | 'columns'>,
): Float32Array {
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

function wideBody(lane: Lane, parts: Parts): string {
  const vector = lane === 'vec4f';
  const four = [0, 1, 2, 3].map((j) => `select(0.0, arena[x + min(4 * k + ${j}, K - 1)], 4 * k + ${j} < K)`);
  return `${partText(parts, '((K + 3) / 4)')}
let n = tile / TILES;
let column = (tile % TILES) * ${itemsOf(parts)} + one;
let x = X_AT + n * ${vector ? '(K / 4)' : 'K'};
var terms = vec4f(0.0);
for (var k = begin; k < end; k++) {
terms += ${vector ? 'arena[x + k]' : `vec4f(${four.join(', ')})`} * matrix(W_AT + k * M + min(column, M - 1));
}
partial[lane] = terms;
workgroupBarrier();
if (part > 0 || column >= M) {
return;
}
${joinedParts(parts, '0')}
let m = column;
let o = Y_AT + n * M + m;
${vector ? 'arena[o / 4][o % 4]' : 'arena[o]'} = ${result};`;
}
