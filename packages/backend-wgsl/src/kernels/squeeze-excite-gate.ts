import { type Node, staticShape } from '@ghostc/ir';
import { type ActivationName, attrsOf, squeezeExciteGate as gateOp } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { Emit, Kernel, KernelContext, Lane } from '../kernel.ts';
import type { StridedNest } from '../strided-nest.ts';
import { calledLike, type ElementFunction } from '../text/element-function.ts';
import { element } from './channel-block.ts';
import { type MatrixVector, vectorPlaces, wideMatrixVector } from './fully-connected.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { wideReduce } from './reduce.ts';

/** Invocations of the workgroup. */
const group = 64;

/** Means and reduced sums. */
function scratchBytes(node: Node): number {
  const [N = 1] = staticShape(sourceOf(node, 0).type.shape);
  const [R = 1, C = 1] = staticShape(sourceOf(node, 1).type.shape);
  return 4 * N * (C + R);
}

interface Gate {
  readonly sizes: { readonly N: number; readonly C: number; readonly R: number; readonly P: number };
  /** Places in floats: the input, the means, the reduced sums, the gate. */
  readonly places: {
    readonly x: number;
    readonly means: number;
    readonly reduced: number;
    readonly y: number;
  };
  readonly reduce: MatrixVector;
  readonly expand: MatrixVector;
}

function gateOf({ node, arena, scratch }: KernelContext): Gate {
  const [N = 1, C = 1, H = 1, W = 1] = staticShape(sourceOf(node, 0).type.shape);
  const [R = 1] = staticShape(sourceOf(node, 1).type.shape);
  const { gate, gate_params, reduce_activation, reduce_activation_params } = attrsOf(gateOp, node);
  const functionOf = (activation: ActivationName, activation_params: readonly number[]): ElementFunction =>
    epilogueOf({ activation, activation_params }, 'f32');
  const means = scratch();
  const reduced = means + N * C;
  const places = { x: arena(sourceOf(node, 0)), means, reduced, y: arena(node.output) };
  return {
    sizes: { N, C, R, P: H * W },
    places,
    reduce: {
      ...{ rows: N, inner: C, columns: R, x: means, y: reduced },
      ...{ weight: weightOf(node, 1), bias: constantOf(node, 2) },
      activation: functionOf(reduce_activation, reduce_activation_params),
    },
    expand: {
      ...{ rows: N, inner: R, columns: C, x: reduced, y: places.y },
      ...{ weight: weightOf(node, 3), bias: constantOf(node, 4) },
      activation: functionOf(gate, gate_params),
    },
  };
}

/**
 * gate(expand(act(reduce(mean(x))))) in one dispatch: one workgroup an image; means and reduced sums pass through the arena,
 * because software adapters clear workgroup memory element by element. Weights lie as those of a matrix-vector product.
 */
const emit: Emit = (context) => {
  const { sizes, places, reduce, expand } = gateOf(context);
  const { N, C, R, P } = sizes;
  const lane: Lane = places.x % 4 === 0 && P % 4 === 0 ? 'vec4f' : 'f32';
  const unit = lane === 'vec4f' ? 4 : 1;
  const first = reduce.activation.key === 'relu' ? null : reduce.activation;
  const reduced = first && calledLike(first, 'reduced');
  const gate = expand.activation;
  return [
    {
      id: ['squeeze_excite_gate', lane, gate.key, ...(first ? [first.key] : [])].join('_'),
      arena: lane,
      weights: 'vec4f',
      matrix: true,
      group,
      functions: [gate.text, ...(reduced ? [reduced.text] : [])],
      body: body(lane, reduced ? `${reduced.name}(sum)` : 'max(sum, 0.0)'),
      ints: {
        X_AT: places.x / unit,
        Y_AT: places.y,
        T_AT: places.means,
        T2_AT: places.reduced,
        ...namedPlaces('R', vectorPlaces(context, reduce)),
        ...namedPlaces('E', vectorPlaces(context, expand)),
        C,
        R,
        P: P / unit,
        PIXELS: P,
      },
      floats: { ...gate.floats, ...reduced?.floats },
      count: N,
    },
  ];
};

const namedPlaces = (name: string, { matrix, bias }: { readonly matrix: number; readonly bias: number }) => ({
  [`${name}_W`]: matrix,
  [`${name}_B`]: bias,
});

/** Means, then two products, each over many workgroups. */
const emitWide: Emit = (context) => {
  const { sizes, places, reduce, expand } = gateOf(context);
  const { N, C, P } = sizes;
  const nest = (dim: number, stride: number): StridedNest => ({ dims: [dim], strides: [[stride]] });
  return [
    wideReduce('reduce_mean', { x: places.x, y: places.means, kept: nest(N * C, P), inner: nest(P, 1) }),
    wideMatrixVector(context, reduce),
    wideMatrixVector(context, expand),
  ];
};

export const squeezeExciteGate: Kernel = { emit, emitWide, scratchBytes };

/** The mean in parts of 64 terms at most, which bounds the rounding of long sums. */
const mean = (lane: Lane): string => `var total = ${lane}(0.0);
for (var i = 0; i < P; i += 64) {
var part = ${lane}(0.0);
for (var k = i; k < min(i + 64, P); k++) {
part += arena[x + k];
}
total += part;
}
${element(lane)('means + c')} = ${lane === 'vec4f' ? '((total.x + total.y) + (total.z + total.w))' : 'total'} / f32(PIXELS);`;

/** Declares `sum`: the bias and all terms of output `m` of `columns`. */
function product(
  lane: Lane,
  name: 'R' | 'E',
  { x, inner, columns }: Record<'x' | 'inner' | 'columns', string>,
): string {
  const four = [0, 1, 2, 3].map(
    (j) => `select(0.0, ${element(lane)(`${x} + min(k + ${j}, ${inner} - 1)`)}, k + ${j} < ${inner})`,
  );
  return `var terms = vec4f(0.0);
for (var k = 0; k < ${inner}; k += 4) {
terms += vec4f(${four.join(', ')}) * matrix(${name}_W + (k / 4) * ${columns} + m);
}
let sum = (terms.x + terms.y) + (terms.z + terms.w) + weights[${name}_B + m / 4][m % 4];`;
}

function body(lane: Lane, reduced: string): string {
  const at = element(lane);
  return `let means = T_AT + tile * C;
let reduced = T2_AT + tile * R;
for (var c = lane; c < C; c += ${group}) {
let x = X_AT + (tile * C + c) * P;
${mean(lane)}
}
storageBarrier();
for (var m = lane; m < R; m += ${group}) {
${product(lane, 'R', { x: 'means', inner: 'C', columns: 'R' })}
${at('reduced + m')} = ${reduced};
}
storageBarrier();
for (var m = lane; m < C; m += ${group}) {
${product(lane, 'E', { x: 'reduced', inner: 'R', columns: 'C' })}
${at('Y_AT + tile * C + m')} = apply(sum);
}`;
}
